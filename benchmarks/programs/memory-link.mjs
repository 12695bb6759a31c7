// Two contexts joined in memory and in virtual time: a client with much to send, and a server that reads it.
import { createNodeProvider } from '@tsquic/crypto/node';
import { createOutgoingDatagram, createQuicContext } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';
import { createSelfSigned } from 'tsquic/certificates';

/** Virtual time between turns: the pacer lets a whole train go, as after a turn of an event loop. */
const TURN_US = 1000;
const TRAIN_BYTES = 64 * 1024;
const CLIENT = { ip: '127.0.0.1', port: 1 };
const SERVER = { ip: '127.0.0.1', port: 2 };
/** Handshakes under way at once, and the turns that they take. */
const AT_ONCE = 50;
const SHAKEN_TURNS = 20;
const SETTLED_TURNS = 200;
const TAG_LENGTH = 16;

/** Packet protection that does nothing. */
const NO_AEAD = {
  seal: (_number, buffer, _headerAt, _payloadAt, payloadEnd) =>
    void buffer.fill(0, payloadEnd, payloadEnd + TAG_LENGTH),
  open: () => true,
};
const NO_HEADER_PROTECTION = { mask: new Uint8Array(5), compute: () => {} };

/** The node provider with this AEAD only, or with packet protection that does nothing for `none`. */
export function providerOf(protection) {
  const node = createNodeProvider();
  if (protection === 'none')
    return { ...node, createAead: () => NO_AEAD, createHeaderProtection: () => NO_HEADER_PROTECTION };
  return { ...node, preferredSuites: node.preferredSuites.filter((suite) => suite.aead === protection) };
}

/** The steps of a turn. What belongs to none, cutting trains into datagrams, goes by the name of `cut`. */
export const STEPS = ['write', 'send', 'receive', 'read', 'acknowledge', 'acknowledged'];

export class MemoryLink {
  nowUs = 1000;
  #outgoing = new Batch();
  #answers = new Batch();
  #into = new Uint8Array(4 * TRAIN_BYTES);
  #chunk;
  #streams = [];
  #next = 0;

  /** A pair with `connections`, datagrams of `packetBytes`, and `streams` streams of each connection, which all take turns. */
  static async open({ protection, packetBytes, streams = 1, connections = 1 }) {
    const pem = await createSelfSigned({ hosts: [SERVER.ip] });
    const link = new MemoryLink(pem, providerOf(protection), packetBytes);
    const opened = [];
    while (opened.length < connections) {
      for (let i = 0; i < AT_ONCE && opened.length < connections; i++) opened.push(link.#connect());
      link.#settle(SHAKEN_TURNS);
    }
    link.#settle(SETTLED_TURNS);
    for (let i = 0; i < streams; i++)
      for (const connection of opened) link.#streams.push(connection.openStream({ unidirectional: true }));
    if (link.#streams.includes(undefined)) throw new Error('the contexts are not connected');
    return link;
  }

  constructor(pem, crypto, packetBytes) {
    const transport = {
      maxUdpPayloadBytes: packetBytes,
      maxUnidirectionalStreams: 10_000,
      // A window that never grows keeps rounds alike.
      connectionWindowBytes: 16 * 1024 * 1024,
      streamWindowBytes: 8 * 1024 * 1024,
      maxCongestionWindowBytes: 2 * 1024 * 1024,
    };
    const shared = { crypto, alpn: ['bulk'], transport, dangerouslySkipCertificateCheck: true };
    const chain = certificatesFromPem(pem.certificatePem);
    const signer = crypto.createSigner(privateKeyFromPem(pem.privateKeyPem));
    this.#chunk = new Uint8Array(TRAIN_BYTES).fill(7);
    this.server = createQuicContext({ ...shared, identity: { chain, signer } });
    this.client = createQuicContext(shared);
  }

  #connect() {
    return this.client.createConnection({ to: SERVER, from: CLIENT }, this.nowUs);
  }

  /**
   * One turn: the client writes what a train holds and sends it, the server takes and reads it and acknowledges,
   * the client takes that. `enter` is called with the name of each step when it begins, and with none at the end.
   * Returns the packets with data.
   */
  turn(enter) {
    const { client, server } = this;
    this.nowUs += TURN_US;
    const { nowUs } = this;
    const stream = this.#streams[this.#next++ % this.#streams.length];
    enter('write');
    stream.write(this.#chunk);
    enter('send');
    this.#outgoing.fill(client, nowUs);
    enter('cut');
    this.#outgoing.cut();
    enter('receive');
    this.#outgoing.deliver(server, CLIENT, SERVER, nowUs);
    enter('read');
    this.#read();
    enter('acknowledge');
    this.#answers.fill(server, nowUs);
    enter('cut');
    this.#answers.cut();
    enter('acknowledged');
    this.#answers.deliver(client, SERVER, CLIENT, nowUs);
    while (client.nextEvent() !== undefined);
    enter();
    return this.#outgoing.count;
  }

  #read() {
    const { server } = this;
    for (let event = server.nextEvent(); event !== undefined; event = server.nextEvent())
      if (event.type === 'stream-readable')
        server.connection(event.connection).stream(event.streamId).read(this.#into);
  }

  /** The handshake, the search for the MTU, and all that follows them. */
  #settle(count) {
    for (let turns = 0; turns < count; turns++) {
      this.nowUs += TURN_US;
      this.#outgoing.send(this.client, this.server, CLIENT, SERVER, this.nowUs);
      this.#answers.send(this.server, this.client, SERVER, CLIENT, this.nowUs);
      while (this.client.nextEvent() !== undefined);
      while (this.server.nextEvent() !== undefined);
    }
  }
}

/** Datagrams on their way. */
class Batch {
  count = 0;
  #outs = [];
  #used = 0;
  #datagrams = [];

  send(from, to, source, target, nowUs) {
    this.fill(from, nowUs);
    this.cut();
    this.deliver(to, source, target, nowUs);
  }

  fill(context, nowUs) {
    for (this.#used = 0; ; this.#used++) {
      const out = (this.#outs[this.#used] ??= createOutgoingDatagram(new Uint8Array(TRAIN_BYTES)));
      if (context.prepareNextPacket(out, nowUs) === 0) return;
    }
  }

  cut() {
    this.count = 0;
    for (let used = 0; used < this.#used; used++) {
      const { buffer, length, segmentSize } = this.#outs[used];
      for (let at = 0; at < length; at += segmentSize)
        this.#datagrams[this.count++] = buffer.subarray(at, Math.min(at + segmentSize, length));
    }
  }

  deliver(context, from, to, nowUs) {
    for (let i = 0; i < this.count; i++) context.incomingPacket(this.#datagrams[i], from, to, 0, 0, nowUs);
  }
}

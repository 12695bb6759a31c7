import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import type { ConnectionIdGenerator } from '../src/ids/connection-ids.ts';
import { encodeParameters } from '../src/parameters/parameters.ts';

import { attackClient, attackServer, coreOf, createClient, createServer } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';
import { frame } from './support/frames.ts';

const APP = Level.Application;
const NOW_US = 1_000_000;
const SECOND = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };
const KEY = new Uint8Array(32).fill(3);

function sentBy(context: QuicContext, nowUs: number): Uint8Array[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent: Uint8Array[] = [];
  while (context.prepareNextPacket(out, nowUs) > 0) sent.push(out.buffer.slice(0, out.length));
  return sent;
}

/** What a context says to a datagram that came from the other side. */
function answersTo(server: QuicContext, datagram: Uint8Array, nowUs: number): Uint8Array[] {
  server.incomingPacket(datagram.slice(), CLIENT, SERVER, 0, 0, nowUs);
  return sentBy(server, nowUs);
}

/** A client of `server` with something to say, and the datagram in which it says so. */
function connectedTo(server: QuicContext): { client: QuicContext; datagram: Uint8Array } {
  const client = createClient();
  const connection = client.createConnection(TO, NOW_US);
  settle({ client, server }, NOW_US);
  connection.openStream()!.write(new Uint8Array(3000));
  return { client, datagram: sentBy(client, NOW_US + 1000)[0]! };
}

describe('a server whose key is its own', () => {
  test('cannot be made to end the connections of another one', () => {
    covers('rfc9000-5.2.3-2');
    const { client, datagram } = connectedTo(createServer({}, 5));
    // An attacker that sends from another port is led to another server. What that says, it shows to the client.
    const [reset] = answersTo(createServer({}, 6), datagram, NOW_US + 2000);
    expect(reset!.length).toBeGreaterThanOrEqual(21);
    client.incomingPacket(reset!, SERVER, CLIENT, 0, 0, NOW_US + 2000);
    expect(client.connection(0)!.closeReason).toBeUndefined();
    expect(client.connection(0)!.statistics().state).toBe('confirmed');
  });

  test('says nothing to what it cannot open, to whichever of the IDs that are in use', () => {
    covers('rfc9000-21.11-2');
    const server = createServer();
    const attacker = attackServer(server).pass(100_000);
    const inUse = coreOf(server).parts.localIds.active.map(({ connectionId }) => connectionId);
    expect(inUse).toHaveLength(2);
    const noise = (id: Uint8Array): Uint8Array =>
      concatBytes(Uint8Array.of(0x41), id, new Uint8Array(200).fill(7));
    for (const id of inUse) expect(answersTo(server, noise(id), attacker.nowUs)).toEqual([]);
    // While the connection closes and drains as well.
    server.connection(0)!.close(1);
    attacker.pump();
    for (const id of inUse) {
      const answers = answersTo(server, noise(id), attacker.nowUs);
      expect(answers.filter((one) => isResetFor(server, id, one))).toEqual([]);
    }
    // Not before it is gone.
    attacker.pass(5 * SECOND);
    expect(server.connection(0)).toBeUndefined();
    for (const id of inUse) {
      const answers = answersTo(server, noise(id), attacker.nowUs);
      expect(answers.filter((one) => isResetFor(server, id, one))).toHaveLength(1);
    }
  });
});

function isResetFor(server: QuicContext, id: Uint8Array, datagram: Uint8Array): boolean {
  const { router } = server as unknown as { router: { resetToken(id: Uint8Array): Uint8Array } };
  return toHex(datagram.subarray(-16)) === toHex(router.resetToken(id));
}

describe('a datagram that could be a reset', () => {
  const TOKEN = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

  /** A client that has a token of its server, and the HMACs that it computes over 16 bytes. */
  function watched(seed: number) {
    const hmacs: { readonly key: string; readonly data: string }[] = [];
    const plain = seededCrypto(seed);
    const crypto: CryptoProvider = Object.assign(Object.create(plain) as CryptoProvider, {
      hmac: (hash: Parameters<CryptoProvider['hmac']>[0], key: Uint8Array, data: Uint8Array): Uint8Array => {
        if (data.length === 16) hmacs.push({ key: toHex(key), data: toHex(data) });
        return plain.hmac(hash, key, data);
      },
    });
    const client = createClient({ crypto });
    const attacker = attackClient(client, {
      parameters: (parameters) => encodeParameters({ ...parameters, statelessResetToken: TOKEN }, 1),
    });
    attacker.send(APP, frame(Type.HandshakeDone));
    hmacs.length = 0;
    return { client, attacker, hmacs };
  }

  test('is compared by a secret hash of all its last bytes, however many of them are right', () => {
    covers('rfc9000-10.3.1-4');
    const { client, attacker, hmacs } = watched(2);
    const seen: string[] = [];
    for (let right = 0; right <= 15; right++) {
      const guess = TOKEN.map((byte, i) => (i < right ? byte : byte ^ 0x80));
      attacker.deliver(concatBytes(Uint8Array.of(0x41), new Uint8Array(30).fill(9), guess));
      seen.push(toHex(guess));
    }
    // The same work for each, and none that ends with the first byte that is wrong.
    expect(hmacs.map(({ data }) => data)).toEqual(seen);
    expect(client.connection(0)!.closeReason).toBeUndefined();
    attacker.deliver(concatBytes(Uint8Array.of(0x41), new Uint8Array(30).fill(9), TOKEN));
    expect(hmacs).toHaveLength(17);
    expect(client.connection(0)!.closeReason).toEqual({ kind: 'stateless-reset' });
    // The key is one, and each context has its own.
    const other = watched(3);
    other.attacker.deliver(concatBytes(Uint8Array.of(0x41), new Uint8Array(30).fill(9), TOKEN));
    const keys = [hmacs, other.hmacs].map((list) => new Set(list.map(({ key }) => key)));
    expect(keys.map((set) => set.size)).toEqual([1, 1]);
    expect([...keys[0]!]).not.toEqual([...keys[1]!]);
  });
});

describe('a server that has lost its state', () => {
  /** IDs whose first byte says how long they are; the other bytes count. */
  const byFirstByte = (length: number): ConnectionIdGenerator => {
    let count = 0;
    return {
      length: (first) => 4 + (first % 17),
      generate() {
        const id = new Uint8Array(length).fill(count++);
        id[0] = length - 4;
        return id;
      },
    };
  };

  test.each([4, 5, 8, 13, 20])('finds the token of an ID of %i bytes among IDs of any length', (length) => {
    covers('rfc9000-10.3.2-2');
    for (const options of [{ connectionIds: byFirstByte(length) }, { connectionIdLength: length }]) {
      const { client, datagram } = connectedTo(createServer({ resetKey: KEY, ...options }));
      const [reset] = answersTo(createServer({ resetKey: KEY, ...options }, 9), datagram, NOW_US + 2000);
      client.incomingPacket(reset!, SERVER, CLIENT, 0, 0, NOW_US + 2000);
      expect(client.connection(0)!.closeReason).toEqual({ kind: 'stateless-reset' });
    }
  });

  test('gives no ID that was given under its key, of connections that are over, reset, or neither', () => {
    covers('rfc9000-10.3.2-3', 'rfc9000-10.3.2-4');
    const ids: string[] = [];
    let reset = 0;
    for (const seed of [1, 2, 3, 4]) {
      const server = createServer({ resetKey: KEY }, seed);
      const exchange: Exchange = { client: createClient({}, 20 + seed), server };
      let nowUs = NOW_US;
      for (let i = 0; i < 20; i++) {
        const connection = exchange.client.createConnection(TO, nowUs);
        settle(exchange, nowUs);
        ids.push(...coreOf(server).parts.localIds.active.map(({ connectionId }) => toHex(connectionId)));
        if (i % 2 === 0) connection.close();
        else {
          // Another server with the key reveals the token.
          connection.openStream()!.write(new Uint8Array(3000));
          const [datagram] = sentBy(exchange.client, nowUs);
          const [answer] = answersTo(createServer({ resetKey: KEY }, 90), datagram!, nowUs);
          exchange.client.incomingPacket(answer!, SERVER, CLIENT, 0, 0, nowUs);
          if (connection.closeReason?.kind === 'stateless-reset') reset++;
          server.connections().at(-1)!.close();
        }
        nowUs = passTime(exchange, nowUs, 5 * SECOND);
      }
    }
    expect(reset).toBe(40);
    expect(ids).toHaveLength(4 * 20 * 4);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

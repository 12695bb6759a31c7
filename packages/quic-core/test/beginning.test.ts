import { describe, expect, test } from '@jest/globals';
import { seededCrypto } from '@tsquic/testing/seeded';
import { concatBytes, toHex } from '@tsquic/bytes';
import { createTestIdentity } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { Address } from '../src/path/address.ts';
import type { ConnectionOptions, QuicContextOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { PacketReader } from '../src/packet/reader.ts';
import { encodeVersionNegotiation } from '../src/packet/version-negotiation.ts';
import { Attacker, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';
import { frame } from './support/frames.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { VERSIONS } from '../src/version/versions.ts';

const NOW_US = 1_000_000;
const SECOND_US = 1_000_000;
const TO: ConnectionOptions = { to: SERVER, serverName: 'server.test' };
const VERSION_UNKNOWN = 0x5130_3530;

/** Everything that a context sends now. */
function sentBy(context: QuicContext, nowUs: number = NOW_US): { bytes: Uint8Array; to: Address }[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent: { bytes: Uint8Array; to: Address }[] = [];
  while (context.prepareNextPacket(out, nowUs) > 0)
    sent.push({ bytes: out.buffer.slice(0, out.length), to: out.to });
  return sent;
}

interface LongHeader {
  readonly type: PacketType;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly token: Uint8Array;
}

/** Headers of the long packets in a datagram. */
function longHeaders(bytes: Uint8Array): LongHeader[] {
  const reader = new PacketReader(8, VERSIONS);
  reader.reset(bytes, bytes.length);
  const headers: LongHeader[] = [];
  while (reader.next()) {
    const { type, dcidAt, dcidLength, scidAt, scidLength, tokenAt, tokenLength } = reader.header;
    if (type === PacketType.OneRtt) continue;
    const part = (at: number, length: number): Uint8Array => bytes.slice(at, at + length);
    headers.push({
      type,
      destination: part(dcidAt, dcidLength),
      source: part(scidAt, scidLength),
      token: part(tokenAt, tokenLength),
    });
  }
  return headers;
}

/** A long header of a version that nobody speaks, with what follows. */
function unknownVersion(length: number, destination: Uint8Array, source: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(
    concatBytes(
      Uint8Array.of(0xc0, 0x51, 0x30, 0x35, 0x30, destination.length),
      destination,
      Uint8Array.of(source.length),
      source,
    ),
  );
  return bytes;
}

describe('Version Negotiation', () => {
  const destination = new Uint8Array(8).fill(1);
  const source = new Uint8Array(5).fill(2);

  test('answers an unknown version once, with the IDs exchanged', () => {
    covers('rfc9000-5.2.2-1', 'rfc9000-17.2.1-3', 'rfc9000-17.2.1-4', 'rfc9000-17.2.1-5', 'rfc9000-17.2.1-7');
    const server = createServer();
    server.incomingPacket(unknownVersion(1200, destination, source), CLIENT, SERVER, 0, 0, NOW_US);
    const [reply, ...more] = sentBy(server);
    expect(more).toEqual([]);
    expect(reply!.to).toEqual(CLIENT);
    const { bytes } = reply!;
    expect(bytes[0]! & 0x80).toBe(0x80);
    expect([...bytes.subarray(1, 20)]).toEqual([0, 0, 0, 0, 5, ...source, 8, ...destination]);
    expect([...bytes.subarray(20, 24)]).toEqual([0, 0, 0, 1]);
    expect(server.nextEvent()).toBeUndefined();
  });

  test('whatever the length of the IDs', () => {
    covers('rfc9000-17.2.1-6');
    const server = createServer();
    server.incomingPacket(
      unknownVersion(1200, new Uint8Array(200), new Uint8Array(255)),
      CLIENT,
      SERVER,
      0,
      0,
      NOW_US,
    );
    expect(sentBy(server)).toHaveLength(1);
  });

  test.each(
    [
      ['a small datagram', unknownVersion(1199, destination, source), covers('rfc9000-5.2.2-3')],
      ['Version Negotiation', new Uint8Array(1200).fill(0xc0, 0, 1), covers('rfc9000-6.1-1')],
      [
        'Version Negotiation with IDs',
        concatBytes(
          encodeVersionNegotiation(destination, source, [VERSION_UNKNOWN], 0),
          new Uint8Array(1200),
        ),
        covers('rfc9000-6.1-1'),
      ],
      [
        'a Handshake packet for nobody',
        concatBytes(Uint8Array.of(0xe0, 0, 0, 0, 1, 8), new Uint8Array(1300)),
        covers('rfc9000-5.2.2-7', 'rfc9000-5.2.2-8'),
      ],
      [
        'a 0-RTT packet for nobody',
        concatBytes(Uint8Array.of(0xd0, 0, 0, 0, 1, 8), new Uint8Array(1300)),
        covers('rfc9000-5.2.2-8'),
      ],
      [
        'a Retry',
        concatBytes(Uint8Array.of(0xf0, 0, 0, 0, 1, 8), new Uint8Array(1300)),
        covers('rfc9000-5.2.2-8'),
      ],
    ].map(([name, bytes, ids]) => [name, ids, bytes] as [string, string, Uint8Array]),
  )('%s gets no answer', (_name, _ids, bytes) => {
    const server = createServer();
    server.incomingPacket(bytes, CLIENT, SERVER, 0, 0, NOW_US);
    expect(sentBy(server)).toEqual([]);
    expect(server.nextEvent()).toBeUndefined();
  });

  test.each([
    [7, 0, false],
    [8, 0, true],
    [20, 0, true],
    [21, 0, false],
    [8, 0x40, false],
  ])(
    'an Initial to an ID of %i bytes, with bits %i of its first byte turned, is taken: %s',
    (length, firstByte, isTaken) => {
      covers('rfc9000-5.2.2-8', 'rfc9000-17.2-1', 'rfc9000-17.2-3', 'rfc9000-7.2-1');
      const server = createServer();
      const attacker = new Attacker({ victim: server, crypto: seededCrypto(7), isClient: true });
      // Sealed with the keys of that ID: nothing but its length, or the fixed bit, is wrong.
      const destination = new Uint8Array(length).fill(6);
      attacker.installInitial(destination);
      attacker.deliver(attacker.packet(Level.Initial, PING, { destination, firstByte }));
      expect(eventsOf(server).map(({ type }) => type)).toEqual(isTaken ? ['accepted'] : []);
      if (!isTaken) expect(sentBy(server)).toEqual([]);
    },
  );

  test('a client abandons its attempt', () => {
    covers('rfc9000-6.2-1');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.deliver(attacker.forgedVersionNegotiation([VERSION_UNKNOWN]));
    expect(sentBy(client)).toEqual([]);
    expect(eventsOf(client)).toEqual([
      { type: 'closed', connection: 0, reason: { kind: 'version-negotiation', offered: [VERSION_UNKNOWN] } },
    ]);
    expect(client.connection(0)).toBeUndefined();
  });

  test.each<[string, string, (attacker: Attacker) => void]>([
    [
      'that lists its own version',
      covers('rfc9000-6.2-3'),
      (attacker) => attacker.deliver(attacker.forgedVersionNegotiation([VERSION_UNKNOWN, 1])),
    ],
    [
      'from another connection ID',
      covers(),
      (attacker) => attacker.deliver(attacker.forgedVersionNegotiation([VERSION_UNKNOWN], source)),
    ],
    ['that lists nothing', covers(), (attacker) => attacker.deliver(attacker.forgedVersionNegotiation([]))],
    ['cut short', covers(), (attacker) => attacker.deliver(attacker.forgedVersionNegotiation().slice(0, -1))],
    [
      'after a Retry',
      covers('rfc9000-6.2-2'),
      (attacker) => {
        attacker.deliver(attacker.forgedRetry());
        attacker.deliver(attacker.forgedVersionNegotiation());
      },
    ],
    [
      'after an Initial',
      covers('rfc9000-6.2-2'),
      (attacker) => {
        attacker.deliver(attacker.packet(Level.Initial, concatBytes(PING, new Uint8Array(9))));
        attacker.deliver(attacker.forgedVersionNegotiation());
      },
    ],
  ])('a client ignores one %s', (_name, _ids, act) => {
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    act(attacker);
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('a client that began with a version nobody speaks reads no packet of version 1', () => {
    covers('rfc9000-5.2.1-3');
    const client = createClient();
    const crypto = seededCrypto(4);
    const attacker = new Attacker({
      victim: client,
      crypto,
      isClient: false,
      identity: createTestIdentity(crypto),
      silentFrom: Level.Initial,
    });
    client.createConnection({ ...TO, to: attacker.address, version: VERSION_UNKNOWN }, attacker.nowUs);
    attacker.pump();
    // Good for version 1: the keys are those of the client's connection ID.
    const close = concatBytes(frame(Type.ConnectionClose, [0, 0, 0]), new Uint8Array(20));
    attacker.send(Level.Initial, close);
    expect(client.connection(0)!.statistics()).toMatchObject({ packetsReceived: 0, state: 'handshaking' });
    // Nor does it count as an answer: Version Negotiation is believed after it. RFC 9000 §6.2
    attacker.deliver(attacker.forgedVersionNegotiation([1]));
    expect(eventsOf(client).at(-1)).toMatchObject({
      type: 'closed',
      reason: { kind: 'version-negotiation', offered: [1] },
    });
  });
});

describe('connection IDs of a handshake', () => {
  test('a client invents at least eight bytes and stays with them until answered', () => {
    covers(
      'rfc9000-7.2-1',
      'rfc9000-7.2-2',
      'rfc9000-8.1-5',
      'rfc9000-8.1-6',
      'rfc9000-8.1-4',
      'rfc9000-14.1-1',
    );
    const client = createClient();
    client.createConnection(TO, NOW_US);
    const sent = sentBy(client);
    let nowUs = NOW_US;
    for (let i = 0; i < 3; i++) {
      nowUs += Math.ceil(client.nextWakeDelay(nowUs, 1e9));
      sent.push(...sentBy(client, nowUs));
    }
    expect(sent.length).toBeGreaterThanOrEqual(4);
    const [first] = longHeaders(sent[0]!.bytes);
    expect(first!.destination.length).toBeGreaterThanOrEqual(8);
    for (const { bytes } of sent) {
      expect(bytes.length).toBeGreaterThanOrEqual(1200);
      expect(longHeaders(bytes)).toEqual([first]);
    }
  });

  test('a client with Handshake keys and nothing to say keeps the server able to send', () => {
    covers('rfc9000-8.1-6');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Handshake });
    const { number } = attacker.seen[0]!;
    attacker.send(Level.Initial, concatBytes(frame(Type.Ack, [number, 0, 0, 0]), new Uint8Array(20)));
    attacker.pass(2_000_000);
    const handshake = attacker.seen.filter(({ level }) => level === Level.Handshake);
    expect(handshake.length).toBeGreaterThan(0);
  });

  test('packets from another source ID than the first are dropped', () => {
    covers('rfc9000-7.2-3', 'rfc9000-7.2-4', 'rfc9000-7.2-6');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Handshake });
    const before = client.connection(0)!.statistics().packetsReceived;
    attacker.send(Level.Initial, concatBytes(PING, new Uint8Array(20)), {
      source: new Uint8Array(8).fill(0xee),
    });
    expect(client.connection(0)!.statistics().packetsReceived).toBe(before);
    attacker.pass(2_000_000);
    attacker.send(Level.Initial, concatBytes(PING, new Uint8Array(20)));
    expect(client.connection(0)!.statistics().packetsReceived).toBe(before + 1);
    // First what the client invented, then what the server chose first.
    const destinations = [...new Set(attacker.seen.map(({ destination }) => toHex(destination)))];
    expect(destinations).toEqual([toHex(attacker.originalDestination), toHex(attacker.source)]);
  });

  test('a server answers the source ID of the first Initial, and drops others', () => {
    covers('rfc9000-7.2-5', 'rfc9000-7.2-6');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    const before = server.connection(0)!.statistics().packetsReceived;
    attacker.send(Level.Initial, PING, { source: new Uint8Array(8).fill(0xee) });
    expect(server.connection(0)!.statistics().packetsReceived).toBe(before);
    attacker.pass(1_000_000);
    expect(attacker.seen.length).toBeGreaterThan(0);
    for (const { destination } of attacker.seen) expect(destination).toEqual(attacker.source);
  });

  test(`a server's Initial that must be acknowledged fills 1200 bytes`, () => {
    covers('rfc9000-14.1-2');
    const attacker = attackServer(createServer(), { silentFrom: Level.Handshake });
    // Probes repeat what nobody acknowledges, with no Handshake packet behind it that fills the datagram.
    attacker.pass(3_000_000);
    const eliciting = attacker.seen.filter(
      ({ level, frames }) =>
        level === Level.Initial && frames.some(({ type }) => type !== Type.Ack && type !== Type.Padding),
    );
    expect(eliciting.length).toBeGreaterThan(1);
    for (const { datagramBytes } of eliciting) expect(datagramBytes).toBeGreaterThanOrEqual(1200);
  });

  test('Initial keys go with the first Handshake packet', () => {
    covers('rfc9001-4.9.1-2');
    const server = createServer();
    const attacker = attackServer(server);
    attacker.send(Level.Initial, frame(Type.ConnectionClose, [0, 0, 0]));
    expect(server.connection(0)!.closeReason).toBeUndefined();
  });
});

describe('Retry and tokens', () => {
  interface Recorded extends Exchange {
    readonly up: Uint8Array[];
    readonly down: Uint8Array[];
  }
  function record(server: Partial<QuicContextOptions>, client: Partial<QuicContextOptions> = {}): Recorded {
    const up: Uint8Array[] = [];
    const down: Uint8Array[] = [];
    return {
      server: createServer(server),
      client: createClient(client),
      up,
      down,
      onDatagram: (bytes, fromClient) => void (fromClient ? up : down).push(bytes),
    };
  }

  test('a client follows a Retry: token, new destination, same hello', () => {
    covers(
      'rfc9000-8.1.2-1',
      'rfc9000-17.2.5.1-3',
      'rfc9000-17.2.5.2-5',
      'rfc9000-8.1.3-3',
      'rfc9000-8.1.3-12',
      'rfc9000-17.2.5.1-5',
    );
    const exchange = record({ retry: 'always' });
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const retries = exchange.down.flatMap(longHeaders).filter(({ type }) => type === PacketType.Retry);
    expect(retries).toHaveLength(1);
    const initials = exchange.up.flatMap(longHeaders).filter(({ type }) => type === PacketType.Initial);
    expect(initials.length).toBeGreaterThanOrEqual(2);
    expect(initials[0]!.token).toHaveLength(0);
    expect(retries[0]!.source).not.toEqual(initials[0]!.destination);
    for (const initial of initials.slice(1)) {
      expect(initial.token).toEqual(retries[0]!.token);
      expect(initial.source).toEqual(initials[0]!.source);
    }
    expect(initials[1]!.destination).toEqual(retries[0]!.source);
    passTime(exchange, NOW_US, 100_000);
    const events = eventsOf(exchange.client);
    expect(events.map(({ type }) => type)).toContain('confirmed');
    const kept = events.flatMap((event) => (event.type === 'token' ? [event.token] : []));
    expect(kept).toHaveLength(1);
    expect(kept).not.toContainEqual(retries[0]!.token);
    expect(exchange.server.connection(0)!.logId).toBe(exchange.client.connection(0)!.logId);
  });

  test.each<[string, string, (attacker: Attacker) => void]>([
    [
      'with a tag that does not fit',
      covers('rfc9000-17.2.5.2-3'),
      (attacker) => {
        const retry = attacker.forgedRetry();
        retry[retry.length - 1]! ^= 1;
        attacker.deliver(retry);
      },
    ],
    [
      'without a token',
      covers('rfc9000-17.2.5.2-4'),
      (attacker) => attacker.deliver(attacker.forgedRetry(new Uint8Array(0))),
    ],
    [
      'from the ID that the client invented',
      covers('rfc9000-17.2.5.1-2'),
      (attacker) => attacker.deliver(attacker.forgedRetry(PING, attacker.originalDestination)),
    ],
    [
      'after an Initial',
      covers('rfc9000-17.2.5.2-2'),
      (attacker) => {
        attacker.send(Level.Initial, concatBytes(PING, new Uint8Array(20)));
        attacker.deliver(attacker.forgedRetry());
      },
    ],
    [
      'whose token leaves no room for the rest',
      covers(),
      (attacker) => attacker.deliver(attacker.forgedRetry(new Uint8Array(1025))),
    ],
  ])('a client ignores a Retry %s', (_name, _ids, act) => {
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    act(attacker);
    const sent = sentBy(client, attacker.nowUs + 3_000_000);
    expect(sent.length).toBeGreaterThan(0);
    for (const { token } of sent.flatMap(({ bytes }) => longHeaders(bytes))) expect(token).toHaveLength(0);
  });

  test.each([1, 512, 1024])('a client follows a Retry with a token of %d bytes', (length) => {
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.deliver(attacker.forgedRetry(new Uint8Array(length).fill(1), new Uint8Array(20).fill(5)));
    const hello = sentBy(client, attacker.nowUs);
    expect(hello.length).toBeGreaterThan(0);
    for (const { token } of hello.flatMap(({ bytes }) => longHeaders(bytes)))
      expect(token).toHaveLength(length);
    for (const { bytes } of hello) attacker.take(bytes);
    expect(attacker.framesOf(Type.Crypto).reduce((sum, { data }) => sum + data.length, 0)).toBeGreaterThan(
      200,
    );
  });

  test('a client connects with any token that it is told of; longer ones are no use, and no event', () => {
    const client = createClient();
    const attacker = attackClient(client);
    eventsOf(client);
    for (const length of [512, 513, 1200])
      attacker.send(Level.Application, frame(Type.NewToken, [length], new Uint8Array(length)));
    const tokens = eventsOf(client).flatMap((event) => (event.type === 'token' ? [event.token.length] : []));
    expect(tokens).toEqual([512]);
    const exchange = { client, server: createServer() };
    const connection = client.createConnection({ ...TO, token: new Uint8Array(512) }, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(() => client.createConnection({ ...TO, token: new Uint8Array(513) }, NOW_US)).toThrow(
      expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
    );
  });

  test('a second Retry changes nothing', () => {
    covers('rfc9000-17.2.5.2-1', 'rfc9000-17.2.5.2-2');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.deliver(attacker.forgedRetry(Uint8Array.of(1)));
    const first = sentBy(client, attacker.nowUs).flatMap(({ bytes }) => longHeaders(bytes));
    attacker.deliver(attacker.forgedRetry(Uint8Array.of(2), new Uint8Array(8).fill(5)));
    const second = sentBy(client, attacker.nowUs + 3_000_000).flatMap(({ bytes }) => longHeaders(bytes));
    for (const { token, destination } of [...first, ...second]) {
      expect([...token]).toEqual([1]);
      expect(destination).toEqual(attacker.source);
    }
    expect(second.length).toBeGreaterThan(0);
  });

  test(`a server's parameters must know of the Retry`, () => {
    covers('rfc9000-7.3-4');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.deliver(attacker.forgedRetry());
    attacker.installInitial(attacker.source);
    attacker.silent = false;
    attacker.finish();
    expect(client.connection(0)!.closeReason).toMatchObject({ code: Code.TransportParameter, remote: false });
  });

  /** A client's Initial with this token, as the server answers it: what came first. */
  function answerTo(
    server: QuicContext,
    token: Uint8Array,
    options: { address?: Address; destination?: Uint8Array; nowUs?: number } = {},
  ): { answer: 'retry' | 'accepted' | number | undefined; retry: LongHeader | undefined } {
    const crypto = seededCrypto(50);
    const attacker = new Attacker({
      victim: server,
      crypto,
      isClient: true,
      ...(options.address === undefined ? {} : { address: options.address }),
    });
    if (options.nowUs !== undefined) attacker.nowUs = options.nowUs;
    if (options.destination !== undefined) {
      attacker.destination = options.destination;
      attacker.installInitial(options.destination);
    }
    attacker.deliver(attacker.packet(Level.Initial, PING, { token }));
    if (eventsOf(server).some(({ type }) => type === 'accepted'))
      return { answer: 'accepted', retry: undefined };
    const [sent] = sentBy(server, attacker.nowUs);
    const [header] = sent === undefined ? [] : longHeaders(sent.bytes);
    if (header?.type === PacketType.Retry) return { answer: 'retry', retry: header };
    if (sent !== undefined) attacker.take(sent.bytes);
    return { answer: attacker.closeCode, retry: undefined };
  }

  /** A server that wants proof, and a token from its NEW_TOKEN. */
  function tokenOf(address: Address): { server: QuicContext; token: Uint8Array } {
    const server = createServer({ retry: 'never' });
    const attacker = attackServer(server, { address });
    const [frameOfToken] = attacker.framesOf(Type.NewToken);
    return { server: withRetry(server), token: frameOfToken!.data };
  }

  /** The same context, from now on with Retry for everybody without proof. */
  function withRetry(server: QuicContext): QuicContext {
    (server as unknown as { settings: { retryAbove: number } }).settings.retryAbove = 0;
    return server;
  }

  const AT: Address = { ip: '192.0.2.50', port: 5000 };
  const KEY = new Uint8Array(16).fill(4);

  test('a token from NEW_TOKEN spares the Retry, from any port, once', () => {
    covers('rfc9000-8.1.3-14', 'rfc9000-8.1.3-16', 'rfc9000-8.1.4-6', 'rfc9000-8.1.4-8', 'rfc9000-8.1.1-1');
    const { server, token } = tokenOf(AT);
    eventsOf(server);
    expect(answerTo(server, token, { address: { ...AT, port: 5001 } }).answer).toBe('accepted');
    expect(answerTo(server, token, { address: AT, destination: new Uint8Array(8).fill(7) }).answer).toBe(
      'retry',
    );
  });

  test.each<[string, string, (token: Uint8Array) => Uint8Array, Address, number]>([
    [
      'from another IP',
      covers('rfc9000-8.1.4-4', 'rfc9000-8.1.3-15'),
      (token) => token,
      { ...AT, ip: '192.0.2.51' },
      0,
    ],
    ['of yesterday', covers('rfc9000-8.1.3-5'), (token) => token, AT, 25 * 3600 * 1_000_000],
    [
      'of another kind',
      covers('rfc9000-8.1.1-1'),
      (token) => token.map((byte, i) => (i === 0 ? byte ^ 3 : byte)),
      AT,
      0,
    ],
    ['cut short', covers('rfc9000-8.1.4-1'), (token) => token.slice(0, 28), AT, 0],
    ['of noise', covers('rfc9000-8.1.4-1'), (token) => token.map(() => 7), AT, 0],
  ])('a token %s proves nothing', (_name, _ids, change, address, laterUs) => {
    const { server, token } = tokenOf(AT);
    eventsOf(server);
    expect(answerTo(server, change(token), { address, nowUs: NOW_US + laterUs }).answer).toBe('retry');
  });

  test('a token with a bit flipped proves nothing, whichever of its bytes it is in', () => {
    covers('rfc9000-8.1.4-1', 'rfc9000-8.1.4-2');
    const { server, token } = tokenOf(AT);
    eventsOf(server);
    const answers = [...token.keys()].map(
      (at) =>
        answerTo(
          server,
          token.map((byte, i) => (i === at ? byte ^ 0x10 : byte)),
          { address: AT },
        ).answer,
    );
    expect(new Set(answers)).toEqual(new Set(['retry']));
    expect(answerTo(server, token, { address: AT }).answer).toBe('accepted');
  });

  test.each<
    [string, string, { address?: Address; destination?: Uint8Array; nowUs?: number }, string | number]
  >([
    ['where it was given', covers('rfc9000-8.1.3-16'), { address: AT }, 'accepted'],
    [
      'from another port',
      covers('rfc9000-8.1.4-3', 'rfc9000-8.1.2-2'),
      { address: { ...AT, port: 1 } },
      Code.InvalidToken,
    ],
    [
      'too late',
      covers('rfc9000-8.1.4-7', 'rfc9000-8.1.2-2'),
      { address: AT, nowUs: NOW_US + 11_000_000 },
      Code.InvalidToken,
    ],
    [
      'to another ID',
      covers('rfc9000-8.1.2-2'),
      { address: AT, destination: new Uint8Array(8).fill(9) },
      Code.InvalidToken,
    ],
  ])('a token from a Retry, %s', (_name, _ids, options, expected) => {
    const server = createServer({ retry: 'always' });
    const { retry } = answerTo(server, new Uint8Array(0), { address: AT });
    expect(answerTo(server, retry!.token, { destination: retry!.source, ...options }).answer).toBe(expected);
  });

  test.each<[string, string, Partial<QuicContextOptions>, number, string | number]>([
    ['with the same key knows', covers('rfc9000-8.1.3-16'), {}, 0, 'accepted'],
    [
      'whose counting began elsewhere knows',
      covers('rfc9000-8.1.3-16'),
      { unixTimeAtZeroUs: 500 * SECOND_US },
      500 * SECOND_US,
      'accepted',
    ],
    ['whose clock is behind knows', covers('rfc9000-8.1.3-16'), {}, -500_000, 'accepted'],
    [
      'to which it is long ago does not know',
      covers('rfc9000-8.1.4-7'),
      { unixTimeAtZeroUs: 1030 * SECOND_US },
      0,
      Code.InvalidToken,
    ],
    [
      'with a key of its own does not know',
      covers('rfc9000-8.1.4-2'),
      { tokenKey: KEY.map((byte) => byte + 1) },
      0,
      'retry',
    ],
  ])('another server %s a Retry token', (_name, _ids, options, laterUs, expected) => {
    const shared = { retry: 'always', tokenKey: KEY, unixTimeAtZeroUs: 1000 * SECOND_US } as const;
    const { retry } = answerTo(createServer(shared, 60), new Uint8Array(0), { address: AT });
    const other = createServer({ ...shared, ...options }, 61);
    const { token, source: destination } = retry!;
    const { answer } = answerTo(other, token, { address: AT, destination, nowUs: NOW_US + laterUs });
    expect(answer).toBe(expected);
  });

  test.each([
    ['the address that it was given to', AT, false],
    ['another IP', { ...AT, ip: '192.0.2.51' }, true],
  ])(
    'a token from NEW_TOKEN that comes from %s, where no Retry is asked for',
    (_name, address, isLimited) => {
      covers('rfc9000-8.1.4-5');
      const crypto = seededCrypto(31);
      const shared = { retry: 'never', tokenKey: KEY } as const;
      const token = attackServer(createServer(shared), { address: AT }).framesOf(Type.NewToken)[0]!.data;
      const server = createServer({ ...shared, crypto, identity: createTestIdentity(crypto, 9000) });
      const client = createClient();
      client.createConnection({ ...TO, token }, NOW_US);
      let [room, sent] = [0, 0];
      for (const { bytes } of sentBy(client)) {
        server.incomingPacket(bytes, address, SERVER, 0, 0, NOW_US);
        room += 3 * bytes.length;
      }
      for (const { bytes, to } of sentBy(server)) if (to.ip === address.ip) sent += bytes.length;
      expect(sent).toBeGreaterThan(1200);
      expect(sent <= room).toBe(isLimited);
    },
  );

  test('a server that restarts knows its clients by the key it kept', () => {
    covers('rfc9000-8.1.3-16', 'rfc9000-8.1.4-8');
    const [before, after, stranger] = [KEY, KEY, undefined].map((tokenKey, i) =>
      createServer({ retry: 'never', ...(tokenKey === undefined ? {} : { tokenKey }) }, 70 + i),
    );
    const token = attackServer(before!, { address: AT }).framesOf(Type.NewToken)[0]!.data;
    for (const server of [after!, stranger!]) withRetry(server);
    expect(answerTo(after!, token, { address: AT }).answer).toBe('accepted');
    expect(answerTo(after!, token, { address: AT, destination: KEY }).answer).toBe('retry');
    expect(answerTo(stranger!, token, { address: AT }).answer).toBe('retry');
  });

  test('every NEW_TOKEN is unique', () => {
    covers('rfc9000-8.1.3-7');
    const server = createServer();
    const tokens = [1, 2, 3].map((seed) =>
      attackServer(server, {}, seed).framesOf(Type.NewToken)[0]!.data.join(),
    );
    expect(new Set(tokens).size).toBe(3);
  });

  test('a client shows its token in every Initial', () => {
    covers('rfc9000-8.1.3-2', 'rfc9000-8.1.3-9');
    const exchange = record({ retry: 'never' });
    exchange.client.createConnection(TO, NOW_US);
    passTime(exchange, NOW_US, 100_000);
    const event = eventsOf(exchange.client).find((one) => one.type === 'token');
    expect(event).toBeDefined();
    withRetry(exchange.server);
    exchange.up.length = exchange.down.length = 0;
    const { token } = event as { token: Uint8Array };
    exchange.client.createConnection({ ...TO, token }, NOW_US + 200_000);
    settle(exchange, NOW_US + 200_000);
    const initials = exchange.up.flatMap(longHeaders).filter(({ type }) => type === PacketType.Initial);
    expect(initials.length).toBeGreaterThan(1);
    for (const initial of initials) expect(initial.token).toEqual(token);
    expect(exchange.down.flatMap(longHeaders).some(({ type }) => type === PacketType.Retry)).toBe(false);
    expect(eventsOf(exchange.client).some(({ type }) => type === 'confirmed')).toBe(true);
  });
});

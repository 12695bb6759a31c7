import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createTestIdentity } from '@tsquic/simulator';
import { covers, usageCode } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level, type TicketProtection } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { FrameType } from '../src/frame/rules.ts';
import { type Drop, dropName } from '../src/packet/drop.ts';
import { type TransportParameters } from '../src/parameters/parameters.ts';
import { createReplayStore } from '../src/tokens/replay-store.ts';
import type { EarlyDataUse } from '../src/tokens/replay-store.ts';
import { Attacker, ATTACKER, type AttackerOptions, PADDING } from './support/attacker.ts';
import { coreOf, createClient, createServer, eventsOf, LOUD } from './support/contexts.ts';
import { attackerSession, resumeAsAttacker, SECOND } from './support/early.ts';
import { CLIENT, SERVER, settle } from './support/exchange.ts';
import { ackFrame, cryptoFrame, streamFrame } from './support/frames.ts';
import { heldBy } from './support/live-bytes.ts';

const HELLO = Uint8Array.of(1, 2, 3, 4);
const EARLY = { earlyData: true } as const;
const KEYS = { ticketKey: new Uint8Array(16).fill(3) };
const KIB = 1024;
/** When an attacker says that it comes back: its session is from a clock that said 0 where the server's said 1000. */
const eventsAtMs = 7000;

/** What the program was told of early data and streams. */
function told(server: QuicContext): string[] {
  return eventsOf(server).flatMap((event) => {
    if (event.type === 'early-data') return [event.state];
    return event.type.startsWith('stream-') ? [event.type] : [];
  });
}

describe('a first flight that is sent again', () => {
  /** The datagrams of a first flight with early data that was accepted. */
  function firstFlight(server: QuicContext): {
    readonly datagrams: readonly Uint8Array[];
    readonly nowUs: number;
  } {
    const datagrams: Uint8Array[] = [];
    const attacker = resumeAsAttacker(server, { onDeliver: (bytes) => void datagrams.push(bytes.slice()) });
    const destination = attacker.originalDestination;
    attacker.send(Level.EarlyData, streamFrame(0, 0, HELLO, true), { destination });
    expect(told(server)).toEqual(['accepted', 'stream-opened', 'stream-readable']);
    return { datagrams, nowUs: attacker.nowUs };
  }

  function replay(
    server: QuicContext,
    datagrams: readonly Uint8Array[],
    nowUs: number,
    port = 9999,
  ): string[] {
    const from = { ip: '192.0.2.99', port };
    for (const bytes of datagrams) server.incomingPacket(bytes, from, SERVER, 0, 0, nowUs);
    return told(server);
  }

  /** The connection is gone: its IDs lead nowhere, so that its first flight begins another. */
  function forget(server: QuicContext, nowUs: number): void {
    server.close();
    const out = createOutgoingDatagram(new Uint8Array(1500));
    for (let atUs = nowUs; atUs < nowUs + 5 * SECOND; atUs += 10_000)
      while (server.prepareNextPacket(out, atUs) > 0);
    eventsOf(server);
  }

  test('has its early data rejected: the ticket was used', () => {
    covers('rfc9001-9.2-1');
    const server = createServer(EARLY);
    const { datagrams, nowUs } = firstFlight(server);
    forget(server, nowUs);
    expect(replay(server, datagrams, nowUs + 6 * SECOND)).toEqual(['rejected']);
    expect(replay(server, datagrams, nowUs + 6 * SECOND, 9998)).toEqual([]);
  });

  test('ten seconds later, by its age', () => {
    covers('rfc9001-9.2-1');
    const server = createServer({ earlyData: { replayStore: { use: () => true } } });
    const { datagrams, nowUs } = firstFlight(server);
    forget(server, nowUs);
    expect(replay(server, datagrams, nowUs + 9 * SECOND)).toEqual([
      'accepted',
      'stream-opened',
      'stream-readable',
    ]);
    forget(server, nowUs + 9 * SECOND);
    expect(replay(server, datagrams, nowUs + 15 * SECOND)).toEqual(['rejected']);
  });

  test('to another server with the same keys, which shares the store', () => {
    covers('rfc9001-9.2-1');
    const earlyData = { replayStore: createReplayStore() };
    const [one, other] = [1, 2].map((seed) => createServer({ earlyData, ...KEYS }, seed));
    const { datagrams, nowUs } = firstFlight(one!);
    expect(replay(other!, datagrams, nowUs + SECOND)).toEqual(['rejected']);
  });

  test('to another server with the same keys, which has begun after the ticket was made', () => {
    covers('rfc9001-9.2-1');
    const one = createServer({ ...EARLY, ...KEYS });
    const { datagrams, nowUs } = firstFlight(one);
    const other = createServer({ ...EARLY, ...KEYS }, 2);
    expect(replay(other, datagrams, nowUs + SECOND)).toEqual(['rejected']);
  });

  test('to a server with other keys means nothing', () => {
    const { datagrams, nowUs } = firstFlight(createServer(EARLY));
    expect(replay(createServer(EARLY, 2), datagrams, nowUs + SECOND)).toEqual(['rejected']);
  });
});

describe('a store that answers later', () => {
  const asking = { earlyData: { replayStore: 'ask' } } as const;

  function ask(options: Partial<AttackerOptions> = {}) {
    const server = createServer(asking);
    const attacker = resumeAsAttacker(server, options);
    attacker.send(Level.EarlyData, streamFrame(0, 0, HELLO, true));
    const events = eventsOf(server);
    const connection = server.connection(events[0]!.connection)!;
    return { server, attacker, events, connection };
  }

  test('is asked once, about an ID that is the same for the same ticket; the data waits', () => {
    const { events, connection } = ask();
    expect(events.map(({ type }) => type)).toEqual(['accepted', 'early-data', 'early-data-use']);
    const use = events[2]!;
    if (use.type !== 'early-data-use') throw new Error('no question');
    expect(use.id).toHaveLength(16);
    expect(use.expiresAtMs).toBe(eventsAtMs + 10_000);
    expect(connection.stream(0)).toBeUndefined();
    expect(ask().events[2]).toMatchObject({ id: use.id });
  });

  test('a first use lets the data through at once', () => {
    const { server, connection } = ask();
    connection.earlyDataVerdict(true);
    expect(told(server)).toEqual(['stream-opened', 'stream-readable']);
    expect(connection.stream(0)!.early).toBe(true);
    expect(usageCode(() => connection.earlyDataVerdict(true))).toBe('no-early-data-use');
  });

  test('a second use lets it through when the handshake is complete, which no replay completes', () => {
    const { server, connection, attacker } = ask();
    connection.earlyDataVerdict(false);
    attacker.send(Level.EarlyData, streamFrame(4, 0, HELLO, true));
    expect(told(server)).toEqual([]);
    attacker.finish();
    const types = eventsOf(server).map(({ type }) => type);
    expect(types.slice(0, 5)).toEqual([
      'connected',
      'stream-opened',
      'stream-readable',
      'stream-opened',
      'stream-readable',
    ]);
  });

  test('an answer that comes after the handshake changes nothing, and one after the end neither', () => {
    const { server, connection, attacker } = ask();
    attacker.finish();
    expect(told(server)).toEqual(['stream-opened', 'stream-readable']);
    connection.earlyDataVerdict(false);
    expect(told(server)).toEqual([]);
    const late = ask();
    late.attacker.pass(60 * SECOND);
    expect(late.connection.closeReason).toBeDefined();
    late.connection.earlyDataVerdict(true);
    expect(told(late.server)).toEqual([]);
  });

  test('nobody asked for an answer', () => {
    const server = createServer(EARLY);
    resumeAsAttacker(server);
    const connection = server.connection(eventsOf(server)[0]!.connection)!;
    expect(usageCode(() => connection.earlyDataVerdict(true))).toBe('no-early-data-use');
    const plain = createServer();
    const first = new Attacker({ victim: plain, crypto: seededCrypto(3), isClient: true }).connect();
    expect(first.complete).toBe(true);
    expect(usageCode(() => plain.connection(0)!.earlyDataVerdict(true))).toBe('no-early-data-use');
  });

  test('a store that throws lets nothing in, and harms nobody', () => {
    const errors: unknown[] = [];
    const tracer = { onInternalError: (_id: number, error: unknown) => void errors.push(error) };
    const use = (): boolean => {
      throw new Error('no store');
    };
    const server = createServer({ earlyData: { replayStore: { use } }, tracer });
    const attacker = resumeAsAttacker(server);
    expect(told(server)).toEqual(['rejected']);
    expect(errors).toHaveLength(1);
    attacker.finish();
    expect(attacker.complete).toBe(true);
    expect(attacker.closeCode).toBeUndefined();
  });

  test('a store of the program sees when the ticket was made, sent and will be too old', () => {
    const uses: [EarlyDataUse, number][] = [];
    const server = createServer({
      earlyData: { replayStore: { use: (use, nowMs) => uses.push([use, nowMs]) > 0 } },
    });
    resumeAsAttacker(server);
    expect(uses).toMatchObject([
      [{ issuedAtMs: 1000, sentAtMs: eventsAtMs, expiresAtMs: eventsAtMs + 10_000 }, 6000],
    ]);
  });
});

describe('what a ticket is good for', () => {
  test.each<[string, Partial<QuicContextOptions>, Partial<QuicContextOptions>, string]>([
    ['the same server', {}, {}, 'accepted'],
    [
      'larger limits',
      {},
      { transport: { connectionWindowBytes: 2 ** 20, streamWindowBytes: 2 ** 20 } },
      'accepted',
    ],
    ['a smaller window of the connection', {}, { transport: { connectionWindowBytes: 1000 } }, 'rejected'],
    ['a smaller window of streams', {}, { transport: { streamWindowBytes: 1000 } }, 'rejected'],
    ['fewer streams', {}, { transport: { maxBidirectionalStreams: 99 } }, 'rejected'],
    ['fewer streams of one way', {}, { transport: { maxUnidirectionalStreams: 99 } }, 'rejected'],
    [
      'other settings of the application',
      { earlyData: { applicationSettings: Uint8Array.of(1), replayStore: createReplayStore() } },
      { earlyData: { applicationSettings: Uint8Array.of(2), replayStore: { use: () => true } } },
      'rejected',
    ],
    [
      'the same settings of the application',
      { earlyData: { applicationSettings: Uint8Array.of(1), replayStore: createReplayStore() } },
      { earlyData: { applicationSettings: Uint8Array.of(1), replayStore: { use: () => true } } },
      'accepted',
    ],
    ['another protocol', {}, { alpn: ['other'] }, 'rejected'],
    ['no early data', {}, { earlyData: false }, 'rejected'],
  ])('%s', (_name, before, now, state) => {
    covers('rfc9000-7.4.1-9', 'rfc9000-7.4.1-5', 'rfc9000-7.4.1-6');
    const earlyData = { replayStore: { use: () => true } };
    const one = createServer({ earlyData, ...KEYS, ...before });
    const { session, nowUs } = attackerSession(one);
    const other = createServer({ earlyData, ...KEYS, ...now }, 2);
    const attacker = new Attacker({
      victim: other,
      crypto: seededCrypto(32),
      isClient: true,
      alpn: ['test', 'other'],
      tlsClient: { session, earlyData: true, unixTimeMs: () => nowUs / 1000 },
    });
    attacker.nowUs = nowUs;
    attacker.connect();
    expect(told(other)).toEqual([state]);
    expect(attacker.complete).toBe(true);
  });
});

test.each([
  [1200, 1199, 'rejected'],
  [1200, 0, 'rejected'],
  [1200, 1200, 'accepted'],
  [1200, 1300, 'accepted'],
  [0, 1200, 'accepted'],
])('a ticket of a server that took datagrams of %i bytes, at one that takes %i: %s', (before, now, state) => {
  covers('rfc9221-3-8');
  const earlyData = { replayStore: { use: () => true } };
  const taking = (maxDatagramFrameBytes: number): QuicContext =>
    createServer({ earlyData, ...KEYS, transport: { maxDatagramFrameBytes } });
  const { session, nowUs } = attackerSession(taking(before));
  const other = taking(now);
  const attacker = new Attacker({
    victim: other,
    crypto: seededCrypto(32),
    isClient: true,
    tlsClient: { session, earlyData: true, unixTimeMs: () => nowUs / 1000 },
  });
  attacker.nowUs = nowUs;
  attacker.connect();
  expect(told(other)).toEqual([state]);
  expect(attacker.complete).toBe(true);
});

describe('what 0-RTT packets may not say', () => {
  test.each([
    ['ACK', ackFrame([0])],
    ['CRYPTO', cryptoFrame(0, new Uint8Array(4))],
    ['HANDSHAKE_DONE', Uint8Array.of(FrameType.HandshakeDone)],
    ['NEW_TOKEN', Uint8Array.of(FrameType.NewToken, 1, 1)],
    ['PATH_RESPONSE', concatBytes(Uint8Array.of(FrameType.PathResponse), new Uint8Array(8))],
    ['RETIRE_CONNECTION_ID', Uint8Array.of(FrameType.RetireConnectionId, 0)],
  ])('%s is a PROTOCOL_VIOLATION', (_name, payload) => {
    covers('rfc9000-12.5-6', 'rfc9000-12.4-3', 'rfc9001-8.3-2');
    const attacker = resumeAsAttacker(createServer(EARLY));
    attacker.send(Level.EarlyData, concatBytes(payload, PADDING));
    expect(attacker.closeCode).toBe(0x0a);
  });

  test.each<[string, Uint8Array, number]>([
    ['more bytes than a stream may have', streamFrame(0, 262_140, new Uint8Array(10)), 0x03],
    [
      'more bytes than the connection may have',
      concatBytes(...[0, 4, 8].map((id) => streamFrame(id, 262_100, new Uint8Array(10)))),
      0x03,
    ],
    ['more streams than there may be', streamFrame(400, 0, HELLO), 0x04],
    ['a stream that only the server opens', streamFrame(1, 0, HELLO), 0x05],
    ['an application error in front of an unknown frame', Uint8Array.of(0x21, 0, 0, 0), 0x07],
  ])('%s ends the connection with its error', (_name, payload, code) => {
    covers('rfc9000-17.2.3-5');
    const attacker = resumeAsAttacker(createServer(EARLY));
    attacker.send(Level.EarlyData, payload);
    expect(attacker.closeCode).toBe(code);
  });

  test('CONNECTION_CLOSE of the application is heard', () => {
    const server = createServer(EARLY);
    const attacker = resumeAsAttacker(server);
    attacker.send(Level.EarlyData, concatBytes(Uint8Array.of(FrameType.ApplicationClose, 9, 0), PADDING));
    const closed = eventsOf(server).find((event) => event.type === 'closed');
    expect(closed).toMatchObject({ reason: { kind: 'application', code: 9, remote: true } });
  });

  test('packets that come long after the handshake are not opened', () => {
    covers('rfc9001-4.9.3-4');
    const drops: string[] = [];
    const tracer = { ...LOUD, onPacketDropped: (_id: number, drop: Drop) => void drops.push(dropName(drop)) };
    const attacker = resumeAsAttacker(createServer({ ...EARLY, tracer }));
    const [soon, late] = [4, 8].map((id) => attacker.packet(Level.EarlyData, streamFrame(id, 0, HELLO)));
    attacker.finish();
    // 0-RTT and 1-RTT packets share one sequence of numbers.
    attacker.send(Level.Application, concatBytes(Uint8Array.of(FrameType.Ping), PADDING), { number: 9 });
    drops.length = 0;
    attacker.deliver(soon!);
    expect(drops).toEqual([]);
    attacker.pass(5 * SECOND);
    attacker.deliver(late!);
    expect(drops).toEqual(['NoKeys']);
    expect(attacker.closeCode).toBeUndefined();
  });
});

describe('a server that accepts early data', () => {
  const tickets: TicketProtection = {
    seal: (plaintext) => Uint8Array.of(1, ...plaintext),
    open: (ticket) => ticket.slice(1),
  };

  /**
   * A client of ours with a session of an attacker, and the attacker that it comes back to, each time with
   * these options of the attacker.
   */
  function comeBack(now: Partial<AttackerOptions>, before: Partial<AttackerOptions> = {}) {
    const client = createClient();
    const crypto = seededCrypto(41);
    const base = {
      victim: client,
      crypto,
      isClient: false,
      identity: createTestIdentity(crypto),
      tlsServer: { tickets, earlyData: true, unixTimeMs: () => 0 },
    } as const;
    const first = new Attacker({ ...base, ...before });
    client.createConnection({ to: ATTACKER, serverName: 'server.test' }, first.nowUs);
    first.pump();
    const session = eventsOf(client).find((event) => event.type === 'ticket')!.ticket;
    client.connection(0)!.close();
    first.pass(5 * SECOND);
    const attacker = new Attacker({ ...base, ...now });
    attacker.nowUs = first.nowUs;
    const to = { to: ATTACKER, serverName: 'server.test', session, earlyData: true };
    const connection = client.createConnection(to, attacker.nowUs);
    eventsOf(client);
    return { client, attacker, connection };
  }

  test.each<[string, (parameters: TransportParameters) => void]>([
    ['active_connection_id_limit', (p) => void (p.activeConnectionIdLimit = 2)],
    ['initial_max_data', (p) => void (p.initialMaxData -= 1)],
    ['initial_max_stream_data_bidi_local', (p) => void (p.initialMaxStreamDataBidiLocal -= 1)],
    ['initial_max_stream_data_bidi_remote', (p) => void (p.initialMaxStreamDataBidiRemote -= 1)],
    ['initial_max_stream_data_uni', (p) => void (p.initialMaxStreamDataUni -= 1)],
    ['initial_max_streams_bidi', (p) => void (p.initialMaxStreamsBidi -= 1)],
    ['initial_max_streams_uni', (p) => void (p.initialMaxStreamsUni -= 1)],
  ])('with a smaller %s than before has broken the protocol', (name, change) => {
    covers('rfc9000-7.4.1-6');
    const raised = (p: TransportParameters): void => void (p.activeConnectionIdLimit = 3);
    const again = comeBackTo(raised, (p) => {
      raised(p);
      change(p);
    });
    expect([name, again.closeCode]).toEqual([name, 0x0a]);
  });

  function comeBackTo(
    before: (parameters: TransportParameters) => void,
    now: (parameters: TransportParameters) => void,
  ): Attacker {
    return comeBack({ parameters: now }, { parameters: before }).attacker.pump();
  }

  test.each([
    [1000, 999, true],
    [1000, 0, true],
    [1000, 1000, false],
    [1000, 65_535, false],
    [0, 0, false],
  ])(
    'with datagrams of %i bytes before and of %i now has broken the protocol: %s',
    (before, now, isBroken) => {
      covers('rfc9221-3-9');
      const again = comeBackTo(
        (p) => void (p.maxDatagramFrameSize = before),
        (p) => void (p.maxDatagramFrameSize = now),
      );
      expect(again.closeCode).toBe(isBroken ? 0x0a : undefined);
      expect(coreOf(again.victim).parts.handshake.complete).toBe(!isBroken);
    },
  );

  test('with larger limits, or other values of what is not remembered, has not', () => {
    covers('rfc9000-7.4.1-2', 'rfc9000-7.4.1-3');
    const attacker = comeBackTo(
      () => {},
      (p) => {
        p.initialMaxData += 1;
        p.initialMaxStreamsBidi += 1;
        p.ackDelayExponent = 5;
        p.maxAckDelayMs = 100;
        p.maxIdleTimeoutMs = 1000;
      },
    );
    expect(attacker.closeCode).toBeUndefined();
    expect(attacker.complete).toBe(true);
    const { recovery } = coreOf(attacker.victim).parts;
    expect(recovery.maxAckDelayUs).toBe(100_000);
    // A value that is not said again is the default, whatever it was before.
    const silent = comeBackTo(
      (p) => void (p.maxAckDelayMs = 100),
      (p) => void (p.maxAckDelayMs = 25),
    );
    expect(silent.closeCode).toBeUndefined();
    expect(coreOf(silent.victim).parts.recovery.maxAckDelayUs).toBe(25_000);
  });

  test('after the client was told of a rejection, acknowledges what nobody has read: PROTOCOL_VIOLATION', () => {
    covers('rfc9001-4.6.2-2');
    const { attacker, connection } = comeBack({
      tlsServer: { tickets, earlyData: false, unixTimeMs: () => 0 },
    });
    connection.openStream()!.write(HELLO);
    attacker.pump();
    expect(connection.earlyData).toBe('rejected');
    const oneRtt = attacker.seen.filter(({ level }) => level === Level.Application);
    const lowest = Math.min(...oneRtt.map(({ number }) => number));
    expect(attacker.framesOf(FrameType.Stream | 6, Level.Application).length).toBeGreaterThan(-1);
    attacker.send(Level.Application, concatBytes(ackFrame([lowest]), PADDING));
    expect(attacker.closeCode).toBeUndefined();
    attacker.send(Level.Application, concatBytes(ackFrame([lowest - 1]), PADDING));
    expect(attacker.closeCode).toBe(0x0a);
  });

  test('and says so to a client that has not asked is refused', () => {
    const client = createClient();
    const crypto = seededCrypto(42);
    const attacker = new Attacker({
      victim: client,
      crypto,
      isClient: false,
      identity: createTestIdentity(crypto),
      edit: (level, bytes) => (level === Level.Handshake && bytes[0] === 8 ? withEarlyData(bytes) : bytes),
    });
    client.createConnection({ to: ATTACKER, serverName: 'server.test' }, attacker.nowUs);
    attacker.pump();
    // unsupported_extension
    expect(attacker.closeCode).toBe(0x100 + 110);
  });
});

/** EncryptedExtensions with an early_data extension besides. */
function withEarlyData(bytes: Uint8Array): Uint8Array {
  const body = concatBytes(bytes.subarray(6), Uint8Array.of(0, 42, 0, 0));
  return concatBytes(
    Uint8Array.of(
      8,
      0,
      (body.length + 2) >> 8,
      (body.length + 2) & 0xff,
      body.length >> 8,
      body.length & 0xff,
    ),
    body,
  );
}

describe('0-RTT packets before their Initial', () => {
  /** The datagrams of a client's first flight, and the server that it is for. */
  function flight(options: Partial<QuicContextOptions> = {}, bytes = 4000) {
    const server = createServer({ ...EARLY, ...options });
    const client = createClient();
    let nowUs = SECOND;
    client.createConnection({ to: SERVER, serverName: 'server.test' }, nowUs);
    settle({ client, server }, nowUs);
    const session = eventsOf(client).find((event) => event.type === 'ticket')!.ticket;
    client.connection(0)!.close();
    settle({ client, server }, nowUs);
    nowUs += 10 * SECOND;
    settle({ client, server }, nowUs);
    eventsOf(server);
    const connection = client.createConnection(
      { to: SERVER, serverName: 'server.test', session, earlyData: true },
      nowUs,
    );
    connection.openStream()!.write(new Uint8Array(bytes).fill(5), true);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const datagrams: Uint8Array[] = [];
    for (let atUs = nowUs; atUs < nowUs + 100_000; atUs += 1000)
      while (client.prepareNextPacket(out, atUs) > 0) datagrams.push(out.buffer.slice(0, out.length));
    return { server, client, connection, datagrams, nowUs };
  }

  function readable(server: QuicContext): number {
    const connection = eventsOf(server).find((event) => event.type === 'accepted')?.connection;
    return connection === undefined ? -1 : (server.connection(connection)!.stream(0)?.readableBytes ?? 0);
  }

  test('are kept for it, and read with it', () => {
    covers('rfc9000-5.2.2-6');
    const { server, datagrams, nowUs } = flight();
    expect(datagrams.length).toBeGreaterThan(3);
    const [initial, ...others] = datagrams;
    for (const bytes of others) server.incomingPacket(bytes, CLIENT, SERVER, 0, 0, nowUs);
    expect(readable(server)).toBe(-1);
    server.incomingPacket(initial!, CLIENT, SERVER, 0, 0, nowUs + 1000);
    expect(readable(server)).toBe(4000);
  });

  test('are not kept for longer than half a second, nor where early data is off', () => {
    for (const [options, delayUs] of [
      [{}, 500_001],
      [{ earlyData: false }, 1000],
    ] as const) {
      const { server, datagrams, nowUs } = flight();
      const target = options.earlyData === false ? createServer(options) : server;
      const [initial, ...others] = datagrams;
      for (const bytes of others) target.incomingPacket(bytes, CLIENT, SERVER, 0, 0, nowUs);
      target.incomingPacket(initial!, CLIENT, SERVER, 0, 0, nowUs + delayUs);
      expect(readable(target)).toBeLessThan(1500);
    }
  });

  test('of anybody are bounded, and in the way of nobody', () => {
    const { server, datagrams, nowUs } = flight();
    const crypto = seededCrypto(51);
    const garbage = (): Uint8Array => {
      const bytes = new Uint8Array(1200);
      crypto.random(bytes);
      bytes.set([0xd0, 0, 0, 0, 1, 8]);
      bytes[14] = 8;
      bytes.set([0x44, 0x80], 23);
      return bytes;
    };
    const attack = (victim: QuicContext, count: number): void => {
      for (let i = 0; i < count; i++) victim.incomingPacket(garbage(), ATTACKER, SERVER, 0, 0, nowUs);
    };
    const held = (count: number): number =>
      heldBy(() => {
        const victim = flight().server;
        attack(victim, count);
        return victim;
      });
    expect(held(1000) - held(0)).toBeLessThan(200 * KIB);
    attack(server, 1000);
    const [initial, ...others] = datagrams;
    for (const one of others) server.incomingPacket(one, CLIENT, SERVER, 0, 0, nowUs);
    attack(server, 20);
    server.incomingPacket(initial!, CLIENT, SERVER, 0, 0, nowUs);
    expect(readable(server)).toBe(4000);
  });

  test('as many as ten of one client', () => {
    const { server, datagrams, nowUs } = flight({}, 12_000);
    const [initial, ...others] = datagrams;
    for (let i = 0; i < 3; i++)
      for (const bytes of others) server.incomingPacket(bytes, CLIENT, SERVER, 0, 0, nowUs);
    const { strays } = (server as unknown as { strayEarly: { strays: readonly unknown[] } }).strayEarly;
    expect(strays).toHaveLength(10);
    server.incomingPacket(initial!, CLIENT, SERVER, 0, 0, nowUs);
    expect((server as unknown as { strayEarly: { strays: readonly unknown[] } }).strayEarly.strays).toEqual(
      [],
    );
  });
});

test('a ticket that was forged or damaged ends in a full handshake, without early data', () => {
  const server = createServer(EARLY);
  const { session, nowUs } = attackerSession(server);
  for (const at of [60, 80, 120]) {
    const damaged = session.slice();
    damaged[at] = damaged[at]! ^ 0x40;
    const attacker = new Attacker({
      victim: server,
      crypto: seededCrypto(60 + at),
      isClient: true,
      tlsClient: { session: damaged, earlyData: true, unixTimeMs: () => nowUs / 1000 },
    });
    attacker.nowUs = nowUs;
    attacker.connect();
    expect(attacker.complete).toBe(true);
    expect(told(server)).toEqual(['rejected']);
  }
});

test('early data that fills every window costs what the windows hold, until the handshake fails', () => {
  const transport = {
    connectionWindowBytes: 64 * KIB,
    maxConnectionWindowBytes: 64 * KIB,
    handshakeTimeoutMs: 3000,
  };
  const flood = (bytes = 64 * KIB): [QuicContext, Attacker] => {
    const server = createServer({ earlyData: { delivery: 'after-handshake' }, transport });
    const attacker = resumeAsAttacker(server);
    for (let at = 0; at < bytes; at += 1024)
      attacker.deliver(attacker.packet(Level.EarlyData, streamFrame(0, at, new Uint8Array(1024))));
    return [server, attacker];
  };
  const bytes = heldBy(() => flood()[0]) - heldBy(() => flood(1024)[0]);
  const [server, attacker] = flood();
  // Twice the window, for a ring that has grown.
  expect(bytes).toBeLessThan(160 * KIB);
  expect(attacker.closeCode).toBeUndefined();
  attacker.pass(10 * SECOND);
  expect(eventsOf(server).map(({ type }) => type)).toEqual(['accepted', 'early-data', 'closed']);
  expect(attacker.pass(60 * SECOND) && server.connection(1)).toBeUndefined();
});

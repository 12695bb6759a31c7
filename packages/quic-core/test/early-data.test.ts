import { describe, expect, test } from '@jest/globals';
import { Group, TAG_LENGTH } from '@tsquic/crypto';
import { randomBytes } from '@tsquic/simulator';
import { covers, usageCode } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { PacketType } from '../src/version/packet-type.ts';
import { FrameType } from '../src/frame/rules.ts';
import { expandPacketNumber } from '../src/packet/packet-number.ts';
import type { Tracer } from '../src/trace/tracer.ts';
import { coreOf, createServer, eventsOf } from './support/contexts.ts';
import { streamFrame } from './support/frames.ts';
import {
  createEarlyPair,
  DELAY_US,
  type EarlyPair,
  packetLog,
  resumeAsAttacker,
  SECOND,
} from './support/early.ts';

const HELLO = Uint8Array.of(1, 2, 3, 4);

/** Send these bytes and the end on a new stream of the resumed connection. */
function sendEarly(pair: EarlyPair, bytes: Uint8Array, options: Parameters<EarlyPair['resume']>[0] = {}) {
  const client = pair.resume(options);
  pair.client.connections.splice(0, Infinity, client);
  return { client, feeder: pair.client.send(bytes) };
}

function arrived(pair: EarlyPair, streamId = 0): boolean {
  return pair.server.connections.length > 0 && pair.server.received(streamId, pair.theirs()).finished;
}

function isConfirmed(pair: EarlyPair): boolean {
  return pair.client.connection.statistics().state === 'confirmed';
}

describe('0-RTT that is accepted', () => {
  test('arrives with the first flight, marked as early, before the handshake is complete', () => {
    covers('rfc9001-5.6-1');
    const pair = createEarlyPair();
    const client = pair.resume();
    expect(client.earlyData).toBe('offered');
    const stream = client.openStream()!;
    expect(stream.write(HELLO, true)).toBe(4);
    const startUs = pair.world.nowUs;
    expect(pair.run(() => pair.server.has('stream-readable'), SECOND)).toBe(true);
    expect(pair.world.nowUs - startUs).toBe(DELAY_US);
    expect(pair.theirs().earlyData).toBe('accepted');
    expect(pair.server.events).toMatchObject([
      { type: 'accepted' },
      // Long before `connected`: programs with several protocols can answer at once.
      { type: 'early-data', state: 'accepted', alpn: 'test', serverName: 'server.test' },
      { type: 'stream-opened', streamId: 0, early: true },
      { type: 'stream-readable', streamId: 0 },
    ]);
    expect(pair.theirs().stream(0)!.early).toBe(true);
    expect(pair.run(() => client.statistics().state === 'confirmed', SECOND)).toBe(true);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(HELLO);
    expect(client.earlyData).toBe('accepted');
    expect(pair.client.events.map(({ type }) => type).slice(0, 3)).toEqual([
      'early-data',
      'early-data',
      'connected',
    ]);
    expect(
      pair.client
        .eventsOf('early-data')
        .map(({ state, alpn, serverName }) => `${state} ${alpn} ${serverName}`),
    ).toEqual(['offered test server.test', 'accepted test server.test']);
    expect(pair.client.eventsOf('connected')[0]).toMatchObject({ earlyDataAccepted: true, resumed: true });
  });

  test('is not offered unless the program asks for it, nor without a session of ours', () => {
    covers('rfc9001-5.6-1');
    const pair = createEarlyPair();
    pair.client.events.length = 0;
    for (const options of [{ earlyData: false }, { session: Uint8Array.of(1, 2, 3) }]) {
      const client = pair.resume(options);
      expect(client.earlyData).toBe('none');
      expect(client.openStream()).toBeUndefined();
    }
    expect(pair.run(() => pair.client.eventsOf('connected').length === 2, SECOND)).toBe(true);
    expect(pair.client.has('early-data')).toBe(false);
    expect(pair.theirs().earlyData).toBe('none');
  });

  test('is off by default: neither do tickets allow it', () => {
    const pair = createEarlyPair({ server: { earlyData: false } });
    const client = pair.resume();
    expect(client.earlyData).toBe('none');
  });

  test.each([1, 2, 3, 4, 5, 6])('goes on over the handshake, with loss and reordering (seed %d)', (seed) => {
    const pair = createEarlyPair({
      seed,
      link: { loss: { kind: 'random', rate: 0.1 }, reordering: 0.1, reorderUs: 5000 },
    });
    const bytes = randomBytes(100_000, pair.world.random.fork('data'));
    const { client } = sendEarly(pair, bytes);
    expect(pair.run(() => arrived(pair), 60 * SECOND)).toBe(true);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(bytes);
    expect(pair.run(() => isConfirmed(pair), 60 * SECOND)).toBe(true);
    expect(client.earlyData).toBe('accepted');
  });

  test('shares the numbers of 1-RTT packets, which acknowledge it; it acknowledges nothing itself', () => {
    covers('rfc9000-13.2.6-3', 'rfc9000-17.2.3-2', 'rfc9001-5.6-5', 'rfc9001-5.6-8', 'rfc9000-17.2.3-3');
    const [up, down] = [packetLog(), packetLog()];
    const pair = createEarlyPair({ client: { tracer: up.tracer }, server: { tracer: down.tracer } });
    up.sent.length = down.sent.length = 0;
    const { client } = sendEarly(pair, new Uint8Array(30_000));
    expect(pair.run(() => client.openStream() !== undefined && arrived(pair), SECOND)).toBe(true);
    pair.pass(SECOND);
    const inSpace = up.sent.filter(({ type }) => type === PacketType.ZeroRtt || type === PacketType.OneRtt);
    const numbers = inSpace.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(up.early().length).toBeGreaterThan(5);
    const firstOneRtt = inSpace.findIndex(({ type }) => type === PacketType.OneRtt);
    expect(inSpace.slice(firstOneRtt).map(({ type }) => type)).not.toContain(PacketType.ZeroRtt);
    const kinds = up.early().flatMap(({ frames }) => frames.map(({ type }) => type));
    expect(new Set(kinds)).toEqual(new Set(['stream']));
    // The server: no 0-RTT packet, and its acknowledgements of them in 1-RTT.
    expect(down.early()).toEqual([]);
    const [lowest] = numbers;
    const acks = down.sent
      .filter(({ type }) => type === PacketType.OneRtt)
      .flatMap(({ frames }) => frames.flatMap((frame) => (frame.type === 'ack' ? [frame] : [])));
    expect(acks.some(({ ranges }) => ranges.some(([from]) => from === lowest))).toBe(true);
    expect(client.statistics().packetsLost).toBe(0);
  });

  test.each([1, 2, 3, 4])('numbers of 1-RTT packets are read by those of 1-RTT alone (seed %i)', (seed) => {
    const written: { readonly number: number; readonly length: number }[] = [];
    const tracer: Tracer = {
      onPacketSent: (_connection, type, number, bytes, buffer, _payloadAt, payloadEnd) => {
        const first = buffer[payloadEnd + TAG_LENGTH - bytes]!;
        if (type === PacketType.OneRtt) written.push({ number, length: (first & 3) + 1 });
      },
    };
    const pair = createEarlyPair({ seed, client: { tracer } });
    written.length = 0;
    sendEarly(pair, new Uint8Array(8000));
    expect(pair.run(() => isConfirmed(pair) && arrived(pair), SECOND)).toBe(true);
    pair.pass(SECOND);
    let largest = -1;
    for (const { number, length } of written) {
      expect(expandPacketNumber(number % 2 ** (8 * length), length, largest)).toBe(number);
      largest = number;
    }
    // The numbers of a space begin somewhere, so that one byte would not do.
    expect(written[0]!.number).toBeGreaterThan(127);
  });

  test('is acknowledged before the handshake is complete, and answered in 0.5-RTT packets', () => {
    covers('rfc9000-13.2.1-2');
    const down = packetLog();
    const pair = createEarlyPair({
      server: { tracer: down.tracer },
      serverHost: { respond: () => new Uint8Array(500).fill(7) },
    });
    down.sent.length = 0;
    const { client } = sendEarly(pair, HELLO);
    const startUs = pair.world.nowUs;
    expect(pair.run(() => pair.client.received(0, client).finished, SECOND)).toBe(true);
    // One round trip, in which the handshake completed as well.
    expect(pair.world.nowUs - startUs).toBe(2 * DELAY_US);
    const early = down.sent.filter(({ type }) => type === PacketType.OneRtt);
    expect(early[0]!.frames.map(({ type }) => type)).toEqual(expect.arrayContaining(['ack', 'stream']));
    expect(pair.server.has('connected')).toBe(false);
  });

  test('a client sends by the limits that it remembers until it has 1-RTT keys, and then by those of the handshake', () => {
    covers('rfc9000-7.4.1-10', 'rfc9000-7.4.1-11', 'rfc9000-7.4.1-4');
    const up = packetLog();
    const transport = { connectionWindowBytes: 9000, streamWindowBytes: 5000, maxBidirectionalStreams: 3 };
    const pair = createEarlyPair({ client: { tracer: up.tracer }, server: { transport } });
    // The same server, by its keys, allows more now.
    const { transport: now } = settingsOf(pair.server);
    Object.assign(now, {
      connectionWindowBytes: 50_000,
      streamWindowBytes: 40_000,
      maxBidirectionalStreams: 5,
    });
    const client = pair.resume();
    const streams = [0, 1, 2].map(() => client.openStream()!);
    expect(client.openStream()).toBeUndefined();
    streams[0]!.write(new Uint8Array(20_000), true);
    pair.pass(DELAY_US / 2);
    for (const stream of streams.slice(1)) stream.write(new Uint8Array(20_000), true);
    expect(pair.run(() => pair.client.has('connected'), SECOND)).toBe(true);
    const early = up
      .early()
      .flatMap(({ frames }) => frames.flatMap((frame) => (frame.type === 'stream' ? [frame] : [])));
    const ends = [0, 4, 8].map((id) =>
      Math.max(
        0,
        ...early.filter(({ streamId }) => streamId === id).map((frame) => frame.offset + frame.dataLength),
      ),
    );
    expect(ends[0]).toBe(5000);
    expect(ends.reduce((sum, end) => sum + end, 0)).toBe(9000);
    expect(pair.client.has('streams-available')).toBe(true);
    pair.pass(2 * SECOND);
    for (const { id } of streams) expect(pair.server.received(id, pair.theirs()).length).toBe(20_000);
  });

  test('keys are gone on a client when it has those of 1-RTT, on a server soon after the handshake', () => {
    covers('rfc9001-4.9.3-4', 'rfc9001-4.9.3-1');
    const discarded: string[] = [];
    const tracer = (side: string) => ({
      onKeysDiscarded: (_id: number, type: PacketType, nowUs: number) => {
        if (type === PacketType.ZeroRtt) discarded.push(`${side} ${nowUs}`);
      },
    });
    const pair = createEarlyPair({
      client: { tracer: tracer('client') },
      server: { tracer: tracer('server') },
    });
    const { client } = sendEarly(pair, HELLO);
    const startUs = pair.world.nowUs;
    pair.run(() => pair.server.has('connected'), SECOND);
    const completeUs = pair.world.nowUs;
    const { keys, paths, recovery } = coreOf(pair.server.context).parts;
    expect(keys.canReadEarly).toBe(true);
    const ptoUs = paths.active.rtt.ptoUs + recovery.maxAckDelayUs;
    pair.pass(10 * SECOND);
    expect(discarded[0]).toBe(`client ${startUs + 2 * DELAY_US}`);
    expect(discarded[1]).toMatch(/^server /);
    const tookUs = Number(discarded[1]!.slice(7)) - completeUs;
    expect(tookUs).toBeGreaterThan(0);
    expect(tookUs).toBeLessThanOrEqual(3 * ptoUs);
    expect(keys.canReadEarly).toBe(false);
    expect(client.statistics().state).toBe('confirmed');
  });

  test('a client that closes in its first flight says so in 0-RTT as well', () => {
    const up = packetLog();
    const pair = createEarlyPair({ client: { tracer: up.tracer } });
    const { client } = sendEarly(pair, HELLO);
    pair.run(() => up.early().length > 0, SECOND);
    up.sent.length = 0;
    client.close(7);
    pair.pass(SECOND);
    expect(up.sent.map(({ type }) => type).slice(0, 2)).toEqual([PacketType.Initial, PacketType.ZeroRtt]);
    // The application's code stays out of sight until the peer is known. RFC 9000 §10.2.3
    expect(pair.server.eventsOf('closed')[0]!.reason).toMatchObject({ kind: 'transport', code: 0x0c });
  });
});

describe('0-RTT that is rejected', () => {
  const rejecting: readonly [string, (pair: EarlyPair) => void][] = [
    [
      'by a server that has turned it off',
      (pair) => void Object.assign(settingsOf(pair.server), { earlyData: undefined }),
    ],
    [
      'with its session, whose keys are gone',
      (pair) => {
        rotate(pair);
        rotate(pair);
      },
    ],
    ['because the ticket was used', (pair) => void sendEarly(pair, HELLO)],
    [
      'because limits are smaller now',
      (pair) => {
        reconfigure(pair, { connectionWindowBytes: 100_000 });
      },
    ],
    [
      'because RESET_STREAM_AT is no longer understood',
      (pair) => {
        reconfigure(pair, { reliableReset: false });
      },
    ],
  ];

  test.each(rejecting)('%s is sent again by itself, without a sign of congestion', (_name, change) => {
    covers('rfc9001-4.6.2-3', 'rfc9001-5.6-4');
    const up = packetLog();
    const pair = createEarlyPair({ client: { tracer: up.tracer } });
    change(pair);
    pair.pass(SECOND);
    pair.client.events.length = pair.server.events.length = up.sent.length = 0;
    pair.server.connections.length = 0;
    const bytes = randomBytes(8000, pair.world.random.fork('data'));
    const { client } = sendEarly(pair, bytes);
    const window = client.statistics().congestionWindowBytes;
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(bytes);
    pair.pass(SECOND);
    expect([client.earlyData, pair.theirs().earlyData]).toEqual(['rejected', 'rejected']);
    expect(pair.client.eventsOf('early-data').at(-1)).toMatchObject({ state: 'rejected', isResent: true });
    expect(pair.client.eventsOf('connected')[0]).toMatchObject({ earlyDataAccepted: false });
    expect(pair.server.eventsOf('stream-opened')[0]).not.toHaveProperty('early');
    expect(pair.theirs().stream(0)?.early ?? false).toBe(false);
    expect(client.statistics()).toMatchObject({ packetsLost: 0 });
    expect(client.statistics().congestionWindowBytes).toBeGreaterThanOrEqual(window);
    const numbers = up.sent.filter(({ type }) => type === PacketType.ZeroRtt || type === PacketType.OneRtt);
    expect(new Set(numbers.map(({ number }) => number)).size).toBe(numbers.length);
  });

  test.each([1, 2, 3, 4, 5, 6])('arrives whole over a bad path (seed %d)', (seed) => {
    const pair = createEarlyPair({
      seed,
      link: { loss: { kind: 'random', rate: 0.1 }, reordering: 0.1, reorderUs: 5000 },
    });
    Object.assign(settingsOf(pair.server), { earlyData: undefined });
    const bytes = randomBytes(60_000, pair.world.random.fork('data'));
    const { client } = sendEarly(pair, bytes);
    expect(pair.run(() => arrived(pair), 60 * SECOND)).toBe(true);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(bytes);
    expect(client.earlyData).toBe('rejected');
  });

  test('is processed in no packet of it', () => {
    covers('rfc9001-4.6.2-1', 'rfc9000-7.4.1-9');
    const received: PacketType[] = [];
    const pair = createEarlyPair({
      server: { tracer: { onPacketReceived: (_id: number, type: PacketType) => void received.push(type) } },
    });
    reconfigure(pair, { maxBidirectionalStreams: 99 });
    sendEarly(pair, new Uint8Array(5000));
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(received).not.toContain(PacketType.ZeroRtt);
  });

  test('under smaller limits: what was sent beyond them waits, streams beyond them are not spoken of', () => {
    const up = packetLog();
    const pair = createEarlyPair({ client: { tracer: up.tracer } });
    reconfigure(pair, {
      connectionWindowBytes: 3000,
      streamWindowBytes: 2000,
      maxUnidirectionalStreams: 2,
    });
    const client = pair.resume();
    pair.client.connections.push(client);
    const gone = client.openStream({ unidirectional: true })!;
    gone.write(new Uint8Array(5000));
    const feeders = [0, 1, 2, 3, 4].map(() =>
      pair.client.send(new Uint8Array(2500).fill(9), { unidirectional: true }),
    );
    expect(pair.run(() => pair.server.connections.length > 0, SECOND)).toBe(true);
    gone.reset(3);
    expect(pair.run(() => feeders.every(({ id }) => arrived(pair, id)), 20 * SECOND)).toBe(true);
    expect(client.earlyData).toBe('rejected');
    expect(client.closeReason).toBeUndefined();
    expect(pair.server.eventsOf('stream-reset')).toMatchObject([{ streamId: 2, code: 3 }]);
    expect(feeders.map(({ id }) => pair.server.received(id, pair.theirs()).bytes())).toEqual(
      feeders.map(() => new Uint8Array(2500).fill(9)),
    );
    const said = up.sent.filter(({ type }) => type === PacketType.OneRtt).flatMap(({ frames }) => frames);
    expect(said).toContainEqual(expect.objectContaining({ type: 'reset_stream', streamId: 2, finalSize: 0 }));
    const third = said.findIndex((frame) => 'streamId' in frame && frame.streamId === 10);
    // Only when the server is done with another one.
    expect(said.slice(0, third).some((frame) => frame.type === 'reset_stream')).toBe(true);
  });

  test.each([
    ['arrive as far as they are promised', {}, 3000],
    [
      'are resets without one where the server takes no RESET_STREAM_AT any more',
      { reliableReset: false },
      0,
    ],
  ])('resets with a reliable size %s', (_name, change, arriving) => {
    covers('rfc9001-4.6.2-3');
    const pair = createEarlyPair();
    reconfigure(pair, { maxBidirectionalStreams: 99, ...change });
    const client = pair.resume();
    pair.client.connections.push(client);
    const stream = client.openStream({ unidirectional: true })!;
    stream.write(new Uint8Array(6000).fill(9));
    expect(stream.resetAt(7, 3000)).toBe(true);
    expect(pair.run(() => pair.server.eventsOf('stream-reset').length > 0, 5 * SECOND)).toBe(true);
    expect(client.earlyData).toBe('rejected');
    expect(pair.server.eventsOf('stream-reset')).toMatchObject([{ streamId: stream.id, code: 7 }]);
    expect(pair.server.received(stream.id, pair.theirs()).length).toBe(arriving);
  });

  test('is not sent again in another protocol: its streams are released, and IDs begin anew', () => {
    covers('rfc9001-4.6.2-3');
    const pair = createEarlyPair({ client: { alpn: ['test', 'other'] } });
    Object.assign(settingsOf(pair.server).options, { alpn: ['other'] });
    const client = pair.resume();
    pair.client.connections.push(client);
    const old = client.openStream()!;
    old.write(HELLO);
    expect(pair.run(() => isConfirmed(pair), SECOND)).toBe(true);
    pair.pass(SECOND);
    expect(pair.client.events.map((event) => event.type).slice(0, 4)).toEqual([
      'early-data',
      'early-data',
      'stream-released',
      'connected',
    ]);
    expect(pair.client.eventsOf('early-data')[1]).toMatchObject({
      state: 'rejected',
      alpn: 'other',
      isResent: false,
    });
    expect(pair.server.has('stream-opened')).toBe(false);
    expect(old.write(HELLO)).toBe(0);
    old.reset(1);
    old.stopSending(1);
    const stream = client.openStream()!;
    expect(stream.id).toBe(0);
    stream.write(Uint8Array.of(5), true);
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(Uint8Array.of(5));
    expect(client.closeReason).toBeUndefined();
  });

  test('a HelloRetryRequest rejects it', () => {
    const up = packetLog();
    const pair = createEarlyPair({ client: { tracer: up.tracer } });
    Object.assign(settingsOf(pair.server).options, { groups: [Group.Secp256r1] });
    const { client } = sendEarly(pair, HELLO);
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(client.earlyData).toBe('rejected');
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(HELLO);
  });
});

describe('0-RTT and the ways a first flight can go', () => {
  test('a Retry has all of it sent again, in new packets to the new connection ID', () => {
    covers('rfc9000-17.2.3-1', 'rfc9000-17.2.5.3-4', 'rfc9000-17.2.5.3-1');
    const up = packetLog();
    const pair = createEarlyPair({ client: { tracer: up.tracer }, server: { retry: 'always' } });
    up.sent.length = 0;
    const bytes = randomBytes(5000, pair.world.random.fork('data'));
    const { client } = sendEarly(pair, bytes);
    const startUs = pair.world.nowUs;
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(pair.world.nowUs - startUs).toBe(3 * DELAY_US);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(bytes);
    expect(client.earlyData).toBe('offered');
    pair.pass(SECOND);
    expect(client.earlyData).toBe('accepted');
    const numbers = up.early().map(({ number }) => number);
    expect(numbers.length).toBeGreaterThanOrEqual(10);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(client.statistics().packetsLost).toBe(0);
  });

  test('Version Negotiation ends the attempt', () => {
    const pair = createEarlyPair();
    // A session of version 1 is good for no other, so nothing can be sent at once. RFC 9369 §5
    expect(() => sendEarly(pair, HELLO, { version: 0x1a2a_3a4a })).toThrow('may not open a stream now');
    expect(pair.run(() => pair.client.has('closed'), SECOND)).toBe(true);
    expect(pair.client.eventsOf('closed')[0]!.reason.kind).toBe('version-negotiation');
  });
});

describe('early data that is held', () => {
  const held = { earlyData: { delivery: 'after-handshake' } } as const;

  test('reaches the program when the handshake is complete, in order', () => {
    const pair = createEarlyPair({ server: held });
    const { client } = sendEarly(pair, HELLO);
    expect(pair.run(() => pair.server.has('early-data'), SECOND)).toBe(true);
    pair.pass(DELAY_US / 2);
    expect(pair.server.events.map(({ type }) => type)).toEqual(['accepted', 'early-data']);
    expect(pair.theirs().stream(0)).toBeUndefined();
    expect(pair.run(() => arrived(pair), SECOND)).toBe(true);
    expect(pair.server.events.map(({ type }) => type).slice(2, 5)).toEqual([
      'connected',
      'stream-opened',
      'stream-readable',
    ]);
    expect(pair.server.received(0, pair.theirs()).bytes()).toEqual(HELLO);
    expect(client.earlyData).toBe('accepted');
  });

  test('and one that never completes it is told to nobody', () => {
    const server = createServer(held);
    const attacker = resumeAsAttacker(server);
    attacker.send(Level.EarlyData, streamFrame(0, 0, HELLO, true));
    attacker.send(Level.EarlyData, Uint8Array.of(FrameType.ResetStream, 4, 0, 0));
    attacker.pass(60 * SECOND);
    const types = eventsOf(server).map(({ type }) => type);
    expect(types).toEqual(['accepted', 'early-data', 'closed']);
  });
});

test.each([
  ['delivery: late', { delivery: 'late' }],
  ['a store without use', { replayStore: {} }],
  ['settings that are no bytes', { applicationSettings: 'x' }],
  ['settings of a kilobyte', { applicationSettings: new Uint8Array(1024) }],
  ['a name that is none', { deliver: 'at-once' }],
])('earlyData refuses %s', (_name, earlyData) => {
  expect(usageCode(() => createServer({ earlyData: earlyData as never }))).toBe('invalid-option');
});

interface Inner {
  readonly settings: {
    readonly transport: Record<string, unknown>;
    readonly options: Record<string, unknown>;
  };
}

/** What a context was made with, to be changed under its feet. */
function settingsOf(peer: EarlyPair['server']): Inner['settings'] {
  return (peer.context as unknown as Inner).settings;
}

function rotate(pair: EarlyPair): void {
  (pair.server.context as unknown as { rotateKeys(): void }).rotateKeys();
}

/** The server is the same, by its keys, and allows less now. */
function reconfigure(pair: EarlyPair, transport: Record<string, number | boolean>): void {
  const settings = settingsOf(pair.server);
  Object.assign(settings.transport, transport);
  const { earlyData } = createServerSettings({ ...settings.transport });
  Object.assign(settings, { earlyData });
}

function createServerSettings(transport: Record<string, unknown>): Record<string, unknown> {
  return (createServer({ earlyData: true, transport: transport as never }) as unknown as Inner)
    .settings as Record<string, unknown>;
}

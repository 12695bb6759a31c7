import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, createRandom, type Pair, type Peer, type Random } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { QuicStream } from '../src/context/handles.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import { FrameType } from '../src/frame/rules.ts';
import { attackServer, createServer, eventsOf } from './support/contexts.ts';
import { frame, streamFrame } from './support/frames.ts';

const SECOND = 1_000_000;
const MS = 1000;

/** What one side of a pair allows, and never more: its windows do not grow. */
interface Allowed {
  readonly connectionWindowBytes: number;
  readonly streamWindowBytes: number;
  readonly maxUnidirectionalStreams: number;
  readonly maxBidirectionalStreams: number;
}

/** A client and a server, 10 ms apart, whose programs read nothing by themselves. */
function createPausedPair(seed: number, allowed: Partial<Allowed>, loss = 0): Pair {
  const transport = {
    ...allowed,
    ...(allowed.connectionWindowBytes && { maxConnectionWindowBytes: allowed.connectionWindowBytes }),
    ...(allowed.streamWindowBytes && { maxStreamWindowBytes: allowed.streamWindowBytes }),
  };
  return createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    link: { delayUs: 10 * MS, ...(loss > 0 && { loss: { kind: 'random', rate: loss } }) },
    client: { transport },
    server: { transport },
    clientHost: { reads: () => false },
    serverHost: { reads: () => false },
  });
}

/** Read all that is there, or `mostBytes` of it. */
function read(stream: QuicStream | undefined, mostBytes = Infinity): number {
  if (stream === undefined) return 0;
  let bytes = 0;
  const into = new Uint8Array(Math.min(mostBytes, 65_536));
  for (;;) {
    const length = stream.read(into.subarray(0, Math.min(into.length, mostBytes - bytes)));
    bytes += length;
    if (length === 0 || bytes === mostBytes) return bytes;
  }
}

describe('credit that is free is given', () => {
  covers('rfc9000-4.2-2', 'rfc9000-4.6-6');
  test.each([1, 2, 3, 5, 24, 25, 99, 100])('%i of 100 streams are over, and all were opened', (count) => {
    for (const unidirectional of [true, false]) {
      const pair = createPausedPair(1, {});
      const streams = Array.from({ length: 100 }, () => pair.client.sendPattern(1, { unidirectional }));
      expect(pair.client.connection.openStream({ unidirectional })).toBeUndefined();
      pair.pass(SECOND);
      for (const { id } of streams.slice(0, count)) {
        const there = pair.server.connection.stream(id)!;
        read(there);
        if (!unidirectional) there.write(new Uint8Array(0), true);
      }
      pair.pass(SECOND);
      if (!unidirectional) for (const { stream } of streams.slice(0, count)) read(stream);
      pair.pass(SECOND);
      const more = Array.from({ length: 100 }, () => pair.client.connection.openStream({ unidirectional }));
      expect(more.filter((stream) => stream !== undefined)).toHaveLength(count);
    }
  });

  test.each([true, false])(
    'streams that were opened in silence count too, whether the peer says that it waits or not: %s',
    (says) => {
      const attacker = attackServer(createServer());
      attacker.send(Level.Application, frame(FrameType.ResetStream, [2, 0, 0]));
      // One is over as soon as the program knows.
      eventsOf(attacker.victim);
      attacker.pass(50 * MS);
      expect(attacker.framesOf(FrameType.MaxStreamsUni)).toEqual([]);
      if (says) attacker.send(Level.Application, frame(FrameType.StreamsBlockedUni, [100]));
      else attacker.pass(2 * SECOND);
      const [first] = attacker.framesOf(FrameType.MaxStreamsUni);
      expect(first?.values).toEqual([101]);
    },
  );

  test('streams that are over count as open until the program takes their events', () => {
    covers('rfc9000-4.6-3');
    const server = createServer();
    const attacker = attackServer(server);
    eventsOf(server);
    for (let i = 0; i < 100; i++)
      attacker.send(Level.Application, frame(FrameType.ResetStream, [2 + 4 * i, 0, 0]));
    attacker.send(Level.Application, frame(FrameType.StreamsBlockedUni, [100]));
    attacker.pass(2 * SECOND);
    expect(attacker.framesOf(FrameType.MaxStreamsUni)).toEqual([]);
    const released = eventsOf(server).filter(({ type }) => type === 'stream-released');
    expect(released).toHaveLength(100);
    attacker.pass(50 * MS);
    expect(attacker.framesOf(FrameType.MaxStreamsUni).at(-1)?.values).toEqual([200]);
    attacker.send(Level.Application, frame(FrameType.ResetStream, [2 + 4 * 199, 0, 0]));
    expect(attacker.closeCode).toBeUndefined();
    attacker.send(Level.Application, frame(FrameType.ResetStream, [2 + 4 * 200, 0, 0]));
    expect(attacker.closeCode).toBe(TransportCode.StreamLimit);
  });

  test.each([
    ['the connection', frame(FrameType.DataBlocked, [600_000]), FrameType.MaxData],
    ['a stream', frame(FrameType.StreamDataBlocked, [2, 300_000]), FrameType.MaxStreamData],
  ])('a peer that will not send into the little that is left of %s gets what is free', (_, blocked, type) => {
    const server = createServer();
    const attacker = attackServer(server);
    attacker.send(Level.Application, streamFrame(2, 0, new Uint8Array(1000)));
    read(server.connection(0)!.stream(2));
    attacker.pass(50 * MS);
    expect(attacker.framesOf(type)).toEqual([]);
    attacker.send(Level.Application, blocked);
    expect(attacker.framesOf(type).map(({ values }) => values.at(-1))).toEqual([
      1000 + (type === FrameType.MaxData ? 512 : 256) * 1024,
    ]);
    attacker.send(Level.Application, blocked);
    expect(attacker.framesOf(type)).toHaveLength(1);
  });

  test.each([0.5, 0.76, 0.9, 0.999])(
    '%f of the window lie unread on one stream, and another is read',
    (share) => {
      const connectionWindowBytes = 100_000;
      const pair = createPausedPair(2, { connectionWindowBytes, streamWindowBytes: connectionWindowBytes });
      pair.client.sendPattern(connectionWindowBytes * share, { unidirectional: true });
      pair.pass(SECOND);
      const { id } = pair.client.sendPattern(200_000, { unidirectional: true });
      const there = (): QuicStream | undefined => pair.server.connection.stream(id);
      let bytes = 0;
      expect(pair.run(() => (bytes += read(there())) === 200_000, 3000 * SECOND)).toBe(true);
    },
  );

  test.each([
    [3, 300_000],
    [40, 20_000],
    [100, 8000],
  ])('%i streams of %i bytes share the window, and one is read after the other', (count, each) => {
    const pair = createPausedPair(6, {});
    const streams = Array.from({ length: count }, () =>
      pair.client.sendPattern(each, { unidirectional: true }),
    );
    for (const { id } of streams) {
      let bytes = 0;
      const isRead = (): boolean => (bytes += read(pair.server.connection.stream(id))) === each;
      expect(pair.run(isRead, 10 * SECOND)).toBe(true);
    }
  });

  test('a stream was read before others filled the window', () => {
    const pair = createPausedPair(7, {});
    const first = pair.client.connection.openStream({ unidirectional: true })!;
    const last = (): QuicStream | undefined => pair.server.connection.stream(first.id);
    first.write(new Uint8Array(10));
    pair.pass(SECOND);
    expect(read(last())).toBe(10);
    for (let i = 0; i < 4; i++) pair.client.sendPattern(200_000, { unidirectional: true });
    pair.pass(SECOND);
    first.write(new Uint8Array(10), true);
    expect(pair.run(() => read(last()) === 10, 10 * SECOND)).toBe(true);
  });

  test.each([1, 2, 3, 7])('a window of %i bytes moves on', (streamWindowBytes) => {
    const pair = createPausedPair(3, { streamWindowBytes });
    const { id } = pair.client.sendPattern(50, { unidirectional: true });
    let bytes = 0;
    expect(pair.run(() => (bytes += read(pair.server.connection.stream(id))) === 50, 100 * SECOND)).toBe(
      true,
    );
  });

  test('a message that fills all but a part of the window arrives, though its reader waits for the whole', () => {
    const pair = createPausedPair(4, { streamWindowBytes: 1000 });
    const { id } = pair.client.sendPattern(1100, { unidirectional: true });
    pair.pass(SECOND);
    const there = pair.server.connection.stream(id)!;
    expect(read(there, 100)).toBe(100);
    pair.pass(SECOND);
    expect(there.readableBytes).toBe(1000);
  });
});

describe('a window that is used up, and read byte by byte', () => {
  const WINDOW = 20_000;
  /** A server that allows `WINDOW` bytes, or a stream so many, and has them; its program reads nothing by itself. */
  function createFull(limited: 'connectionWindowBytes' | 'streamWindowBytes') {
    const max = limited === 'streamWindowBytes' ? 'maxStreamWindowBytes' : 'maxConnectionWindowBytes';
    const server = createServer({ transport: { [limited]: WINDOW, [max]: WINDOW } });
    const attacker = attackServer(server);
    for (let offset = 0; offset < WINDOW; offset += 1000)
      attacker.send(Level.Application, streamFrame(2, offset, new Uint8Array(1000)));
    const type = limited === 'streamWindowBytes' ? FrameType.MaxStreamData : FrameType.MaxData;
    const limits = (): unknown[] => attacker.framesOf(type).map(({ values }) => values.at(-1));
    return { attacker, stream: server.connection(0)!.stream(2)!, limits };
  }

  test.each(['connectionWindowBytes', 'streamWindowBytes'] as const)(
    'is announced now and then, and all of it in the end: %s',
    (limited) => {
      covers('rfc9000-4.2-2');
      const { attacker, stream, limits } = createFull(limited);
      let sent = WINDOW;
      for (let i = 0; i < 500; i++) {
        expect(read(stream, 1)).toBe(1);
        attacker.pass(MS);
        // The peer uses what it gets.
        const limit = Math.max(WINDOW, ...limits().map(Number));
        if (limit > sent)
          attacker.send(Level.Application, streamFrame(2, sent, new Uint8Array(limit - sent)));
        sent = limit;
      }
      // Half a second: a frame for each 25 ms at most.
      expect(limits().length).toBeGreaterThan(0);
      expect(limits().length).toBeLessThanOrEqual(20);
      attacker.pass(SECOND);
      expect(limits().at(-1)).toBe(WINDOW + 500);
    },
  );

  test.each(['connectionWindowBytes', 'streamWindowBytes'] as const)(
    "a packet's worth is announced at once: %s",
    (limited) => {
      const { attacker, stream, limits } = createFull(limited);
      read(stream, 1199);
      attacker.pass(MS);
      expect(limits()).toEqual([]);
      read(stream, 1);
      attacker.pass(MS);
      expect(limits()).toEqual([WINDOW + 1200]);
    },
  );

  test('who has read all of a stream, and waits for more of it, gets what the connection has at once', () => {
    const { attacker, limits } = createFull('connectionWindowBytes');
    expect(limits()).toEqual([]);
    const server = attacker.victim.connection(0)!;
    // Eight bytes are free, of the stream that fills the window; the program has read another to its end so far.
    attacker.send(Level.Application, streamFrame(6, 0, new Uint8Array(0)));
    read(server.stream(2), 8);
    attacker.pass(MS);
    expect(limits()).toEqual([]);
    read(server.stream(6));
    attacker.pass(MS);
    expect(limits()).toEqual([WINDOW + 8]);
  });
});

/** One direction of a pair: who opens streams and sends, and who reads by fits and starts. */
class Flow {
  readonly wanted: number;
  private readonly longest: number;
  private readonly sender: Peer;
  private readonly receiver: Peer;
  private readonly random: Random;
  private readonly sent: { readonly stream: QuicStream; left: number; ended: boolean }[] = [];

  constructor(sender: Peer, receiver: Peer, random: Random, allowed: Allowed) {
    this.longest = 30 * Math.min(allowed.connectionWindowBytes, allowed.streamWindowBytes, 100);
    this.sender = sender;
    this.receiver = receiver;
    this.random = random;
    this.wanted = 3 + random.integer(30);
  }

  /** Open what may be opened, write what is taken. */
  send(): void {
    // A stream that the other side stopped takes no more.
    const stopped = new Set(this.sender.eventsOf('stream-stopped').map(({ streamId }) => streamId));
    for (const one of this.sent) one.ended ||= stopped.has(one.stream.id);
    for (;;) {
      if (this.sent.length === this.wanted) break;
      const stream = this.sender.connection.openStream({ unidirectional: true });
      if (stream === undefined) break;
      this.sent.push({ stream, left: this.random.integer(this.longest), ended: false });
    }
    for (const one of this.sent) {
      if (one.ended) continue;
      one.left -= one.stream.write(new Uint8Array(one.left), true);
      one.ended = one.left === 0;
    }
  }

  /** Something that a program may do. */
  step(): void {
    const { random } = this;
    this.send();
    const one = this.sent[random.integer(Math.max(1, this.sent.length))];
    if (one === undefined) return;
    const there = this.receiver.connection.stream(one.stream.id);
    switch (random.integer(8)) {
      case 0:
        there?.stopSending(1);
        break;
      case 1:
        one.stream.reset(2);
        one.ended = true;
        break;
      default:
        read(there, 1 + random.integer(3000));
    }
  }

  /** What waits although there would be room for it. */
  stuck({ connectionWindowBytes, streamWindowBytes, maxUnidirectionalStreams }: Allowed): string[] {
    const { connection } = this.receiver;
    const over = new Set(this.receiver.eventsOf('stream-released').map(({ streamId }) => streamId));
    const alive = this.sent.filter(({ stream }) => !over.has(stream.id));
    const unreadOf = ({ stream }: { readonly stream: QuicStream }): number =>
      connection.stream(stream.id)?.readableBytes ?? 0;
    const unread = alive.reduce((sum, one) => sum + unreadOf(one), 0);
    const stuck: string[] = [];
    if (this.sent.length < this.wanted && alive.length < maxUnidirectionalStreams)
      stuck.push(`${alive.length} of ${maxUnidirectionalStreams} streams live, and no more may be opened`);
    for (const one of alive) {
      // A reset of what had arrived already tells the receiver nothing, and the sender nothing more. RFC 9000 §3.2
      const isOver = this.sender.connection.stream(one.stream.id) === undefined;
      if (one.stream.delivered || isOver || unread === connectionWindowBytes) continue;
      if (unreadOf(one) < streamWindowBytes)
        stuck.push(`stream ${one.stream.id}: ${unreadOf(one)} unread, ${unread} in all`);
    }
    return stuck;
  }

  /** Whoever reads everything gets everything. */
  finish(): boolean {
    this.send();
    for (const { stream } of this.sent) read(this.receiver.connection.stream(stream.id));
    return this.sent.length === this.wanted && this.sent.every(({ ended }) => ended);
  }

  get isOver(): boolean {
    return this.receiver.eventsOf('stream-released').length >= this.wanted;
  }
}

test.each(Array.from({ length: 24 }, (_, i) => i + 1))(
  'nobody waits for credit that is free: random windows, limits and readers (seed %i)',
  (seed) => {
    covers('rfc9000-4.1-5', 'rfc9000-4.2-2');
    const random = createRandom(seed);
    const small = (most: number): number => 1 + random.integer(random.chance(0.3) ? 4 : most);
    const connectionWindowBytes = small(10_000);
    const allowed = {
      connectionWindowBytes,
      streamWindowBytes: small(6000),
      maxUnidirectionalStreams: small(30),
      maxBidirectionalStreams: 1,
    };
    const pair = createPausedPair(seed, allowed, random.chance(0.5) ? 0.2 : 0);
    const { client, server } = pair;
    const flows = [new Flow(client, server, random, allowed), new Flow(server, client, random, allowed)];
    for (let i = 0; i < 100; i++) {
      for (const flow of flows) flow.step();
      pair.pass(random.integer(60 * MS));
    }
    for (const flow of flows) flow.send();
    pair.pass(25 * SECOND);
    for (const flow of flows) flow.send();
    pair.pass(25 * SECOND);
    expect(flows.map((flow) => flow.stuck(allowed))).toEqual([[], []]);
    const isOver = (): boolean =>
      flows.map((flow) => flow.finish()).every(Boolean) && flows.every((flow) => flow.isOver);
    let turns = 0;
    while (!isOver() && ++turns < 20_000) pair.pass(20 * MS);
    expect(isOver()).toBe(true);
  },
);

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair } from '@tsquic/simulator';
import { covers, usageCode } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import type { TransportOptions } from '../src/config/transport-options.ts';
import type { QuicStream } from '../src/context/handles.ts';
import { FrameType } from '../src/frame/rules.ts';
import { priorityOf, type StreamPriority } from '../src/index.ts';
import { SendMemory, SendPool } from '../src/streams/send-memory.ts';
import { SendStream } from '../src/streams/send-stream.ts';
import { Stream } from '../src/streams/stream.ts';
import { comesBefore, TurnQueue } from '../src/streams/turn-queue.ts';
import { createServer } from './support/contexts.ts';
import { frame, streamFrame } from './support/frames.ts';
import { serverScene, type ServerScene } from './support/server-scene.ts';

const APP = Level.Application;
const KIB = 1024;
const MIB = 1024 * KIB;
const MS = 1000;
const SECOND = 1_000_000;
const DATA = new Uint8Array(20 * KIB);

interface Scene extends ServerScene {
  /** Open a stream of one way, and write to it. */
  write(priority?: StreamPriority, bytes?: Uint8Array): QuicStream;
  /** The streams whose data stood in packets since the last call, in order, once for each packet. */
  order(): number[];
}

/** A scene whose client allows many streams with much data. */
function sceneOf(transport: TransportOptions = {}, limits: Readonly<Record<string, number>> = {}): Scene {
  const scene = serverScene(transport, {
    initialMaxData: 64 * MIB,
    initialMaxStreamDataUni: 8 * MIB,
    initialMaxStreamDataBidiLocal: 8 * MIB,
    initialMaxStreamsUni: 20_000,
    ...limits,
  });
  return {
    ...scene,
    write(priority, bytes = DATA) {
      const options = priority === undefined ? {} : { priority };
      const stream = scene.connection.openStream({ unidirectional: true, ...options })!;
      stream.write(bytes);
      return stream;
    },
    order: () =>
      scene.packets().flatMap(({ frames }) => frames.filter(isStream).map(({ values }) => values[0]!)),
  };
}

function isStream({ type }: { readonly type: number }): boolean {
  return type >= FrameType.Stream && type < FrameType.MaxData;
}

/** Streams in the order in which each spoke first. */
function firsts(order: readonly number[]): number[] {
  return [...new Set(order)];
}

describe('which stream speaks next', () => {
  test('lower priorities first, whoever was first to write', () => {
    covers('rfc9000-2.3-1');
    const { write, order } = sceneOf();
    write(200);
    write(30);
    write(31);
    write(0, DATA.subarray(0, 3000));
    // Stream 15 has little, and 7 fills the first window.
    expect(firsts(order())).toEqual([15, 7]);
  });

  test('even ones take turns, a packet each', () => {
    const { write, order } = sceneOf();
    for (let i = 0; i < 3; i++) write(4);
    expect(order().slice(0, 6)).toEqual([3, 7, 11, 3, 7, 11]);
  });

  test('of odd ones, the stream with the lowest ID sends all it has before the next', () => {
    const { write, order, connection } = sceneOf();
    const late = connection.openStream({ unidirectional: true, priority: 5 })!;
    for (let i = 0; i < 2; i++) write(5, DATA.subarray(0, 5000));
    late.write(DATA.subarray(0, 4000));
    const seen = order();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(firsts(seen)).toEqual([3, 7, 11]);
  });

  test('a stream that was silent for long comes before those that spoke since', () => {
    const { write, order, acknowledge } = sceneOf();
    const quiet = write(8, DATA.subarray(0, 100));
    for (let i = 0; i < 4; i++) write(8);
    order();
    quiet.write(DATA.subarray(0, 100));
    acknowledge();
    expect(order()[0]).toBe(quiet.id);
  });

  test.each([
    ['one that has nothing', {}, (stream: QuicStream): void => void stream.id],
    [
      'one that its own limit holds back',
      { initialMaxStreamDataBidiLocal: 0 },
      (stream: QuicStream): void => void stream.write(DATA),
    ],
    [
      'one that was reset',
      {},
      (stream: QuicStream): void => {
        stream.write(DATA);
        stream.reset(1);
      },
    ],
    [
      'one whose source rests',
      {},
      (stream: QuicStream): void => stream.setSource(() => ({ bytes: 0, fin: false })),
    ],
  ])('the most urgent stream leaves room to others: %s', (_what, limits, use) => {
    const { client, connection, write, order } = sceneOf({}, limits);
    client.send(APP, streamFrame(0, 0, new Uint8Array(1)));
    const urgent = connection.stream(0)!;
    urgent.setPriority(0);
    use(urgent);
    write(255, DATA.subarray(0, 2000));
    expect(firsts(order())).toEqual([3]);
  });

  test('the limit of the connection goes to the most urgent', () => {
    const { client, write, order } = sceneOf({}, { initialMaxData: 1000 });
    write(9, DATA.subarray(0, 600));
    write(7, DATA.subarray(0, 700));
    expect(order()).toEqual([7, 3]);
    client.send(APP, frame(FrameType.MaxData, [1200]));
    write(1, DATA.subarray(0, 100));
    expect(order()).toEqual([3]);
    client.send(APP, frame(FrameType.MaxData, [1350]));
    expect(order()).toEqual([11, 3]);
  });
});

describe('defaults', () => {
  test('let streams take turns', () => {
    const { write, order, connection } = sceneOf();
    expect(connection.openStream()!.priority).toBe(8);
    for (let i = 0; i < 3; i++) write();
    expect(order().slice(0, 6)).toEqual([3, 7, 11, 3, 7, 11]);
  });

  test('are an option, for the streams of the peer as well: 9 is that of picoquic, and of HTTP', () => {
    const { write, order, client, connection } = sceneOf({ defaultStreamPriority: 9 });
    client.send(APP, streamFrame(0, 0, new Uint8Array(1)));
    expect(connection.stream(0)!.priority).toBe(9);
    expect(priorityOf({})).toBe(9);
    for (let i = 0; i < 3; i++) write(undefined, DATA.subarray(0, 3000));
    const seen = order();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test.each([-1, 256, 1.5, Number.NaN])('none of %d', (defaultStreamPriority) => {
    expect(usageCode(() => createServer({ transport: { defaultStreamPriority } }))).toBe('invalid-option');
  });
});

describe('urgency and incremental', () => {
  test('every pair has a priority of its own, and they are in order', () => {
    const all = Array.from({ length: 8 }, (_, urgency) =>
      [true, false].map((incremental) => priorityOf({ urgency, incremental })),
    ).flat();
    expect(all).toEqual(Array.from({ length: 16 }, (_, i) => 2 + i));
    expect(priorityOf({ urgency: 5 })).toBe(priorityOf({ urgency: 5, incremental: false }));
    expect(priorityOf({ incremental: true })).toBe(priorityOf({ urgency: 3, incremental: true }));
  });

  test('incremental responses share, others follow one another', () => {
    const { write, order } = sceneOf();
    for (let i = 0; i < 2; i++) write({ urgency: 4, incremental: true });
    expect(order().slice(0, 4)).toEqual([3, 7, 3, 7]);
    const others = sceneOf();
    for (let i = 0; i < 2; i++) others.write({ urgency: 4 }, DATA.subarray(0, 5000));
    const seen = others.order();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test.each([
    -1,
    256,
    0.5,
    Number.NaN,
    '9',
    null,
    { urgency: 8 },
    { urgency: -1 },
    { urgency: '3' },
    { incremental: 1 },
  ])('%p is no priority', (value) => {
    const { connection } = sceneOf();
    const stream = connection.openStream({ unidirectional: true })!;
    const priority = value as StreamPriority;
    expect(usageCode(() => stream.setPriority(priority))).toBe('invalid-option');
    expect(usageCode(() => connection.openStream({ priority }))).toBe('invalid-option');
    expect(stream.priority).toBe(8);
    connection.close();
    expect(usageCode(() => stream.setPriority(priority))).toBe('invalid-option');
  });
});

describe('a change in mid-transfer', () => {
  test('counts from the next packet on, up and down', () => {
    const { write, order, acknowledge } = sceneOf();
    const [first, second] = [write(9), write(9)];
    expect(firsts(order())).toEqual([first.id]);
    second.setPriority(3);
    acknowledge();
    expect(firsts(order())).toEqual([second.id]);
    second.setPriority(255);
    expect(second.priority).toBe(255);
    acknowledge();
    expect(order()[0]).toBe(first.id);
  });

  test('also of a stream that the limit of the connection holds back', () => {
    const { client, write, order } = sceneOf({}, { initialMaxData: 100 });
    write(9, DATA.subarray(0, 500));
    const second = write(9, DATA.subarray(0, 500));
    order();
    second.setPriority(0);
    client.send(APP, frame(FrameType.MaxData, [700]));
    expect(firsts(order())).toEqual([second.id, 3]);
  });

  test('and of one that has ended, or whose connection has, changes nothing', () => {
    const { write, order, acknowledge, connection, client } = sceneOf();
    const done = write(9, DATA.subarray(0, 10));
    done.write(new Uint8Array(0), true);
    order();
    acknowledge();
    expect(done.delivered).toBe(true);
    done.setPriority(1);
    client.send(APP, streamFrame(2, 0, new Uint8Array(1)));
    connection.stream(2)!.setPriority(1);
    connection.close();
    done.setPriority(2);
    expect(done.priority).toBe(1);
  });
});

describe('what was lost', () => {
  test('goes before new data of its own priority, and after that of others that are more urgent', () => {
    covers('rfc9000-13.3-4');
    const { client, write, order, acknowledge, connection } = sceneOf();
    const lost = connection.openStream({ unidirectional: true, priority: 9 })!;
    const bulk = write(9);
    order();
    const elder = connection.openStream({ unidirectional: true, priority: 9 })!;
    expect(elder.id).toBeGreaterThan(bulk.id);
    const carrier = client.seen.filter(({ frames }) => frames.some(isStream))[2]!.number;
    // The stream with the lowest ID has new data; that of the other was lost.
    lost.write(DATA);
    const urgent = write(2, DATA.subarray(0, 100));
    acknowledge([carrier]);
    expect(firsts(order()).slice(0, 2)).toEqual([urgent.id, bulk.id]);
  });
});

describe('thousands of streams', () => {
  /** How often two streams are compared until `count` streams of one priority have sent all they have. */
  function comparisons(count: number, priority: number): number {
    let compared = 0;
    const queue = new TurnQueue();
    const memory = new SendMemory(Infinity, new SendPool(Infinity));
    const streams = Array.from({ length: count }, (_, i) => {
      const stream = new Stream(4 * i, new SendStream(4 * i, 0, memory), undefined, priority);
      Object.defineProperty(stream, 'rank', {
        get: () => (compared++, 2 * stream.priority),
        set: () => {},
      });
      stream.lastTurn = i + 1;
      return stream;
    });
    for (const stream of streams) queue.add(stream);
    for (let turn = 0; turn < count; turn++) {
      const first = queue.first!;
      first.lastTurn = count + turn + 1;
      queue.update(first);
    }
    while (queue.first !== undefined) queue.remove(queue.first);
    return compared;
  }

  test.each([8, 9])('cost each packet little more than a few do: priority %i', (priority) => {
    const few = comparisons(100, priority) / 100;
    const many = comparisons(10_000, priority) / 10_000;
    // The logarithm doubles, and nothing else grows.
    expect(many).toBeLessThan(2.5 * few);
  });

  test('the queue has them in order, whatever is added, changed and removed', () => {
    let state = 12_345;
    const draw = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    const memory = new SendMemory(Infinity, new SendPool(Infinity));
    const queue = new TurnQueue();
    const members = new Set<Stream>();
    for (let step = 0; step < 5000; step++) {
      const all = [...members];
      const some = all[draw(Math.max(1, all.length))];
      if (some === undefined || draw(3) === 0) {
        const stream = new Stream(step, new SendStream(step, 0, memory), undefined, draw(4));
        stream.lastTurn = step + 1;
        queue.add(stream);
        members.add(stream);
      } else if (draw(2) === 0) {
        queue.remove(some);
        members.delete(some);
      } else {
        some.priority = draw(4);
        some.lastTurn = 10_000 + step;
        queue.update(some);
      }
      expect(queue.count).toBe(members.size);
      for (const member of members) if (comesBefore(member, queue.first!)) throw new Error(`step ${step}`);
    }
  });

  test('all arrive, of whichever priority, with losses', () => {
    for (const seed of [1, 2, 3]) {
      const pair = createConnectedPair({
        createCrypto: (random) => createNodeProvider({ random }),
        seed,
        link: { delayUs: 5 * MS, bytesPerSecond: 2_000_000, loss: { kind: 'random', rate: 0.03 } },
        client: { transport: { maxUnidirectionalStreams: 2000 } },
      });
      const ids = Array.from({ length: 2000 }, (_, i) => {
        const feeder = pair.server.sendPattern(500 + (i % 700), { unidirectional: true });
        pair.server.connection.stream(feeder.id)!.setPriority((i * 37) % 256);
        return feeder.id;
      });
      const isDone = (): boolean => ids.every((id) => pair.client.received(id).finished);
      expect(pair.run(isDone, 60 * SECOND)).toBe(true);
      expect(ids.every((id) => pair.client.received(id).isPattern)).toBe(true);
    }
  });

  test('a stream that never ends keeps others of its odd priority waiting, and gives way when that becomes even', () => {
    const { write, order, acknowledge, connection } = sceneOf();
    const endless = connection.openStream({ unidirectional: true, priority: 9 })!;
    endless.setSource((room) => ({ bytes: room.length, fin: false }));
    const other = write(9);
    for (let round = 0; round < 5; round++) {
      expect(firsts(order())).toEqual([endless.id]);
      acknowledge();
    }
    endless.setPriority(8);
    other.setPriority(8);
    acknowledge();
    expect(firsts(order())).toContain(other.id);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  CLIENT_ADDRESS,
  createConnectedPair,
  type Pair,
  type PairOptions,
  SECOND_CLIENT_ADDRESS,
} from '@tsquic/simulator';
import type { PathScheduler, SchedulablePath } from '../src/path/path-scheduler.ts';
import { usageCode } from '@tsquic/testing';
import { multipathPair } from './support/multipath-pair.ts';

const SECOND = 1_000_000;
const MS = 1000;
const OFFERS = { transport: { maxPaths: 3, maxDatagramFrameBytes: 65_535 } };

/** Both ends have two paths, and nothing is under way. */
function twoPaths(options: Partial<PairOptions> = {}): Pair {
  const pair = multipathPair({ client: OFFERS, server: OFFERS, ...options });
  pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });
  pair.run(() => pair.server.has('path-state') && pair.client.has('path-state'), 5 * SECOND);
  pair.pass(200 * MS);
  return pair;
}

/** Bytes that the other end has acknowledged on each path. */
const deliveredOn = ({ client }: Pair): [number, number] => {
  const bytes: [number, number] = [0, 0];
  for (const { pathId, bytesDelivered } of client.connection.pathStatistics())
    bytes[pathId as 0 | 1] = bytesDelivered;
  return bytes;
};
/** What a transfer has added to these. */
function carriedBy(pair: Pair, act: () => void): [number, number] {
  const before = deliveredOn(pair);
  act();
  pair.pass(200 * MS);
  const after = deliveredOn(pair);
  return [after[0] - before[0], after[1] - before[1]];
}
function transfer(pair: Pair, bytes: number, path?: number | 'all', limitUs = 30 * SECOND): number {
  const { nowUs } = pair.world;
  const feeder = pair.client.sendPattern(bytes, { unidirectional: true });
  if (path !== undefined) expect(feeder.stream.setPath(path)).toBe(true);
  if (!pair.run(() => pair.server.received(feeder.stream.id).finished, limitUs)) return Infinity;
  return pair.world.nowUs - nowUs;
}
const dead = (fromUs: number, untilUs = Infinity) => ({ blackholes: [{ fromUs, untilUs }] });

describe('a scheduler of the program: draft-ietf-quic-multipath §5.5', () => {
  class Preferring implements PathScheduler {
    readonly name = 'preferring';
    calls = 0;
    private readonly act: (paths: SchedulablePath[]) => number;
    constructor(act: (paths: SchedulablePath[]) => number) {
      this.act = act;
    }
    order(paths: SchedulablePath[]): number {
      this.calls++;
      return this.act(paths);
    }
  }
  const scheduled = (act: (paths: SchedulablePath[]) => number): Pair =>
    twoPaths({ client: { ...OFFERS, pathScheduler: () => new Preferring(act) } });

  test('decides which path carries data, also against the wish of the ends', () => {
    const pair = scheduled((paths) => {
      paths.sort((a, b) => b.id - a.id);
      return 1;
    });
    pair.client.connection.setPathStatus(1, 'backup');
    const [first, second] = carriedBy(pair, () => expect(transfer(pair, 1_000_000)).toBeLessThan(2 * SECOND));
    expect(second).toBeGreaterThan(1_000_000);
    expect(first).toBeLessThan(10_000);
  });

  test('sees what is known of each path', () => {
    const seen: SchedulablePath[] = [];
    const pair = scheduled((paths) => {
      if (seen.length === 0) seen.push(...paths.map((path) => ({ ...viewOf(path) })));
      return paths.length;
    });
    transfer(pair, 10_000);
    expect(seen.map(({ id }) => id).sort((a, b) => a - b)).toEqual([0, 1]);
    const first = seen.find(({ id }) => id === 0)!;
    expect(first).toMatchObject({
      isBackup: false,
      isSilent: false,
      local: CLIENT_ADDRESS,
    });
    expect(first.smoothedRttUs).toBeGreaterThan(19 * MS);
    expect(first.minRttUs).toBeGreaterThan(19 * MS);
    expect(first.congestionWindowBytes).toBeGreaterThan(10_000);
    expect(first.mtuBytes).toBeGreaterThanOrEqual(1200);
  });

  test.each<[string, (paths: SchedulablePath[]) => number]>([
    ['asks for none', () => 0],
    ['asks for nonsense', () => NaN],
    ['asks for more than there are', () => 1000],
    ['names one twice', (paths) => ((paths[1] = paths[0]!), 2)],
    ['forgets all', (paths) => ((paths.length = 0), 0)],
    ['invents one', (paths) => (paths.unshift({ ...viewOf(paths[0]!), id: 9 }), paths.length)],
    ['leaves holes', (paths) => ((paths[0] = undefined as never), 2)],
  ])('that %s loses no path', (_name, act) => {
    const pair = scheduled(act);
    expect(transfer(pair, 200_000)).toBeLessThan(SECOND);
    expect(pair.client.connection.pathStatistics()).toHaveLength(2);
    expect(pair.client.connection.abandonPath(0)).toBe(true);
    expect(transfer(pair, 200_000)).toBeLessThan(SECOND);
  });

  test('that throws ends its connection, and nothing else', () => {
    const pair = scheduled(() => {
      throw new Error('a fault of the program');
    });
    expect(pair.run(() => pair.client.has('closed') && pair.server.has('closed'), 60 * SECOND)).toBe(true);
    expect(pair.client.eventsOf('closed')[0]!.reason).toMatchObject({ kind: 'transport', code: 1 });
  });
});

function viewOf(path: SchedulablePath): SchedulablePath {
  const { id, local, remote, isBackup, isSilent, smoothedRttUs, minRttUs } = path;
  const { congestionWindowBytes, bytesInFlight, mtuBytes } = path;
  return {
    id,
    local,
    remote,
    isBackup,
    isSilent,
    smoothedRttUs,
    minRttUs,
    congestionWindowBytes,
    bytesInFlight,
    mtuBytes,
  };
}

describe('a stream that is bound to a path: draft-ietf-quic-multipath §5.5', () => {
  test.each([0, 1])('leaves on path %d', (pathId) => {
    const pair = twoPaths();
    const carried = carriedBy(pair, () =>
      expect(transfer(pair, 1_000_000, pathId)).toBeLessThan(1.2 * SECOND),
    );
    expect(carried[pathId]).toBeGreaterThan(1_000_000);
    expect(carried[1 - pathId]).toBeLessThan(10_000);
  });

  test('does not hold up others, which take the other path', () => {
    const pair = twoPaths();
    const bound = pair.client.sendPattern(1_000_000, { unidirectional: true });
    expect(bound.stream.setPath(1)).toBe(true);
    const free = pair.client.sendPattern(1_000_000, { unidirectional: true });
    const both = (): boolean => [bound, free].every(({ stream }) => pair.server.received(stream.id).finished);
    const carried = carriedBy(pair, () => expect(pair.run(both, 1.3 * SECOND)).toBe(true));
    expect(Math.min(...carried)).toBeGreaterThan(900_000);
  });

  test('may be a backup, which carries nothing else', () => {
    const pair = twoPaths();
    expect(pair.client.connection.setPathStatus(1, 'backup')).toBe(true);
    pair.pass(100 * MS);
    const bound = pair.client.sendPattern(500_000, { unidirectional: true });
    expect(bound.stream.setPath(1)).toBe(true);
    const carried = carriedBy(pair, () => {
      expect(transfer(pair, 1_000_000)).toBeLessThan(1.2 * SECOND);
      expect(pair.run(() => pair.server.received(bound.stream.id).finished, SECOND)).toBe(true);
    });
    expect(carried[1]).toBeGreaterThan(500_000);
    expect(carried[1]).toBeLessThan(600_000);
  });

  test('keeps to it when packets are lost', () => {
    const pair = twoPaths({ secondPath: { up: { loss: { kind: 'random', rate: 0.02 } } } });
    const carried = carriedBy(pair, () => expect(transfer(pair, 1_000_000, 1)).toBeLessThan(10 * SECOND));
    expect(carried[0]).toBeLessThan(20_000);
  });

  test('leaves on the other where its path is silent, and again on its own afterwards', () => {
    const from = 2 * SECOND;
    const gap = dead(from, from + SECOND);
    const pair = twoPaths({ secondPath: { up: gap, down: gap } });
    pair.run(() => false, from - 100 * MS - pair.world.nowUs);
    const carried = carriedBy(pair, () => expect(transfer(pair, 4_000_000, 1)).toBeLessThan(5 * SECOND));
    expect(carried[0]).toBeGreaterThan(500_000);
    expect(carried[1]).toBeGreaterThan(1_000_000);
  });

  test.each(['before it has data', 'in the middle'])(
    'leaves on the other where its path is abandoned, %s',
    (when) => {
      const pair = twoPaths();
      const bound = pair.client.sendPattern(1_000_000, { unidirectional: true });
      expect(bound.stream.setPath(1)).toBe(true);
      if (when !== 'before it has data') pair.pass(300 * MS);
      expect(pair.client.connection.abandonPath(1)).toBe(true);
      expect(pair.run(() => pair.server.received(bound.stream.id).finished, 2 * SECOND)).toBe(true);
    },
  );

  test('may be freed, and bound to another path, in the middle', () => {
    const pair = twoPaths();
    const { stream } = pair.client.sendPattern(3_000_000, { unidirectional: true });
    const paths = [1, 0, undefined, 'all', 1, undefined] as const;
    for (const path of paths) {
      expect(stream.setPath(path)).toBe(true);
      pair.pass(100 * MS);
    }
    expect(pair.run(() => pair.server.received(stream.id).finished, 5 * SECOND)).toBe(true);
  });

  test('that flow control holds back goes on when there is credit', () => {
    const server = {
      transport: { ...OFFERS.transport, streamWindowBytes: 4096, maxStreamWindowBytes: 8192 },
    };
    const pair = twoPaths({ server });
    expect(transfer(pair, 100_000, 1)).toBeLessThan(5 * SECOND);
  });

  test('needs a path that is in use', () => {
    const pair = twoPaths();
    const { stream } = pair.client.sendPattern(10, { unidirectional: true });
    expect([stream.setPath(2), stream.setPath(17)]).toEqual([false, false]);
    for (const path of [-1, 1.5, '1', null])
      expect(usageCode(() => stream.setPath(path as never))).toBe('invalid-option');
    pair.client.connection.abandonPath(1);
    expect(stream.setPath(1)).toBe(false);
    pair.client.connection.close();
    expect(stream.setPath(0)).toBe(false);
    const single = createConnectedPair({ createCrypto: (random) => createNodeProvider({ random }) });
    const alone = single.client.sendPattern(10, { unidirectional: true }).stream;
    expect([alone.setPath(0), alone.setPath('all'), alone.setPath(undefined)]).toEqual([false, false, true]);
  });
});

describe('a stream that leaves on every path: draft-ietf-quic-multipath §5.5', () => {
  test.each([0, 1])('waits for nothing when path %d falls silent', (pathId) => {
    const links = { up: dead(SECOND), down: dead(SECOND) };
    const pair = twoPaths(pathId === 0 ? links : { secondPath: links });
    pair.run(() => false, SECOND - pair.world.nowUs);
    // Ten packets: one way and a half take 15 ms, and a probe timeout 45 or more.
    expect(transfer(pair, 10_000, 'all', 40 * MS)).toBeLessThan(30 * MS);
  });

  test('costs its bytes on each, and others do not', () => {
    const pair = twoPaths();
    const all = carriedBy(pair, () => void transfer(pair, 300_000, 'all'));
    expect(Math.min(...all)).toBeGreaterThan(280_000);
    expect(Math.max(...all)).toBeLessThan(340_000);
    const [first, second] = carriedBy(pair, () => void transfer(pair, 300_000));
    expect(first + second).toBeLessThan(340_000);
  });

  test('so all do by option', () => {
    const transport = { ...OFFERS.transport, redundantPaths: true };
    const pair = twoPaths({ client: { transport } });
    const carried = carriedBy(pair, () => expect(transfer(pair, 300_000)).toBeLessThan(2 * SECOND));
    expect(Math.min(...carried)).toBeGreaterThan(200_000);
  });

  test('survives that one is much slower than the other', () => {
    const pair = twoPaths({ secondPath: { up: { bytesPerSecond: 30_000, delayUs: 200 * MS } } });
    expect(transfer(pair, 2_000_000, 'all')).toBeLessThan(3 * SECOND);
  });

  test('may be reset', () => {
    const pair = twoPaths();
    const { stream } = pair.client.sendPattern(1_000_000, { unidirectional: true });
    stream.setPath('all');
    pair.pass(50 * MS);
    stream.reset(3);
    pair.pass(SECOND);
    expect(pair.server.eventsOf('stream-reset').map(({ code }) => code)).toEqual([3]);
    expect(transfer(pair, 100_000)).toBeLessThan(SECOND);
  });
});

describe('datagrams on a path: draft-ietf-quic-multipath §5.5', () => {
  const taken = ({ server }: Pair): number[] => {
    const all: number[] = [];
    for (
      let data = server.connection.datagrams.receive();
      data !== undefined;
      data = server.connection.datagrams.receive()
    )
      all.push(data[0]!);
    return all;
  };
  const send = ({ client }: Pair, count: number, path: number | 'all' | undefined): boolean[] =>
    Array.from({ length: count }, (_, i) =>
      client.connection.datagrams.send(new Uint8Array(1000).fill(i), { path, tag: i }),
    );

  test.each([0, 1])('leave on path %d', (pathId) => {
    const pair = twoPaths();
    const carried = carriedBy(pair, () => {
      expect(send(pair, 40, pathId)).toEqual(Array.from({ length: 40 }, () => true));
      pair.pass(SECOND);
    });
    expect(taken(pair)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(carried[pathId]).toBeGreaterThan(40_000);
    expect(carried[1 - pathId]).toBeLessThan(2000);
    expect(pair.client.connection.datagrams.statistics()).toMatchObject({ sent: 40, waitingOutgoing: 0 });
  });

  test('leave on all, and come as often', () => {
    const pair = twoPaths();
    const carried = carriedBy(pair, () => void send(pair, 10, 'all'));
    expect(taken(pair).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)),
    );
    expect(Math.min(...carried)).toBeGreaterThan(10_000);
    const outcomes = pair.client.eventsOf('datagram-outcome').map(({ tag, outcome }) => `${tag} ${outcome}`);
    expect(outcomes.slice().sort().slice(0, 2)).toEqual(['0 acknowledged', '0 acknowledged']);
  });

  test('leave on the other where theirs is abandoned, except copies', () => {
    const pair = twoPaths();
    send(pair, 5, 1);
    send(pair, 5, 'all');
    expect(pair.client.connection.abandonPath(1)).toBe(true);
    pair.pass(SECOND);
    expect(taken(pair)).toHaveLength(10);
    expect(pair.client.connection.datagrams.statistics()).toMatchObject({ droppedOutgoing: 5 });
  });

  test('expire, and are told to have', () => {
    const pair = twoPaths();
    const expiresUs = pair.world.nowUs - 1;
    pair.client.connection.datagrams.send(new Uint8Array(10), { path: 1, tag: 3, expiresUs });
    pair.pass(100 * MS);
    expect(pair.client.eventsOf('datagram-outcome').map(({ outcome }) => outcome)).toEqual(['expired']);
  });

  test('need a path that is in use', () => {
    const pair = twoPaths();
    expect(send(pair, 1, 2)).toEqual([false]);
    for (const path of [-1, 1.5, '1', null])
      expect(usageCode(() => send(pair, 1, path as never))).toBe('invalid-option');
    const single = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      server: { transport: { maxDatagramFrameBytes: 65_535 } },
    });
    expect([send(single, 1, 0), send(single, 1, 'all'), send(single, 1, undefined)]).toEqual([
      [false],
      [false],
      [true],
    ]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { CLIENT_ADDRESS, type Pair, type PairOptions, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';
import { coreOf } from './support/contexts.ts';
import { LINK, multipathPair } from './support/multipath-pair.ts';

const SECOND = 1_000_000;
const MS = 1000;
const OFFERS = { transport: { maxPaths: 2 } };
const statesOf = (pair: Pair, side: 'client' | 'server'): string[] =>
  pair[side].eventsOf('path-state').map(({ pathId, state }) => `${pathId} ${state}`);

const ENDS = [['client'], ['server']] as const;

/** The client opens path 1 and gives path 0 up in the very turn in which path 1 is available to it. */
function handOver(pair: Pair): void {
  const { context, connection } = pair.client;
  const nextEvent = context.nextEvent.bind(context);
  let hasLeft = false;
  context.nextEvent = () => {
    const event = nextEvent();
    if (!hasLeft && event?.type === 'path-state' && event.state === 'available') {
      hasLeft = true;
      expect(connection.abandonPath(0)).toBe(true);
    }
    return event;
  };
  expect(connection.openPath({ from: SECOND_CLIENT_ADDRESS })).toBe(1);
}

/** Bytes still pass, on path 1 alone. */
function expectHandedOver(pair: Pair): void {
  const feeder = pair.client.sendPattern(100_000, { unidirectional: true });
  expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 10 * SECOND)).toBe(true);
  pair.pass(5 * SECOND);
  for (const [side] of ENDS) {
    expect(pair[side].has('closed')).toBe(false);
    expect(statesOf(pair, side).slice().sort()).toEqual(['0 abandoned', '1 available']);
    expect(pair[side].connection.pathStatistics().map(({ pathId }) => pathId)).toEqual([1]);
  }
}

describe('a client that leaves its first path for the second: draft-ietf-quic-multipath §3.4', () => {
  test('as soon as the second is available to it', () => {
    const pair = multipathPair();
    handOver(pair);
    expectHandedOver(pair);
  });

  test.each([20, 50, 100, 300])('while the server has not heard of it for %d ms', (silentMs) => {
    const { nowUs } = multipathPair().world;
    const span = { fromUs: nowUs + 15 * MS, untilUs: nowUs + silentMs * MS };
    const pair = multipathPair({ secondPath: { up: { blackholes: [span] } } });
    const { connection } = pair.client;
    expect(connection.openPath({ from: SECOND_CLIENT_ADDRESS })).toBe(1);
    pair.run(() => pair.client.has('path-state'), SECOND);
    expect(pair.server.has('path-state')).toBe(false);
    pair.pass(100 * MS);
    expect(connection.abandonPath(0)).toBe(true);
    expectHandedOver(pair);
  });

  test('ends the connection where the second path fails as well', () => {
    const { nowUs } = multipathPair().world;
    const from = nowUs + 45 * MS;
    const gone = { blackholes: [{ fromUs: from, untilUs: Infinity }] };
    const heard = { blackholes: [{ fromUs: nowUs + 15 * MS, untilUs: from }] };
    const pair = multipathPair({ secondPath: { up: heard, down: gone } });
    pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });
    pair.run(() => pair.client.has('path-state'), SECOND);
    expect(pair.server.has('path-state')).toBe(false);
    pair.run(() => false, from + MS - pair.world.nowUs);
    expect(pair.client.connection.abandonPath(0)).toBe(true);
    expect(pair.run(() => pair.server.has('closed'), 30 * SECOND)).toBe(true);
    expect(statesOf(pair, 'server')).toContain('0 abandoned');
  });
});

describe('a limit of paths that is lower at the peer: draft-ietf-quic-multipath §4', () => {
  test('holds for the calls of a program', () => {
    const pair = multipathPair({ client: { transport: { maxPaths: 4 } } });
    const { connection } = pair.client;
    expect(connection.setPathStatus(2, 'backup')).toBe(false);
    expect(connection.setPathStatus(3, 'backup')).toBe(false);
    expect(connection.abandonPath(3)).toBe(false);
    expect(connection.setPathStatus(1, 'backup')).toBe(true);
    expect(connection.abandonPath(1)).toBe(true);
    pair.pass(SECOND);
    for (const [side] of ENDS) expect(pair[side].has('closed')).toBe(false);
  });
});

/** Both ends have two paths, and nothing is under way. */
function twoPaths(options: Partial<PairOptions> = {}): Pair {
  const pair = multipathPair(options);
  pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });
  pair.run(() => pair.server.has('path-state') && pair.client.has('path-state'), 5 * SECOND);
  pair.pass(200 * MS);
  return pair;
}

/** The client's host reports that it cannot send on a path. */
function refuse({ client, world }: Pair, pathId: number): void {
  const { local, remote } = client.connection.pathStatistics().find((path) => path.pathId === pathId)!;
  client.context.notifyUnreachable(remote, world.nowUs, local);
}

describe('a host that cannot send on a path: draft-ietf-quic-multipath §3.4', () => {
  test.each([0, 1])('once, or several times at once: path %d is used again', (pathId) => {
    const pair = twoPaths();
    for (let i = 0; i < 10; i++) refuse(pair, pathId);
    pair.pass(SECOND);
    for (const [side] of ENDS) expect(statesOf(pair, side)).toEqual(['1 available']);
    const before = deliveredOn(pair, pathId);
    const feeder = pair.client.sendPattern(2_000_000, { unidirectional: true });
    expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 10 * SECOND)).toBe(true);
    expect(deliveredOn(pair, pathId) - before).toBeGreaterThan(500_000);
  });

  test('again and again: the path is abandoned', () => {
    const gone = { unreachable: [{ fromUs: SECOND, untilUs: Infinity }] };
    const pair = twoPaths({ secondPath: { up: gone } });
    pair.pass(SECOND);
    const feeder = pair.client.sendPattern(2_000_000, { unidirectional: true });
    expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 3 * SECOND)).toBe(true);
    pair.pass(10 * SECOND);
    expect(statesOf(pair, 'client')).toEqual(['1 available', '1 suspended', '1 abandoned']);
  });

  test('once, while the other path does not answer: it stays', () => {
    const from = SECOND;
    const gone = { blackholes: [{ fromUs: from, untilUs: Infinity }] };
    const pair = twoPaths({ secondPath: { up: gone, down: gone } });
    pair.run(() => false, from - pair.world.nowUs);
    const feeder = pair.client.sendPattern(2_000_000, { unidirectional: true });
    const { probeTimeouts } = pair.client.connection.statistics();
    const isSilent = (): boolean => pair.client.connection.statistics().probeTimeouts > probeTimeouts;
    expect(pair.run(isSilent, SECOND)).toBe(true);
    for (let i = 0; i < 20; i++) {
      refuse(pair, 0);
      pair.pass(30 * MS);
    }
    expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 10 * SECOND)).toBe(true);
    expect(statesOf(pair, 'client')).not.toContain('0 suspended');
    expect(statesOf(pair, 'client')).not.toContain('0 abandoned');
  });
});

const deliveredOn = (pair: Pair, pathId: number): number =>
  pair.client.connection.pathStatistics().find((path) => path.pathId === pathId)!.bytesDelivered;

test('a client cannot move path 0 once it is abandoned: draft-ietf-quic-multipath §3.4', () => {
  const pair = twoPaths();
  const { connection } = pair.client;
  const third = { from: { ip: SECOND_CLIENT_ADDRESS.ip, port: 7777 } };
  expect(connection.abandonPath(0)).toBe(true);
  for (const _turn of ['at once', 'when it is forgotten']) {
    expect([connection.migrate(third), connection.probe(third)]).toEqual([false, false]);
    pair.pass(5 * SECOND);
  }
});

test('both ends close at once, with packets to acknowledge: none answers the other. RFC 9000 §10.2.2, draft-ietf-quic-multipath §2.3', () => {
  const sent = (isMultipath: boolean): number[] => {
    const offers = isMultipath ? OFFERS : {};
    const pair = multipathPair({ client: offers, server: offers });
    pair.pass(300 * MS);
    for (const [side] of ENDS) pair[side].sendPattern(100, { unidirectional: true });
    pair.pass(11 * MS);
    for (const [side] of ENDS) pair[side].connection.close();
    pair.pass(10);
    const before = ENDS.map(([side]) => pair[side].connection.statistics().bytesSent);
    pair.pass(2 * SECOND);
    return ENDS.map(([side], index) => pair[side].connection.statistics().bytesSent - before[index]!);
  };
  expect(sent(true)).toEqual([0, 0]);
  expect(sent(false)).toEqual([0, 0]);
});

test.each([0, 1])(
  'a connection closes just after path %d has died: the peer hears it: draft-ietf-quic-multipath §2.6',
  (pathId) => {
    const gone = { blackholes: [{ fromUs: SECOND, untilUs: Infinity }] };
    const links = { up: gone, down: gone };
    const pair = twoPaths(pathId === 0 ? links : { secondPath: links });
    pair.run(() => false, SECOND + MS - pair.world.nowUs);
    pair.client.connection.close(7, 'done');
    pair.pass(SECOND);
    const [closed] = pair.server.eventsOf('closed');
    expect(closed?.reason).toMatchObject({ kind: 'application', code: 7, remote: true });
  },
);

test('probe timeouts of path 1 do not rely on requests that leave on path 0: draft-ietf-quic-ack-frequency §7', () => {
  const offers = { transport: { maxPaths: 2, ackFrequency: true } };
  const pair = twoPaths({ client: offers, server: offers });
  const feeder = pair.client.sendPattern(8_000_000, { unidirectional: true });
  expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 20 * SECOND)).toBe(true);
  const { ackFrequency, recovery, multipath } = coreOf(pair.client.context).parts;
  expect(ackFrequency!.sent).toBeGreaterThan(0);
  expect(recovery.maxAckDelayUs).toBeLessThan(25 * MS);
  expect(multipath!.partsOf(1).recovery.maxAckDelayUs).toBe(25 * MS);
});

test('what was in flight on path 0 holds no memory once it is abandoned: draft-ietf-quic-multipath §3.4', () => {
  const pair = twoPaths();
  const { paths, streams } = coreOf(pair.client.context).parts;
  Object.defineProperty(paths.active.windowUse, 'recentBytes', { value: 100_000_000 });
  pair.client.sendPattern(1000, { unidirectional: true });
  pair.pass(SECOND);
  expect(streams.sending.memory.streamBytes).toBeGreaterThan(100_000_000);
  expect(pair.client.connection.abandonPath(0)).toBe(true);
  pair.pass(SECOND);
  expect(streams.sending.memory.streamBytes).toBeLessThan(100_000_000);
});

describe('a client that moves one of its paths: draft-ietf-quic-multipath §3.1.3', () => {
  const elsewhere = { ip: SECOND_CLIENT_ADDRESS.ip, port: 7777 };
  const localsOf = (pair: Pair): string[] =>
    pair.client.connection
      .pathStatistics()
      .filter(({ active }) => active)
      .map(({ pathId, local }) => `${pathId} ${local.ip}:${local.port}`)
      .sort();
  /** Path 1 is the faster one, so that data goes out there first. */
  const fastSecond = (): Pair => {
    const pair = twoPaths({
      link: { ...LINK, delayUs: 40 * MS },
      secondPath: { up: LINK, down: LINK },
      clientHost: { addresses: [CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS, elsewhere], keepsBytes: false },
    });
    pair.client.sendPattern(500_000, { unidirectional: true });
    pair.pass(SECOND);
    expect(pair.client.connection.pathStatistics()[0]!.pathId).toBe(1);
    return pair;
  };

  test('by default path 0, from and to its own addresses', () => {
    const pair = fastSecond();
    const before = localsOf(pair);
    expect(before).toHaveLength(2);
    expect(pair.client.connection.migrate({})).toBe(true);
    expect(pair.client.connection.probe({})).toBe(true);
    pair.pass(SECOND);
    expect(localsOf(pair)).toEqual(before);
  });

  test('or the one that it names', () => {
    const pair = fastSecond();
    const [first] = localsOf(pair);
    expect(pair.client.connection.migrate({ pathId: 1, from: elsewhere })).toBe(true);
    pair.pass(SECOND);
    expect(localsOf(pair)).toEqual([first, `1 ${elsewhere.ip}:${elsewhere.port}`]);
    const feeder = pair.client.sendPattern(500_000, { unidirectional: true });
    expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 5 * SECOND)).toBe(true);
  });

  test('and none that is not in use', () => {
    const pair = fastSecond();
    expect(pair.client.connection.migrate({ pathId: 2, from: elsewhere })).toBe(false);
    expect(pair.client.connection.probe({ pathId: 7, from: elsewhere })).toBe(false);
    expect(() => pair.client.connection.probe({ pathId: -1 })).toThrow('path ID');
    const single = multipathPair({ client: {} });
    expect(single.client.connection.migrate({ pathId: 1, from: elsewhere })).toBe(false);
    expect(() => single.client.connection.migrate({ pathId: 0.5 })).toThrow('path ID');
  });
});

describe('the quality of paths', () => {
  const told = (pair: Pair): string[] =>
    pair.client.eventsOf('path-quality').map(({ pathId }) => `${pathId}`);

  test('is told once for each, and again when a round trip has changed', () => {
    const pair = twoPaths({
      secondPath: { up: { ...LINK, delayUs: 30 * MS }, down: LINK },
    });
    pair.client.connection.watchPaths({ rttUs: 15 * MS });
    pair.pass(10 * MS);
    expect(told(pair).slice().sort()).toEqual(['0', '1']);
    const before = pair.client.eventsOf('path-quality').find(({ pathId }) => pathId === 1)!;
    expect(before.smoothedRttUs).toBeGreaterThan(39 * MS);
    expect(before.bytesPerSecond).toBeGreaterThan(10_000);
    pair.pass(SECOND);
    expect(told(pair)).toHaveLength(2);
    // The queue of the link makes round trips longer.
    pair.client.sendPattern(3_000_000, { unidirectional: true });
    pair.pass(3 * SECOND);
    const later = pair.client.eventsOf('path-quality').filter(({ pathId }) => pathId === 1);
    expect(later.length).toBeGreaterThan(1);
    expect(Math.abs(later[1]!.smoothedRttUs - before.smoothedRttUs)).toBeGreaterThanOrEqual(15 * MS);
    expect(pair.server.has('path-quality')).toBe(false);
  });

  test('is told by the rate, until that is not wanted any more; also of a connection with one path', () => {
    const pair = multipathPair({ client: {}, server: {} });
    pair.client.connection.watchPaths({ bytesPerSecond: 100_000 });
    pair.client.sendPattern(1_000_000, { unidirectional: true });
    pair.pass(SECOND);
    const { length } = told(pair);
    expect(length).toBeGreaterThan(2);
    pair.client.connection.watchPaths(undefined);
    pair.client.sendPattern(1_000_000, { unidirectional: true });
    pair.pass(3 * SECOND);
    expect(told(pair)).toHaveLength(length);
    for (const rttUs of [0, -1, NaN])
      expect(() => pair.client.connection.watchPaths({ rttUs })).toThrow('positive');
    pair.client.connection.close();
    pair.client.connection.watchPaths({ rttUs: 1 });
  });
});

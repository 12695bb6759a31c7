import { describe, expect, test } from '@jest/globals';
import type { QuicContextOptions } from '../src/config/config.ts';
import { decodeFrames } from '../src/trace/frames.ts';
import { type Pair, type PairOptions, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';
import { LINK, multipathPair } from './support/multipath-pair.ts';

const SECOND = 1_000_000;
const MS = 1000;
const OFFERS = { transport: { maxPaths: 2 } };

/** Send bytes from the client to the server; returns how long that takes. */
function transferUs(pair: Pair, bytes: number, limitUs = 60 * SECOND): number {
  const { nowUs } = pair.world;
  const feeder = pair.client.sendPattern(bytes, { unidirectional: true });
  const collector = pair.server.received(feeder.stream.id);
  if (!pair.run(() => collector.finished, limitUs)) return Infinity;
  return pair.world.nowUs - nowUs;
}

const openSecond = (pair: Pair): number | undefined =>
  pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });

describe('a second path', () => {
  test('is validated and carries data besides the first', () => {
    const pair = multipathPair();
    expect(openSecond(pair)).toBe(1);
    pair.pass(SECOND / 5);
    expect(pair.client.eventsOf('path-state').map(({ pathId, state }) => [pathId, state])).toEqual([
      [1, 'available'],
    ]);
    expect(pair.server.eventsOf('path-state').map(({ pathId, state }) => [pathId, state])).toEqual([
      [1, 'available'],
    ]);
    const both = transferUs(pair, 4_000_000);
    const one = transferUs(multipathPair(), 4_000_000);
    expect(both).toBeLessThan(one / 1.7);
  });

  test('needs the option of both ends', () => {
    for (const options of [{ server: {} }, { client: {} }]) {
      const pair = multipathPair(options);
      expect(openSecond(pair)).toBeUndefined();
      expect(transferUs(pair, 100_000)).toBeLessThan(SECOND);
    }
  });
});

/** A pair with two paths that carry data. */
function twoPaths(options: Partial<PairOptions> = {}): Pair {
  const pair = multipathPair(options);
  expect(openSecond(pair)).toBe(1);
  expect(pair.run(() => pair.server.has('path-state') && pair.client.has('path-state'), 5 * SECOND)).toBe(
    true,
  );
  return pair;
}

const statesOf = (pair: Pair, side: 'client' | 'server' = 'client'): string[] =>
  pair[side].eventsOf('path-state').map(({ pathId, state }) => `${pathId} ${state}`);

/** Nothing passes from then on. */
const dead = (fromUs: number, untilUs = Infinity) => ({ blackholes: [{ fromUs, untilUs }] });

describe('a path that dies', () => {
  const FROM = SECOND;

  test.each([
    ['first', { up: dead(FROM), down: dead(FROM) }],
    ['second', { secondPath: { up: dead(FROM), down: dead(FROM) } }],
  ])('the %s: what it held goes out on the other', (name, links) => {
    const pair = twoPaths(links);
    const feeder = pair.client.sendPattern(4_000_000, { unidirectional: true });
    const collector = pair.server.received(feeder.stream.id);
    pair.run(() => false, FROM - pair.world.nowUs);
    const { length } = collector;
    expect(length).toBeLessThan(3_000_000);
    // The rest takes as long as on one path, and two probe timeouts besides.
    const restUs = ((4_000_000 - length) / LINK.bytesPerSecond) * 1.1 * SECOND;
    const [path] = pair.client.connection.pathStatistics();
    const ptoUs = path!.smoothedRttUs + 4 * path!.rttVarianceUs + 25 * MS;
    expect(pair.run(() => collector.finished, restUs + 2 * ptoUs)).toBe(true);
    // It is told to the program, and in the end the path is given up: draft-ietf-quic-multipath §3.4.
    pair.pass(20 * SECOND);
    const lost = name === 'first' ? 0 : 1;
    const told = ['1 available', `${lost} suspended`, `${lost} abandoned`];
    expect(statesOf(pair)).toEqual(told);
    // The server may have heard that the path is silent before it noticed that itself. §3.3
    expect(statesOf(pair, 'server').filter((state) => state !== `${lost} suspended`)).toEqual([
      '1 available',
      `${lost} abandoned`,
    ]);
  });

  test('both: the connection ends by its idle timeout', () => {
    const pair = twoPaths({
      up: dead(FROM),
      down: dead(FROM),
      secondPath: { up: dead(FROM), down: dead(FROM) },
    });
    pair.client.sendPattern(4_000_000, { unidirectional: true });
    expect(pair.run(() => pair.client.has('closed') && pair.server.has('closed'), 60 * SECOND)).toBe(true);
    expect(pair.client.connection.closeReason).toEqual({ kind: 'idle-timeout' });
  });

  test('both for a while: the transfer goes on', () => {
    const gap = dead(FROM, 3 * SECOND);
    const pair = twoPaths({ up: gap, down: gap, secondPath: { up: gap, down: gap } });
    expect(transferUs(pair, 4_000_000)).toBeLessThan(Infinity);
    expect(pair.world.nowUs).toBeLessThan(12 * SECOND);
    expect(statesOf(pair)).not.toContain('0 abandoned');
  });
});

describe('paths of different kinds', () => {
  test('a satellite and a thin terrestrial one', () => {
    const pair = twoPaths({
      link: {},
      up: { bytesPerSecond: 1_250_000 / 2, delayUs: 300 * MS },
      down: { bytesPerSecond: 6_250_000, delayUs: 300 * MS },
      secondPath: {
        up: { bytesPerSecond: 125_000, delayUs: 15 * MS },
        down: { bytesPerSecond: 125_000, delayUs: 15 * MS },
      },
    });
    // One megabyte takes more than 8 s on the thin path, and on the satellite alone all of it waits for slow start.
    expect(transferUs(pair, 1_000_000)).toBeLessThan(5 * SECOND);
    const [first, second] = pair.client.connection
      .pathStatistics()
      .slice()
      .sort((a, b) => a.pathId - b.pathId);
    expect(Math.min(first!.bytesDelivered, second!.bytesDelivered)).toBeGreaterThan(100_000);
  });
});

describe('a backup path', () => {
  test('carries no data until it is needed', () => {
    const from = 3 * SECOND;
    const pair = twoPaths({ up: dead(from), down: dead(from) });
    expect(pair.client.connection.setPathStatus(1, 'backup')).toBe(true);
    pair.pass(SECOND / 5);
    transferUs(pair, 1_000_000);
    for (const { connection } of [pair.client, pair.server])
      expect(connection.pathStatistics().map(({ pathId, backup }) => [pathId, backup])).toEqual([
        [0, false],
        [1, true],
      ]);
    expect(pair.client.connection.pathStatistics()[1]!.bytesDelivered).toBeLessThan(20_000);
    const us = transferUs(pair, 4_000_000);
    expect(us).toBeLessThan(10 * SECOND);
  });
});

describe('an abandoned path', () => {
  test('is not used, its ID is over, and another may be opened', () => {
    const pair = twoPaths();
    const feeder = pair.client.sendPattern(4_000_000, { unidirectional: true });
    pair.pass(SECOND);
    expect(pair.client.connection.abandonPath(1)).toBe(true);
    expect(pair.run(() => pair.server.received(feeder.stream.id).finished, 10 * SECOND)).toBe(true);
    pair.pass(SECOND);
    expect(statesOf(pair)).toEqual(['1 available', '1 abandoned']);
    expect(pair.client.connection.pathStatistics()).toHaveLength(1);
    expect(openSecond(pair)).toBe(2);
    pair.pass(SECOND);
    expect(statesOf(pair)).toEqual(['1 available', '1 abandoned', '2 available']);
    expect(transferUs(pair, 4_000_000)).toBeLessThan(2 * SECOND);
  });

  test('may be the first', () => {
    const pair = twoPaths();
    expect(pair.client.connection.abandonPath(0)).toBe(true);
    expect(transferUs(pair, 1_000_000)).toBeLessThan(2 * SECOND);
    pair.pass(5 * SECOND);
    expect(pair.client.connection.abandonPath(1)).toBe(false);
    expect(openSecond(pair)).toBe(2);
    expect(transferUs(pair, 4_000_000)).toBeLessThan(4 * SECOND);
    pair.client.connection.close();
    expect(pair.run(() => pair.server.has('closed'), SECOND)).toBe(true);
  });
});

describe('a server that gets no connection ID for a path', () => {
  /** PADDING takes the place of the IDs of path 1. */
  const withoutIds: NonNullable<QuicContextOptions['beforeSealing']> = (packet) => {
    const { buffer, payloadAt, payloadEnd } = packet;
    let at = payloadAt;
    for (const frame of decodeFrames(buffer, payloadAt, payloadEnd)) {
      if (frame.type === 'path_new_connection_id' && frame.pathId === 1)
        buffer.fill(0, at, at + frame.length);
      at += frame.length;
    }
    return payloadEnd;
  };

  test('acknowledges on another path, and the client gives the path up: draft-ietf-quic-multipath §3.1, §3.4.3', () => {
    const pair = multipathPair({ client: { ...OFFERS, beforeSealing: withoutIds } });
    // Nothing else is under way that could carry the acknowledgement.
    pair.pass(SECOND);
    expect(openSecond(pair)).toBe(1);
    pair.pass(100 * MS);
    const second = pair.client.connection.pathStatistics().find(({ pathId }) => pathId === 1)!;
    expect(second.validated).toBe(false);
    expect(second.bytesDelivered).toBeGreaterThan(1000);
    pair.pass(20 * SECOND);
    expect(statesOf(pair)).toEqual(['1 abandoned']);
    expect(transferUs(pair, 100_000)).toBeLessThan(SECOND);
  });
});

describe('key updates', () => {
  test('go through on both paths', () => {
    const transport = { maxPaths: 2, keyUpdatePackets: 300 };
    const pair = twoPaths({ client: { transport }, server: { transport } });
    expect(transferUs(pair, 8_000_000)).toBeLessThan(5 * SECOND);
    expect(pair.client.connection.statistics().keyUpdates).toBeGreaterThan(3);
  });

  test.each(['client', 'server'] as const)(
    'go through where a path was silent for many of them, also begun by the %s: draft-ietf-quic-multipath §2.5',
    (side) => {
      const transport = { maxPaths: 2, keyUpdatePackets: 100 };
      const pair = twoPaths({ [side]: { transport } });
      expect(pair.client.connection.setPathStatus(1, 'backup')).toBe(true);
      pair.pass(200 * MS);
      for (let i = 0; i < 3; i++) {
        const { keyUpdates } = pair.client.connection.statistics();
        expect(transferUs(pair, 2_000_000)).toBeLessThan(4 * SECOND);
        expect(pair.client.connection.statistics().keyUpdates).toBeGreaterThan(keyUpdates + 2);
        const { packetsDropped } = pair.server.connection.statistics();
        const feeder = pair.client.sendPattern(100_000, { unidirectional: true });
        expect(feeder.stream.setPath(1)).toBe(true);
        expect(pair.run(() => pair.server.received(feeder.stream.id).finished, SECOND)).toBe(true);
        expect(pair.server.connection.statistics().packetsDropped).toBe(packetsDropped);
      }
      for (const { connection } of [pair.client, pair.server]) expect(connection.closeReason).toBeUndefined();
    },
  );
});

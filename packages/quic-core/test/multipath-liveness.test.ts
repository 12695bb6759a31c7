import { describe, expect, test } from '@jest/globals';
import { CLIENT_ADDRESS, type Pair, type PairOptions, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';
import type { TransportOptions } from '../src/config/transport-options.ts';
import { decodeFrames } from '../src/trace/frames.ts';
import { multipathPair } from './support/multipath-pair.ts';

const SECOND = 1_000_000;
const MS = 1000;

/** A pair with two paths, whose idle timeout is far off. */
function quietPair(
  own: TransportOptions,
  options: Partial<PairOptions> = {},
  peers: TransportOptions = {},
): Pair {
  const transport = { maxPaths: 2, idleTimeoutMs: 600_000 };
  const pair = multipathPair({
    client: { transport: { ...transport, ...own } },
    server: { transport: { ...transport, ...peers } },
    ...options,
  });
  expect(pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS })).toBe(1);
  expect(pair.run(() => pair.server.has('path-state') && pair.client.has('path-state'), 5 * SECOND)).toBe(
    true,
  );
  pair.pass(10 * SECOND);
  return pair;
}

const statesOf = (pair: Pair, side: 'client' | 'server' = 'client'): string[] =>
  pair[side].eventsOf('path-state').map(({ pathId, state }) => `${pathId} ${state}`);

/** When datagrams leave each of the client's addresses, from now on, as whole seconds. */
function departures(pair: Pair): Record<string, number[]> {
  const times: Record<string, number[]> = { [CLIENT_ADDRESS.ip]: [], [SECOND_CLIENT_ADDRESS.ip]: [] };
  const startUs = pair.world.nowUs;
  pair.world.observe({
    onSend: (_host, { from }, nowUs) => void times[from.ip]?.push(Math.round((nowUs - startUs) / SECOND)),
  });
  return times;
}

/** From `afterUs` of the world on, nothing passes on the second path. */
const gone = (afterUs: number): Partial<PairOptions> => {
  const blackholes = [{ fromUs: afterUs, untilUs: Infinity }];
  return { secondPath: { up: { blackholes }, down: { blackholes } } };
};

describe('a path that carries nothing: draft-ietf-quic-multipath §5.9', () => {
  test('is left alone by default, whatever keeps the connection alive', () => {
    const pair = quietPair({ keepAliveMs: 5000 });
    pair.client.connection.setPathStatus(1, 'backup');
    pair.pass(SECOND);
    const times = departures(pair);
    pair.pass(60 * SECOND);
    expect(times[CLIENT_ADDRESS.ip]!.length).toBeGreaterThanOrEqual(10);
    expect(times[SECOND_CLIENT_ADDRESS.ip]!).toEqual([]);
    expect(statesOf(pair)).toEqual(['1 available']);
  });

  test('gets a PING after so much silence, each by itself', () => {
    const pair = quietPair({ pathKeepAliveMs: 5000 });
    const times = departures(pair);
    pair.pass(60 * SECOND);
    for (const { ip } of [CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS]) {
      expect(times[ip]!.length).toBeGreaterThanOrEqual(11);
      // A PING, and perhaps an acknowledgement that waited for it.
      expect(times[ip]!.length).toBeLessThanOrEqual(24);
    }
  });

  test('also a backup, which data of the other does not keep alive', () => {
    const pair = quietPair({ pathKeepAliveMs: 5000 });
    expect(pair.client.connection.setPathStatus(1, 'backup')).toBe(true);
    const times = departures(pair);
    for (let i = 0; i < 60; i++) {
      pair.client.sendPattern(100, { unidirectional: true });
      pair.pass(SECOND);
    }
    // The backup is kept alive as well, and by nothing else.
    expect(times[SECOND_CLIENT_ADDRESS.ip]!.length).toBeLessThanOrEqual(24);
    expect(times[SECOND_CLIENT_ADDRESS.ip]!.length).toBeGreaterThanOrEqual(11);
  });

  test('that has ended is found out, which it is not otherwise', () => {
    for (const [own, states] of [
      [{ pathKeepAliveMs: 5000 }, ['1 available', '1 suspended', '1 abandoned']],
      [{}, ['1 available']],
    ] as const) {
      const pair = quietPair(own, gone(12 * SECOND));
      pair.pass(60 * SECOND);
      expect(statesOf(pair)).toEqual(states);
      expect(pair.client.has('closed')).toBe(false);
    }
  });

  test('is abandoned after the idle timeout of paths, where another one is usable', () => {
    const pair = quietPair({ pathIdleTimeoutMs: 30_000 }, {}, {});
    expect(pair.client.connection.setPathStatus(1, 'backup')).toBe(true);
    for (let i = 0; i < 60; i++) {
      pair.client.sendPattern(100, { unidirectional: true });
      pair.pass(SECOND);
    }
    const codes = pair.client.eventsOf('path-state').map(({ pathId, state, code }) => [pathId, state, code]);
    expect(codes).toEqual([
      [1, 'available', 0],
      [1, 'abandoned', 0],
    ]);
    expect(statesOf(pair, 'server')).toEqual(['1 available', '1 abandoned']);
  });

  test('but the last one is not, and its timer makes no turns', () => {
    const pair = quietPair({ pathIdleTimeoutMs: 30_000 });
    pair.pass(60 * SECOND);
    expect(statesOf(pair)).toHaveLength(2);
    let turns = 0;
    const { context } = pair.client;
    const prepare = context.prepareNextPacket.bind(context);
    context.prepareNextPacket = (...all) => (turns++, prepare(...all));
    pair.pass(60 * SECOND);
    expect(turns).toBeLessThan(10);
    expect(pair.client.has('closed')).toBe(false);
  });

  test('nor one that is kept alive by the peer', () => {
    const pair = quietPair({ pathIdleTimeoutMs: 30_000 }, {}, { pathKeepAliveMs: 10_000 });
    pair.pass(120 * SECOND);
    expect(statesOf(pair)).toEqual(['1 available']);
  });

  test('is given three probe timeouts at least', () => {
    const transport = { maxPaths: 2, idleTimeoutMs: 600_000 };
    const pair = multipathPair({
      client: { transport: { ...transport, pathIdleTimeoutMs: 1 } },
      server: { transport },
      link: { delayUs: 10 * MS },
    });
    const heardUs: Record<string, number> = {};
    pair.world.observe({ onReceive: (_host, { to }, nowUs) => void (heardUs[to.ip] = nowUs) });
    pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });
    const abandoned = () => pair.client.eventsOf('path-state').find(({ state }) => state === 'abandoned');
    expect(pair.run(() => abandoned() !== undefined, 5 * SECOND)).toBe(true);
    const { ip } = abandoned()!.pathId === 0 ? CLIENT_ADDRESS : SECOND_CLIENT_ADDRESS;
    // A probe timeout is a round trip of 20 ms and the peer's delay of 25 ms at least. RFC 9002 §6.2.1
    expect(pair.world.nowUs - heardUs[ip]!).toBeGreaterThanOrEqual(3 * 45 * MS);
    pair.pass(60 * SECOND);
    expect(statesOf(pair)).toHaveLength(2);
  });
});

/** The statuses that packets tell, as '1 path_status_backup 0'. */
const statusesIn = (buffer: Uint8Array, from: number, to: number): string[] =>
  decodeFrames(buffer, from, to).flatMap((frame) =>
    frame.type === 'path_status_backup' || frame.type === 'path_status_available'
      ? [`${frame.pathId} ${frame.type} ${frame.sequence}`]
      : [],
  );

test.each([false, true])(
  'a path that is silent is told to be a backup until it answers, where it is none by wish (%p): §3.3',
  (isBackup) => {
    const statuses: string[] = [];
    const silent = { blackholes: [{ fromUs: SECOND, untilUs: 1.6 * SECOND }] };
    const pair = multipathPair({
      client: {
        transport: { maxPaths: 2 },
        tracer: {
          onPacketSent: (_id, _type, _number, _bytes, buffer, from, to) =>
            void statuses.push(...statusesIn(buffer, from, to)),
        },
      },
      secondPath: { up: silent, down: silent },
    });
    const { connection } = pair.client;
    connection.openPath({ from: SECOND_CLIENT_ADDRESS });
    pair.client.sendPattern(6_000_000, { unidirectional: true });
    pair.run(() => pair.world.nowUs >= 1.1 * SECOND, SECOND);
    if (isBackup) connection.setPathStatus(1, 'backup');
    pair.pass(4 * SECOND);
    expect(statesOf(pair)).toEqual(['1 available', '1 suspended', '1 available']);
    expect(statuses).toEqual(
      isBackup ? ['1 path_status_backup 0'] : ['1 path_status_backup 0', '1 path_status_available 1'],
    );
  },
);

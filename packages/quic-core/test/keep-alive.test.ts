import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair } from '@tsquic/simulator';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';

const MS = 1000;
const SECOND = 1_000_000;
const SEED = 9000_101;

/** A pair with these idle timeouts, whose client pings after `keepAliveMs` of silence. */
function createPair(client: number, server: number, keepAliveMs: number, delayMs: number): Pair {
  return createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 2,
    link: { delayUs: delayMs * MS },
    client: { transport: { idleTimeoutMs: client, keepAliveMs } },
    server: { transport: { idleTimeoutMs: server } },
  });
}

describe('a connection that is kept alive', () => {
  const timeoutMs = fc.integer({ min: 1000, max: 40_000 });

  test(`lives, however rarely the program asks for signs of life (seed ${SEED})`, () => {
    covers('rfc9000-10.1-1');
    fc.assert(
      fc.property(
        timeoutMs,
        timeoutMs,
        fc.integer({ min: 1000, max: 60_000 }),
        fc.integer({ min: 1, max: 400 }),
        (client, server, keepAliveMs, delayMs) => {
          const pair = createPair(client, server, keepAliveMs, delayMs);
          const { packetsSent } = pair.client.connection.statistics();
          const spanMs = 4 * Math.max(client, server, 4 * delayMs);
          pair.pass(spanMs * MS);
          for (const side of [pair.client, pair.server]) expect(side.has('closed')).toBe(false);
          // Each PING is answered once, and once in a while that is acknowledged.
          const intervals = spanMs / (Math.min(client, server, 2 * keepAliveMs) / 2);
          const statistics = pair.client.connection.statistics();
          expect(statistics.packetsSent - packetsSent).toBeLessThan(20 + 3 * intervals);
        },
      ),
      // The first: a round trip of 0.8 s, and PINGs that are that far apart, are more than the second both agreed on.
      { seed: SEED, numRuns: 20, examples: [[1000, 1000, 1000, 400]] },
    );
  });

  test('dies as fast as any other when its peer is gone', () => {
    const pair = createPair(30_000, 10_000, 25_000, 20);
    for (const link of [pair.up, pair.down]) Object.assign(link.options, { mtuBytes: 0 });
    expect(pair.run(() => pair.client.has('closed'), 16 * SECOND)).toBe(true);
    expect(pair.client.eventsOf('closed')[0]!.reason.kind).toBe('idle-timeout');
  });
});

describe('statistics', () => {
  test.each([
    [30_000, 10_000, 10_000],
    [10_000, 30_000, 10_000],
    [0, 20_000, 20_000],
    [20_000, 0, 20_000],
    [0, 0, 0],
  ])('tell what %i ms here and %i ms there came to', (client, server, ms) => {
    const pair = createPair(client, server, 0, 20);
    for (const side of [pair.client, pair.server])
      expect(side.connection.statistics().idleTimeoutMs).toBe(ms);
  });

  test('tell that it lasts three probe timeouts at least', () => {
    covers('rfc9000-10.1-1');
    const pair = createPair(50, 30_000, 0, 500);
    const { idleTimeoutMs, smoothedRttUs } = pair.client.connection.statistics();
    expect(idleTimeoutMs).toBeGreaterThanOrEqual((3 * smoothedRttUs) / MS);
    const quietSinceUs = pair.world.nowUs;
    pair.run(() => pair.client.has('closed'), 60 * SECOND);
    expect(pair.world.nowUs - quietSinceUs).toBeGreaterThan(3 * smoothedRttUs);
  });
});

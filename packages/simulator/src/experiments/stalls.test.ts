import { describe, expect, test } from '@jest/globals';
import { controllerByName } from '@tsquic/congestion';
import { RUN_OPTIONS } from '../../test/run-options.ts';
import { runBulk } from './bulk.ts';
import { runSuspension } from './suspension.ts';

// `pnpm sim stalls` has the same at 100 Mbit/s, and more of it.
const SEED = 14;
const PATH = { bytesPerSecond: 1_250_000, rttUs: 40_000, durationUs: 2_000_000 };
const { createCrypto } = RUN_OPTIONS;

describe(`a busy program (seed ${SEED})`, () => {
  test.each([
    ['cubic', 10_000, 0.8],
    ['bbr', 30_000, 0.5],
  ])('%s, turns of %i µs: %d of the path at least', (name, turnUs, least) => {
    const congestion = controllerByName(name);
    const { share } = runBulk({ ...PATH, seed: SEED, createCrypto, congestion, serverLoop: { turnUs } });
    expect(share).toBeGreaterThan(least);
  });
});

describe(`reordering without loss (seed ${SEED})`, () => {
  test.each([
    ['cubic', 10_000, 0.5],
    ['bbr', 3000, 0.7],
  ])('%s, jitter of %i µs: %d of the path at least', (name, upToUs, least) => {
    const jitter = { kind: 'uniform', upToUs } as const;
    const congestion = controllerByName(name);
    const down = { jitter, overtaking: true };
    const { share } = runBulk({ ...PATH, seed: SEED, createCrypto, congestion, down });
    expect(share).toBeGreaterThan(least);
  });

  test('of datagrams that come 8 ms late few count as lost', () => {
    const down = { reordering: 0.02, reorderUs: 8000 };
    const congestion = controllerByName('cubic');
    const { late, spurious } = runBulk({ ...PATH, seed: SEED, createCrypto, congestion, down });
    expect(late).toBeGreaterThan(20);
    expect(spurious).toBeLessThan(late / 10);
  });

  test('real losses among them are repaired all the same', () => {
    const down = {
      jitter: { kind: 'uniform', upToUs: 3000 },
      overtaking: true,
      loss: { kind: 'random', rate: 0.01 },
    } as const;
    const congestion = controllerByName('bbr');
    const { share, lost, spurious } = runBulk({ ...PATH, seed: SEED, createCrypto, congestion, down });
    expect(share).toBeGreaterThan(0.5);
    expect(spurious).toBeLessThan(lost / 4);
  });
});

describe(`a machine that was suspended (seed ${SEED})`, () => {
  const cases = (['client', 'server'] as const).flatMap((sleeper) =>
    [2_000_000, 25_000_000, 600_000_000].map((sleepUs) => [sleeper, sleepUs] as const),
  );
  test.each(cases)(
    'the %s for %i µs: goes on, and a loss is repeated after a round trip or so',
    (sleeper, sleepUs) => {
      for (const keepsDatagrams of [true, false]) {
        const result = runSuspension({ seed: SEED, createCrypto, sleeper, sleepUs, keepsDatagrams });
        expect(result.ended).toBe(undefined);
        expect(result.resumedUs).toBeLessThan(1_000_000);
        expect(result.repeatedUs).toBeLessThan(400_000);
      }
    },
  );

  test('beyond the idle timeout: the connection is over', () => {
    for (const sleeper of ['client', 'server'] as const) {
      const { ended } = runSuspension({
        seed: SEED,
        createCrypto,
        sleeper,
        sleepUs: 600_000_000,
        keepsDatagrams: false,
        idleTimeoutMs: 30_000,
      });
      expect(['idle-timeout', 'stateless-reset']).toContain(ended);
    }
  });
});

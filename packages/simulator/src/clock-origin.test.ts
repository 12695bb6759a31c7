import { describe, expect, test } from '@jest/globals';
import { CONTROLLER_NAMES } from '@tsquic/congestion';
import { RUN_OPTIONS } from '../test/run-options.ts';
import type { Scenario } from './scenario.ts';
import { runScenario } from './scenario-run.ts';
import { createTraceHash } from './trace-hash.ts';

const SEED = 8;
/**
 * Microseconds: clocks that show 0 before the first answer comes and after it, that overflow 31 and 32 bits meanwhile,
 * and one that counts since long ago.
 */
const ORIGINS = [-1_000_000, -60_000, -1, 0, 2 ** 31 - 100_000, 2 ** 32 - 100_000, 2 ** 52];
/** A clock that has run for a quarter of an hour, where nothing is special. */
const USUAL = 900_000_000;

const SHAPES: readonly Pick<Scenario, 'name' | 'about' | 'link' | 'exchanges' | 'pauseUs' | 'client'>[] = [
  {
    name: 'long',
    about: 'a round trip of 120 ms, 100 Mbit/s',
    link: { delayUs: 60_000, bytesPerSecond: 12_500_000, queueBytes: 1_500_000 },
    exchanges: [{ requestBytes: 1_000_000, responseBytes: 1_000_000 }],
  },
  {
    name: 'impaired',
    about: 'loss, reordering and jitter, two exchanges with a rest between them',
    link: {
      delayUs: 15_000,
      bytesPerSecond: 1_250_000,
      loss: { kind: 'random', rate: 0.02 },
      jitter: { kind: 'uniform', upToUs: 3000 },
      overtaking: true,
    },
    client: { keepAliveMs: 700 },
    pauseUs: 2_000_000,
    exchanges: [
      { requestBytes: 50_000, responseBytes: 400_000 },
      { requestBytes: 100, responseBytes: 200_000, afterPrevious: true },
    ],
  },
  {
    name: 'near',
    about: 'a round trip of 400 µs',
    link: { delayUs: 200, bytesPerSecond: 12_500_000 },
    exchanges: [{ requestBytes: 100, responseBytes: 300_000 }],
  },
];

function trace(shape: (typeof SHAPES)[number], congestion: string, clockOriginUs: number): object {
  const hash = createTraceHash(RUN_OPTIONS.createCrypto((out) => void out.fill(0)));
  const scenario: Scenario = { ...shape, congestion, clockOriginUs, ceilingUs: 60_000_000 };
  const { faults, tookUs } = runScenario(scenario, { ...RUN_OPTIONS, seed: SEED, observers: [hash] });
  return { faults, tookUs, datagrams: hash.datagrams, sha256: hash.hex() };
}

describe(`where a clock begins changes nothing (seed ${SEED})`, () => {
  const cases = CONTROLLER_NAMES.flatMap((name) =>
    SHAPES.map((shape) => [name, shape.about, shape] as const),
  );
  test.each(cases)('%s, %s', (name, _about, shape) => {
    const usual = trace(shape, name, USUAL);
    expect(usual).toMatchObject({ faults: [] });
    for (const origin of ORIGINS) expect([origin, trace(shape, name, origin)]).toEqual([origin, usual]);
  });
});

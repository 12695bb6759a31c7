import { describe, expect, test } from '@jest/globals';
import { controllerByName } from '@tsquic/congestion';
import { RUN_OPTIONS } from '../../test/run-options.ts';
import { runScenario } from '../scenario-run.ts';
import { runFairness } from './fairness.ts';
import { runFrameFuzz } from './frame-fuzz.ts';
import { describeMask, MASKS, runHandshakeMasks } from './handshake-masks.ts';
import { LOSS_CEILINGS, runLossRow } from './loss-table.ts';
import { createRandomScenario } from './random-scenario.ts';

describe('loss table', () => {
  // The rows of 75 % take long: `pnpm sim loss-table` has them.
  const rows = LOSS_CEILINGS.filter(({ percent }) => percent <= 50);
  test.each(rows.map((row) => [row.percent, row.direction, row] as const))(
    'a handshake and a request at %d %% loss, %s (seeds 1 to 100)',
    (_percent, _direction, ceiling) => {
      const { failures, times, faults } = runLossRow(ceiling, 100, RUN_OPTIONS);
      expect({ failures, faults }).toEqual({ failures: 0, faults: [] });
      expect(times.mean).toBeLessThanOrEqual(ceiling.mean);
      expect(times.median).toBeLessThanOrEqual(ceiling.median);
      expect(times.p90).toBeLessThanOrEqual(ceiling.p90);
    },
  );
});

describe('handshake masks', () => {
  test('are written as fates', () => {
    expect(describeMask(0b000011_000101)).toBe('up x.x... down xx....');
  });

  test.each(['plain', 'large'] as const)('every 31st mask, %s flight', (flight) => {
    const masks = Array.from({ length: Math.ceil(MASKS / 31) }, (_, i) => i * 31);
    expect(runHandshakeMasks(flight, masks, { ...RUN_OPTIONS, seed: 1 }).faults).toEqual([]);
  });
});

test.each(Array.from({ length: 40 }, (_, i) => i + 1))('a made-up scenario (seed %i)', (seed) => {
  expect(runScenario(createRandomScenario(seed), { ...RUN_OPTIONS, seed }).faults).toEqual([]);
});

test('packets changed before encryption harm nobody else (seeds 1 to 150)', () => {
  const { createCrypto } = RUN_OPTIONS;
  const results = Array.from({ length: 150 }, (_, i) => runFrameFuzz({ seed: i + 1, createCrypto }));
  expect(results.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`))).toEqual([]);
  const codes = new Set(results.flatMap(({ ends }) => ends.map((end) => ('code' in end ? end.code : -1))));
  // FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION and STREAM_STATE_ERROR at least: RFC 9000 §20.1.
  for (const code of [0x07, 0x0a, 0x05]) expect(codes).toContain(code);
  expect(results.filter(({ changed }) => changed > 0).length).toBeGreaterThan(100);
});

test('two equal flows share a bottleneck evenly and fill it', () => {
  const congestion = controllerByName('newreno');
  const result = runFairness({
    seed: 1,
    createCrypto: RUN_OPTIONS.createCrypto,
    flows: [0, 1].map((index) => ({ name: String(index), congestion, startUs: index * 500_000 })),
    bottleneck: { bytesPerSecond: 625_000, delayUs: 20_000, queueBytes: 40_000 },
    durationUs: 15_000_000,
    measureFromUs: 5_000_000,
  });
  expect(result.jain).toBeGreaterThan(0.9);
  expect(result.utilisation).toBeGreaterThan(0.9);
  expect(result.queueMs.max).toBeLessThan(66);
});

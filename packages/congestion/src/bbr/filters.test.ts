import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MaxBandwidth, MinRtt, WindowedMax } from './filters.ts';

const SEED = 20_260_103;

describe('WindowedMax', () => {
  test('follows a rise at once and forgets after the window', () => {
    const filter = new WindowedMax();
    expect(filter.add(5, 1, 10)).toBe(5);
    expect(filter.add(9, 2, 10)).toBe(9);
    for (let at = 3; at <= 12; at++) expect(filter.add(1, at, 10)).toBe(9);
    expect(filter.add(1, 13, 10)).toBe(1);
  });

  test(`never exceeds the true maximum, and holds the newest value (seed ${SEED})`, () => {
    const samples = fc.array(fc.record({ value: fc.nat(1000), step: fc.nat(3) }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(samples, (list) => {
        const filter = new WindowedMax();
        const seen: { value: number; at: number }[] = [];
        let at = 0;
        for (const { value, step } of list) {
          at += step;
          seen.push({ value, at });
          const inWindow = seen.filter((sample) => at - sample.at <= 10).map((sample) => sample.value);
          const result = filter.add(value, at, 10);
          expect(result).toBeLessThanOrEqual(Math.max(...inWindow));
          expect(result).toBeGreaterThanOrEqual(value);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('MaxBandwidth', () => {
  test('covers this cycle and the one before', () => {
    const filter = new MaxBandwidth();
    filter.add(8);
    filter.advance();
    filter.add(3);
    expect(filter.bandwidth).toBe(8);
    filter.advance();
    expect(filter.bandwidth).toBe(3);
    filter.add(5);
    expect(filter.bandwidth).toBe(5);
  });

  test('a cycle without samples changes nothing', () => {
    const filter = new MaxBandwidth();
    filter.add(8);
    for (let i = 0; i < 5; i++) filter.advance();
    expect(filter.bandwidth).toBe(8);
  });
});

describe('MinRtt', () => {
  test('keeps the least of ten seconds, and wants a look after five', () => {
    const filter = new MinRtt(0);
    filter.add(50_000, 1_000_000);
    expect(filter.rttUs).toBe(50_000);
    filter.add(40_000, 2_000_000);
    filter.add(60_000, 7_000_000);
    expect(filter.rttUs).toBe(40_000);
    expect(filter.isProbeDue).toBe(false);
    filter.add(60_000, 7_000_001);
    expect(filter.isProbeDue).toBe(true);
    expect(filter.rttUs).toBe(40_000);
    filter.add(55_000, 9_000_000);
    expect(filter.isProbeDue).toBe(false);
    filter.add(70_000, 12_000_001);
    expect(filter.rttUs).toBe(55_000);
  });

  test('knows nothing without samples', () => {
    const filter = new MinRtt(0);
    filter.add(0, 100);
    expect(filter.rttUs).toBe(Infinity);
  });
});

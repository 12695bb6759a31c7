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

describe('WindowedMax keeps three candidates', () => {
  // The maximum of a falling series after its best has left the window: the largest of a later part of it.
  test.each([
    // One sample a unit, window of ten: candidates are taken at a quarter and at half of it.
    { until: 11, expected: 100 },
    { until: 12, expected: 97 },
    { until: 14, expected: 97 },
    { until: 15, expected: 94 },
  ])('at $until the largest is $expected', ({ until, expected }) => {
    const filter = new WindowedMax();
    let largest = 0;
    for (let at = 1; at <= until; at++) largest = filter.add(101 - at, at, 10);
    expect(largest).toBe(expected);
  });

  test('two of them can leave at once', () => {
    const filter = new WindowedMax();
    filter.add(9, 0, 10);
    filter.add(8, 3, 10);
    filter.add(7, 6, 10);
    // Both 9 and 8 are older than ten units.
    expect(filter.add(1, 14, 10)).toBe(7);
  });

  test('a larger second replaces both lesser ones, a larger third only itself', () => {
    const filter = new WindowedMax();
    filter.add(9, 0, 10);
    filter.add(5, 3, 10);
    filter.add(3, 4, 10);
    filter.add(6, 5, 10);
    expect(filter.add(1, 11, 10)).toBe(6);
    const other = new WindowedMax();
    other.add(9, 0, 10);
    other.add(8, 3, 10);
    other.add(3, 6, 10);
    other.add(4, 7, 10);
    expect(other.add(1, 11, 10)).toBe(8);
    expect(other.add(1, 14, 10)).toBe(4);
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

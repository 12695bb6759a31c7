import { describe, expect, test } from '@jest/globals';
import { peakRate, transmittedUs } from './rate.ts';

const STEPS = {
  steps: [
    { atUs: 0, bytesPerSecond: 1_000_000 },
    { atUs: 1000, bytesPerSecond: 0 },
    { atUs: 3000, bytesPerSecond: 500_000 },
  ],
};

describe('rate', () => {
  test.each([
    [Infinity, 7, 1000, 7],
    [1_000_000, 7, 1000, 1007],
    [3_000_000, 0, 1000, 1000 / 3],
    [STEPS, 0, 1000, 1000],
    // 500 bytes before the pause, 500 after it at half the rate.
    [STEPS, 500, 1000, 4000],
    [STEPS, 2000, 100, 3200],
    [{ steps: STEPS.steps, periodUs: 4000 }, 3000, 1000, 4500],
    [{ steps: [{ atUs: 0, bytesPerSecond: 0 }] }, 5, 1, Infinity],
  ])('%j from %i µs on, %i bytes', (rate, startUs, bytes, expectedUs) => {
    expect(transmittedUs(rate, startUs, bytes)).toBeCloseTo(expectedUs, 6);
  });

  test('the peak is the highest step', () => {
    expect(peakRate(STEPS)).toBe(1_000_000);
    expect(peakRate(5)).toBe(5);
  });
});

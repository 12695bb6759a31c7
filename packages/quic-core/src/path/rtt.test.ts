import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { RttEstimator } from './rtt.ts';

const MS = 1000;

describe('round-trip time', () => {
  test('begins with what it is told', () => {
    const rtt = new RttEstimator(333 * MS);
    expect([rtt.hasSample, rtt.smoothedUs, rtt.varianceUs, rtt.ptoUs]).toEqual([
      false,
      333_000,
      166_500,
      999_000,
    ]);
  });

  test('the first sample counts whole', () => {
    covers('rfc9002-5.2-1');
    const rtt = new RttEstimator(333 * MS);
    rtt.onSample(100 * MS, 20 * MS, 5);
    expect(rtt).toMatchObject({
      latestUs: 100_000,
      minUs: 100_000,
      smoothedUs: 100_000,
      varianceUs: 50_000,
      firstSampleUs: 5,
    });
  });

  // Worked by hand from the formulas of RFC 9002 §5.3.
  test.each([
    ['the delay is taken away', 120, 10, { minUs: 100_000, smoothedUs: 101_250, varianceUs: 40_000 }],
    ['but not below the minimum', 105, 10, { minUs: 100_000, smoothedUs: 100_625, varianceUs: 38_750 }],
    ['exactly to the minimum', 110, 10, { minUs: 100_000, smoothedUs: 100_000, varianceUs: 37_500 }],
    ['a smaller sample is the minimum', 60, 10, { minUs: 60_000, smoothedUs: 95_000, varianceUs: 47_500 }],
  ])('%s', (_name, sampleMs, delayMs, expected) => {
    covers('rfc9002-5.2-2', 'rfc9002-5.3-6');
    const rtt = new RttEstimator(333 * MS);
    rtt.onSample(100 * MS, 0, 0);
    rtt.onSample(sampleMs * MS, delayMs * MS, 1);
    expect(rtt).toMatchObject(expected);
  });

  test('timeouts are never below the granularity', () => {
    covers('rfc9002-6.1.2-2', 'rfc9002-6.2.1-1');
    const rtt = new RttEstimator(333 * MS);
    for (let i = 0; i < 200; i++) rtt.onSample(10, 0, 0);
    expect(rtt.lossDelayUs).toBe(1000);
    expect(rtt.ptoUs).toBe(1010);
    rtt.onSample(80 * MS, 0, 0);
    expect(rtt.lossDelayUs).toBe(90_000);
  });

  test('after persistent congestion the next sample is the minimum', () => {
    const rtt = new RttEstimator(333 * MS);
    rtt.onSample(10 * MS, 0, 0);
    rtt.renewMinimum();
    rtt.onSample(50 * MS, 0, 0);
    expect(rtt.minUs).toBe(50_000);
    rtt.onSample(60 * MS, 0, 0);
    expect(rtt.minUs).toBe(50_000);
  });
});

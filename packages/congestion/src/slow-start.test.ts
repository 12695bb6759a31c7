import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../test/ack-sample.ts';
import { SlowStart } from './slow-start.ts';

const MTU = 1200;

describe('slow start', () => {
  test('grows by what is acknowledged, and not where the window was not tested', () => {
    const slowStart = new SlowStart(true);
    expect(slowStart.grow(12_000, ackSample({ ackedBytes: 2400 }), MTU, true)).toBe(14_400);
    expect(slowStart.grow(12_000, ackSample({ ackedBytes: 2400 }), MTU, false)).toBe(12_000);
  });

  test('lasts up to a threshold once it has ended, and knows nothing of long paths then', () => {
    const slowStart = new SlowStart(true);
    const long = ackSample({ minRttUs: 600_000, latestRttUs: 600_000 });
    expect(slowStart.grow(12_000, long, MTU, true)).toBe(72_000);
    slowStart.end(30_000);
    expect([slowStart.lasts(29_999), slowStart.lasts(30_000)]).toEqual([true, false]);
    expect(slowStart.grow(12_000, long, MTU, true)).toBe(13_200);
    expect(slowStart.pacingRate).toBe(0);
  });

  test('ends a quarter above the capacity that a long path has shown', () => {
    const slowStart = new SlowStart(true);
    let windowBytes = 12_000;
    for (let i = 0; i <= 12; i++) {
      const times = { newestSentUs: i * 1000, nowUs: 600_000 + i * 10_000, deliveredAtSendBytes: 0 };
      const rtt = { minRttUs: 600_000, latestRttUs: 600_000 };
      windowBytes = slowStart.grow(
        windowBytes,
        ackSample({ ...times, ...rtt, ackedBytes: 100_000 }),
        MTU,
        true,
      );
    }
    // 100 kB each 10 ms.
    expect(slowStart.thresholdBytes).toBeGreaterThanOrEqual(1.25 * 10 * 600_000);
    expect(slowStart.pacingRate).toBe(0);
  });

  test('forgets a long path on demand, and starts one anew after a reset', () => {
    const slowStart = new SlowStart(true);
    const long = ackSample({ minRttUs: 600_000, latestRttUs: 600_000 });
    slowStart.forgetLongPath();
    expect(slowStart.grow(2400, long, MTU, true)).toBe(3600);
    slowStart.end(2400);
    slowStart.reset();
    expect(slowStart.grow(12_000, long, MTU, true)).toBe(72_000);
  });
});

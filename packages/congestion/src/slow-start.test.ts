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
    expect(slowStart.thresholdBytes).toBe(1.25 * 10 * 600_000);
    expect(slowStart.pacingRate).toBe(0);
  });

  test('forgets a long path on demand', () => {
    const slowStart = new SlowStart(true);
    const long = ackSample({ minRttUs: 600_000, latestRttUs: 600_000 });
    slowStart.forgetLongPath();
    expect(slowStart.grow(2400, long, MTU, true)).toBe(3600);
  });

  /** Ten ACKs of a round, and the window after them. */
  function round(slowStart: SlowStart, number: number, rttUs: number, windowBytes: number): number {
    let bytes = windowBytes;
    for (let i = 0; i < 10; i++) {
      const rtt = { latestRttUs: rttUs, minRttUs: 600_000, nowUs: number * 1_000_000, ackedBytes: 1201 };
      const delivered = {
        deliveredAtSendBytes: number * 100_000,
        deliveredTotalBytes: (number + 1) * 100_000,
      };
      bytes = slowStart.grow(bytes, ackSample({ ...rtt, ...delivered }), MTU, true);
    }
    return bytes;
  }

  test('takes a quarter, rounded up, once the delay rises, and ends the start of a long path', () => {
    const slowStart = new SlowStart(true);
    const first = round(slowStart, 1, 600_000, 12_000);
    const second = round(slowStart, 2, 700_000, first);
    const third = round(slowStart, 3, 700_000, second);
    expect(third - second).toBe(10 * 301);
    expect(slowStart.pacingRate).toBe(0);
  });

  test('leaves the start of a long path to a window that was widened from outside', () => {
    const slowStart = new SlowStart(true);
    const bytes = round(slowStart, 1, 600_000, 12_000);
    expect(slowStart.pacingRate).toBeGreaterThan(0);
    round(slowStart, 2, 600_000, bytes);
    expect(slowStart.pacingRate).toBeGreaterThan(0);
    expect(round(slowStart, 3, 600_000, 5_000_000)).toBe(5_000_000 + 10 * 1201);
    expect(slowStart.pacingRate).toBe(0);
  });

  test('a later one does not ask HyStart++ (RFC 9406 §4.3)', () => {
    const slowStart = new SlowStart(false);
    slowStart.end(10_000_000);
    let bytes = 12_000;
    for (let number = 1; number < 10; number++)
      bytes = round(slowStart, number, 600_000 + number * 50_000, bytes);
    expect(bytes).toBe(12_000 + 90 * 1201);
  });
});

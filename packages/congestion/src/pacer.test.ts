import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '../../../tools/covers.ts';
import { Pacer } from './pacer.ts';

const SEED = 20_260_102;

/** Send full packets as the pacer allows, waking up to `lateUs` late, and return when each left. */
function sendTimes(pacer: Pacer, fromUs: number, untilUs: number, bytes: number, lateUs = 0): number[] {
  const times: number[] = [];
  let turn = 0;
  for (let nowUs = fromUs; nowUs < untilUs;) {
    const nextUs = pacer.nextSendUs(nowUs);
    if (nextUs <= nowUs) {
      pacer.onSent(nowUs, bytes);
      times.push(nowUs);
    } else {
      // A wake-up that is late by another share each time.
      nowUs = nextUs + (lateUs > 0 ? (turn++ * 7919) % lateUs : 0);
    }
  }
  return times;
}

test(`the first burst is the initial window and no more ${covers('rfc9002-7.7-2', 'rfc9002-7.7-3')}`, () => {
  const pacer = new Pacer(1200);
  pacer.update(12_000, 0, 333_000);
  const times = sendTimes(pacer, 5_000_000, 5_000_001, 1200);
  expect(times).toHaveLength(10);
});

test(`a pause of any length earns one burst and no more ${covers('rfc9002-7.7-3')}`, () => {
  const pacer = new Pacer(1200);
  pacer.update(60_000, 0, 100_000);
  sendTimes(pacer, 0, 50_000, 1200);
  expect(sendTimes(pacer, 90_000_000, 90_000_001, 1200)).toHaveLength(10);
});

describe(`spacing ${covers('rfc9002-7.7-1')}`, () => {
  test.each([
    // interval = RTT × packet / window / N. RFC 9002 §7.7
    { windowBytes: 12_000, rttUs: 100_000, slow: false, intervalUs: 8000 },
    { windowBytes: 12_000, rttUs: 100_000, slow: true, intervalUs: 5000 },
    { windowBytes: 2400, rttUs: 1_000_000, slow: false, intervalUs: 400_000 },
  ])('a window of $windowBytes over $rttUs µs, slow start $slow: a packet every $intervalUs µs', (row) => {
    const pacer = new Pacer(1200);
    pacer.update(row.windowBytes, 0, row.rttUs, row.slow);
    const times = sendTimes(pacer, 0, row.intervalUs * 100, 1200).slice(10);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(row.intervalUs);
    expect(times.length).toBeGreaterThan(80);
  });

  test.each([10_000, 123_456, 1_250_000, 12_500_000, 125_000_000])(
    'a given rate of %i bytes a second holds over a minute without drift',
    (bytesPerSecond) => {
      const pacer = new Pacer(1200);
      pacer.update(1_000_000, bytesPerSecond, 50_000);
      const untilUs = Math.ceil((1200 / bytesPerSecond) * 1e6 * 20_000);
      const sentBytes = sendTimes(pacer, 0, untilUs, 1200).length * 1200;
      // Exactly the burst and the rate, less than one train from both.
      const expectedBytes = 12_000 + (bytesPerSecond * untilUs) / 1e6;
      expect(sentBytes).toBeLessThanOrEqual(expectedBytes + 1200 + bytesPerSecond * 0.002);
      expect(sentBytes).toBeGreaterThanOrEqual(expectedBytes - 17 * 1200);
    },
  );

  test('the smaller packet takes less of the bucket', () => {
    const pacer = new Pacer(1200);
    pacer.update(0, 1_200_000, 50_000);
    sendTimes(pacer, 0, 1, 1200);
    pacer.onSent(1, 600);
    const afterSmall = pacer.nextSendUs(1);
    pacer.onSent(1, 1200);
    expect(pacer.nextSendUs(1) - afterSmall).toBe(1000);
  });
});

test('timers that wake up to a millisecond late cost no throughput', () => {
  for (const bytesPerSecond of [125_000, 1_250_000, 12_500_000, 125_000_000]) {
    const pacer = new Pacer(1200);
    pacer.update(0, bytesPerSecond, 50_000);
    const sentBytes = sendTimes(pacer, 0, 10_000_000, 1200, 1000).length * 1200;
    expect(sentBytes / (bytesPerSecond * 10)).toBeGreaterThan(0.97);
    expect(sentBytes / (bytesPerSecond * 10)).toBeLessThan(1.02);
  }
});

test('a fast path wakes for trains, a slow one for packets', () => {
  const wakeUps = (bytesPerSecond: number): number => {
    const pacer = new Pacer(1200);
    pacer.update(0, bytesPerSecond, 50_000);
    const times = sendTimes(pacer, 0, 1_000_000, 1200);
    return new Set(times).size / times.length;
  };
  // 100 Mbit/s: a millisecond holds 10.4 packets; 1 Gbit/s: trains stop at 16 packets.
  expect(wakeUps(12_500_000)).toBeLessThan(1 / 9);
  expect(wakeUps(125_000_000)).toBeLessThan(1 / 15);
  expect(wakeUps(125_000_000)).toBeGreaterThan(1 / 18);
  expect(wakeUps(600_000)).toBeGreaterThan(0.95);
});

test('probes that nothing holds back leave a debt of one bucket at most', () => {
  const pacer = new Pacer(1200);
  pacer.update(0, 1_200_000, 50_000);
  for (let i = 0; i < 1000; i++) pacer.onSent(10, 1200);
  expect(pacer.nextSendUs(10)).toBeLessThanOrEqual(10 + 12_000 + 1000);
});

test('no rate yet means no delay', () => {
  const pacer = new Pacer(1200);
  for (let i = 0; i < 100; i++) pacer.onSent(1_000_000 + i, 1200);
  expect(pacer.nextSendUs(2_000_000)).toBe(2_000_000);
});

test('larger packets after MTU discovery leave at the same rate', () => {
  const pacer = new Pacer(1200);
  pacer.update(0, 1_000_000, 50_000);
  sendTimes(pacer, 0, 100_000, 1200);
  pacer.setMtu(1500);
  pacer.update(0, 1_000_000, 50_000);
  const times = sendTimes(pacer, 100_000, 1_600_000, 1500);
  expect(times.length).toBeGreaterThanOrEqual(998);
  expect(times.length).toBeLessThanOrEqual(1002);
});

test(`never more than a burst above the rate, in any pattern (seed ${SEED})`, () => {
  const act = fc.record({
    pauseUs: fc.integer({ min: 0, max: 30_000 }),
    bytes: fc.integer({ min: 20, max: 1200 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 200_000_000 }),
      fc.array(act, { maxLength: 300 }),
      (rate, acts) => {
        const pacer = new Pacer(1200);
        pacer.update(0, rate, 50_000);
        const burstBytes = Math.max(12_000, rate * 0.002);
        let nowUs = 1;
        let sentBytes = 0;
        for (const { pauseUs, bytes } of acts) {
          nowUs += pauseUs;
          const nextUs = pacer.nextSendUs(nowUs);
          expect(Number.isInteger(nextUs)).toBe(true);
          expect(nextUs).toBeGreaterThanOrEqual(nowUs);
          if (nextUs > nowUs) continue;
          pacer.onSent(nowUs, bytes);
          sentBytes += bytes;
          expect(sentBytes).toBeLessThanOrEqual(burstBytes + (rate * nowUs) / 1e6 + 1);
        }
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

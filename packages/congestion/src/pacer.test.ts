import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
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

test('the first burst is the initial window and no more', () => {
  covers('rfc9002-7.7-2', 'rfc9002-7.7-3');
  const pacer = new Pacer(1200);
  pacer.update(12_000, 0, 333_000);
  const times = sendTimes(pacer, 5_000_000, 5_000_001, 1200);
  expect(times).toHaveLength(10);
});

test('a pause of any length earns one burst and no more', () => {
  covers('rfc9002-7.7-3');
  const pacer = new Pacer(1200);
  pacer.update(60_000, 0, 100_000);
  sendTimes(pacer, 0, 50_000, 1200);
  expect(sendTimes(pacer, 90_000_000, 90_000_001, 1200)).toHaveLength(10);
});

describe('spacing', () => {
  test.each([
    // interval = RTT × packet / window / N. RFC 9002 §7.7
    { windowBytes: 12_000, rttUs: 100_000, slow: false, intervalUs: 8000 },
    { windowBytes: 12_000, rttUs: 100_000, slow: true, intervalUs: 5000 },
    { windowBytes: 2400, rttUs: 1_000_000, slow: false, intervalUs: 400_000 },
  ])('a window of $windowBytes over $rttUs µs, slow start $slow: a packet every $intervalUs µs', (row) => {
    covers('rfc9002-7.7-1');
    const pacer = new Pacer(1200);
    pacer.update(row.windowBytes, 0, row.rttUs, row.slow);
    const times = sendTimes(pacer, 0, row.intervalUs * 100, 1200).slice(10);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(row.intervalUs);
    expect(times.length).toBeGreaterThan(80);
  });

  test.each([10_000, 123_456, 1_250_000, 12_500_000, 125_000_000])(
    'a given rate of %i bytes a second holds over a minute without drift',
    (bytesPerSecond) => {
      covers('rfc9002-7.7-1');
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
    covers('rfc9002-7.7-1');
    const pacer = new Pacer(1200);
    pacer.update(0, 1_200_000, 50_000);
    sendTimes(pacer, 0, 1, 1200);
    pacer.onSent(1, 600);
    const afterSmall = pacer.nextSendUs(1);
    pacer.onSent(1, 1200);
    expect(pacer.nextSendUs(1) - afterSmall).toBe(1000);
  });
});

describe('a program that comes late', () => {
  const RATE = 12_500_000;
  const WINDOW = 1_000_000;

  /** Bytes that leave in each turn of a loop that is entered only every `turnUs`. */
  function turns(pacer: Pacer, fromUs: number, untilUs: number, turnUs: number): number[] {
    const sent: number[] = [];
    for (let nowUs = fromUs; nowUs < untilUs; nowUs += turnUs) {
      let bytes = 0;
      let openUs = pacer.nextSendUs(nowUs);
      for (; openUs <= nowUs; openUs = pacer.nextSendUs(nowUs), bytes += 1200) pacer.onSent(nowUs, 1200);
      pacer.awaits(openUs);
      sent.push(bytes);
    }
    return sent;
  }

  test.each([4000, 10_000, 15_600, 16_000, 30_000])('every %i µs keeps the rate', (turnUs) => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, RATE, 80_000);
    const sent = turns(pacer, 7_000_000, 10_000_000, turnUs).reduce((sum, bytes) => sum + bytes, 0);
    expect(sent).toBeGreaterThan(0.97 * 3 * RATE);
    expect(sent).toBeLessThan(3 * RATE + 30_000);
  });

  test('never sends more than half of the window at once', () => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, 10 * RATE, 80_000);
    expect(Math.max(...turns(pacer, 0, 3_000_000, 300_000))).toBeLessThanOrEqual(WINDOW / 2);
  });

  test('once, sends what it missed, and soon no more at once than before', () => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, RATE, 80_000);
    const usual = Math.max(...turns(pacer, 0, 1_000_000, 100).slice(1));
    const [caughtUp] = turns(pacer, 1_030_000, 1_030_001, 1);
    expect(caughtUp).toBeGreaterThan(0.95 * 0.03 * RATE);
    turns(pacer, 1_030_100, 1_100_000, 100);
    pacer.awaits(Infinity);
    const [afterwards] = turns(pacer, 1_200_000, 1_200_001, 1);
    expect(afterwards).toBeLessThan(2 * Math.max(usual, RATE * 0.002));
  });

  test('once, holds a bucket for seven eighths of that lateness after the next punctual turn, and so on', () => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, RATE, 80_000);
    const turn = (promisedUs: number, lateUs: number): void => {
      pacer.awaits(promisedUs);
      pacer.nextSendUs(promisedUs + lateUs);
    };
    turn(1_000_000, 16_000);
    for (let punctual = 1; punctual <= 3; punctual++) {
      turn(1_000_000 + punctual * 100_000, 0);
      const [bytes] = turns(pacer, 1_050_000 + punctual * 100_000, 1_050_001 + punctual * 100_000, 1);
      pacer.awaits(Infinity);
      // 2 ms that any timer may be late, and what is left of the 16 ms.
      const heldBytes = (RATE / 1e6) * (2000 + 16_000 * (7 / 8) ** punctual);
      expect(bytes).toBe(Math.floor(heldBytes / 1200) * 1200);
    }
  });

  test('was not late when it had nothing to send', () => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, RATE, 80_000);
    turns(pacer, 0, 10_000, 100);
    pacer.awaits(Infinity);
    expect(turns(pacer, 300_000, 300_001, 1)[0]).toBeLessThanOrEqual(RATE * 0.002 + 1200);
  });

  test.each([600_000, 25_000_000, 600_000_000])('by %i µs was away, which earns nothing', (awayUs) => {
    covers('rfc9002-7.7-1', 'rfc9002-7.7-3');
    const pacer = new Pacer(1200);
    pacer.update(WINDOW, RATE, 80_000);
    turns(pacer, 0, 10_000, 100);
    expect(turns(pacer, awayUs, awayUs + 1, 1)[0]).toBeLessThanOrEqual(RATE * 0.002 + 1200);
  });
});

test('timers that wake up to a millisecond late cost no throughput', () => {
  covers('rfc9002-7.7-1');
  for (const bytesPerSecond of [125_000, 1_250_000, 12_500_000, 125_000_000]) {
    const pacer = new Pacer(1200);
    pacer.update(0, bytesPerSecond, 50_000);
    const sentBytes = sendTimes(pacer, 0, 10_000_000, 1200, 1000).length * 1200;
    expect(sentBytes / (bytesPerSecond * 10)).toBeGreaterThan(0.97);
    expect(sentBytes / (bytesPerSecond * 10)).toBeLessThan(1.02);
  }
});

test('a fast path wakes for trains, a slow one for packets', () => {
  covers('rfc9002-7.7-1');
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
  covers('rfc9002-7.7-1', 'rfc9002-7.7-2', 'rfc9002-7.7-3');
  const pacer = new Pacer(1200);
  pacer.update(0, 1_200_000, 50_000);
  for (let i = 0; i < 1000; i++) pacer.onSent(10, 1200);
  expect(pacer.nextSendUs(10)).toBeLessThanOrEqual(10 + 12_000 + 1000);
});

test('no rate yet means no delay', () => {
  covers('rfc9002-7.7-1');
  const pacer = new Pacer(1200);
  for (let i = 0; i < 100; i++) pacer.onSent(1_000_000 + i, 1200);
  expect(pacer.nextSendUs(2_000_000)).toBe(2_000_000);
});

test('a larger packet waits for its own size as soon as the MTU is known, and its bucket holds a window of them', () => {
  covers('rfc9002-7.2-2', 'rfc9002-7.7-1');
  const pacer = new Pacer(1200);
  pacer.update(12_000, 1_000_000, 100_000);
  const drainedUs = sendTimes(pacer, 0, 200_000, 1200).at(-1)!;
  pacer.setMtu(9000);
  // A byte a microsecond: what is left in the bucket is less than the packet that did not fit.
  expect(pacer.nextSendUs(drainedUs)).toBe(drainedUs + 9000);
  // The initial window at this MTU is two packets. RFC 9002 §7.2
  expect(sendTimes(pacer, 90_000_000, 90_000_001, 9000)).toHaveLength(2);
});

test('larger packets after MTU discovery leave at the same rate', () => {
  covers('rfc9002-7.7-1');
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
  covers('rfc9002-7.7-1', 'rfc9002-7.7-2', 'rfc9002-7.7-3');
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

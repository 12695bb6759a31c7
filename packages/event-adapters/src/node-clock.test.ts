import { describe, expect, test } from '@jest/globals';
import { nodeClock, unixTimeAtZeroUs } from './node-clock.ts';

describe('nodeClock', () => {
  test('tells integers that never go backwards', () => {
    let last = nodeClock.nowUs();
    for (let look = 0; look < 1000; look++) {
      const now = nodeClock.nowUs();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  test('maps to Unix time', () => {
    expect(Math.abs((unixTimeAtZeroUs + nodeClock.nowUs()) / 1000 - Date.now())).toBeLessThan(1000);
  });

  test.each([
    { delayUs: 0, atLeastMs: 0 },
    { delayUs: 5000, atLeastMs: 4 },
  ])('goes off once after $delayUs us, and not inside set', async ({ delayUs, atLeastMs }) => {
    let count = 0;
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      const alarm = nodeClock.createAlarm(() => {
        count++;
        resolve();
      });
      alarm.set(delayUs);
      expect(count).toBe(0);
    });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(atLeastMs);
    await pause(5);
    expect(count).toBe(1);
  });

  test('goes off at the earliest time set, and not after cancel', async () => {
    let count = 0;
    const alarm = nodeClock.createAlarm(() => count++);
    alarm.set(60_000_000);
    alarm.set(2000);
    while (count === 0) await pause(1);
    expect(count).toBe(1);
    alarm.set(0);
    alarm.set(2000);
    alarm.cancel();
    await pause(20);
    expect(count).toBe(1);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

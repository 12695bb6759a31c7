import { createHook } from 'node:async_hooks';
import { describe, expect, jest, test } from '@jest/globals';
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
    const before = Date.now();
    const told = (unixTimeAtZeroUs + nodeClock.nowUs()) / 1000;
    // The program may have waited for its turn between the two looks.
    expect(told).toBeGreaterThan(before - 1000);
    expect(told).toBeLessThan(Date.now() + 1000);
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

  test.each([0, 2000])(
    'goes off after %d us also where it does not keep the program running',
    async (delayUs) => {
      for (const isSetFirst of [false, true]) {
        const other = pause(20_000).then(() => 'nothing but another timer woke it');
        const fired = new Promise<string>((resolve) => {
          const alarm = nodeClock.createAlarm(() => resolve('fired'));
          if (isSetFirst) alarm.set(delayUs);
          alarm.unref?.();
          if (!isSetFirst) alarm.set(delayUs);
        });
        expect(await Promise.race([fired, other])).toBe('fired');
      }
    },
    60_000,
  );

  test.each(['its timer', 'ref'])(
    'an immediate that %s wants back is another one: Bun would not run the same',
    async (by) => {
      const timers = jest.spyOn(globalThis, 'setTimeout');
      const immediates = jest.spyOn(globalThis, 'setImmediate');
      try {
        let count = 0;
        const alarm = nodeClock.createAlarm(() => count++);
        alarm.set(0);
        const first = immediates.mock.results.at(-1)!.value as NodeJS.Immediate;
        const again = jest.spyOn(first, 'ref');
        alarm.unref?.();
        if (by === 'ref') alarm.ref?.();
        else {
          clearTimeout(timers.mock.results.at(-1)!.value as NodeJS.Timeout);
          (timers.mock.calls.at(-1)![0] as () => void)();
        }
        const last = immediates.mock.results.at(-1)!.value as NodeJS.Immediate;
        expect([again.mock.calls.length, last === first, last.hasRef()]).toEqual([0, false, true]);
        await pause(5);
        // A timer that is left from before may make it go off once more.
        expect(count).toBeGreaterThan(0);
      } finally {
        timers.mockRestore();
        immediates.mockRestore();
      }
    },
  );

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

  test('arms no timer again for a time that an earlier one covers', async () => {
    let timers = 0;
    const hook = createHook({ init: (_id, type) => void (timers += type === 'Timeout' ? 1 : 0) }).enable();
    try {
      await new Promise<void>((resolve) => {
        let turns = 0;
        const alarm = nodeClock.createAlarm(() => {
          alarm.set(turns++ % 2 === 0 ? 40_000_000 : 0);
          if (turns === 20) resolve(alarm.cancel());
          else alarm.set(0);
        });
        alarm.set(0);
      });
    } finally {
      hook.disable();
    }
    expect(timers).toBe(1);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

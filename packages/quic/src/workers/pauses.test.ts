import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Pauses } from './pauses.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A pause, and the timer behind it. */
function begin(pauses: Pauses, task: () => void = () => {}): NodeJS.Timeout {
  const spy = jest.spyOn(globalThis, 'setTimeout');
  pauses.add(1000, task);
  const timer = spy.mock.results[0]!.value as NodeJS.Timeout;
  spy.mockRestore();
  return timer;
}

test('a pause keeps the program running, unless it need not', () => {
  const pauses = new Pauses();
  const timer = begin(pauses);
  expect(timer.hasRef()).toBe(true);
  pauses.keepAlive(false);
  const later = begin(pauses);
  expect([timer.hasRef(), later.hasRef()]).toEqual([false, false]);
  pauses.keepAlive(true);
  expect([timer.hasRef(), later.hasRef()]).toEqual([true, true]);
});

test('a task runs once, and none after the end', () => {
  const pauses = new Pauses();
  let runs = 0;
  pauses.add(1000, () => runs++);
  jest.advanceTimersByTime(1000);
  pauses.add(1000, () => runs++);
  pauses.end();
  pauses.add(1000, () => runs++);
  jest.advanceTimersByTime(10_000);
  expect([runs, jest.getTimerCount()]).toEqual([1, 0]);
});

import { describe, expect, test } from '@jest/globals';
import { Deferred } from './deferred.ts';

describe('a deferred promise', () => {
  test('is one promise, whether it is asked for before or after it is settled', async () => {
    const [early, late] = [new Deferred<number>(), new Deferred<number>()];
    const promise = early.promise;
    for (const deferred of [early, late]) {
      deferred.resolve(1);
      deferred.resolve(2);
      deferred.reject(new Error('too late'));
    }
    expect(early.promise).toBe(promise);
    expect(late.promise).toBe(late.promise);
    expect(await Promise.all([early.promise, late.promise])).toEqual([1, 1]);
  });

  test('rejects with the first reason, whoever asks when', async () => {
    const [early, late] = [new Deferred<number>(), new Deferred<number>()];
    const promise = early.promise.catch(String);
    early.reject('first');
    late.reject('first');
    late.reject('second');
    late.resolve(1);
    expect(await promise).toBe('first');
    await expect(late.promise).rejects.toBe('first');
  });

  test('that is optional ends no program when nobody looks at its rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const asked = new Deferred<void>().optional();
    void asked.promise;
    asked.reject('asked for');
    new Deferred<void>().optional().reject('never asked for');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { IncomingQueue } from './incoming-queue.ts';

describe('IncomingQueue', () => {
  test('gives what waited, what comes, and the end', async () => {
    const queue = new IncomingQueue<number>();
    queue.push(1);
    queue.push(2);
    const taken: number[] = [];
    const done = (async () => {
      for await (const item of queue.iterate()) taken.push(item);
    })();
    await Promise.resolve();
    queue.push(3);
    queue.end();
    queue.push(4);
    await done;
    expect(taken).toEqual([1, 2, 3]);
  });

  test('what waits comes before the failure', async () => {
    const queue = new IncomingQueue<number>();
    queue.push(1);
    queue.end(new Error('lost'));
    const iterator = queue.iterate();
    expect(await iterator.next()).toEqual({ value: 1, done: false });
    await expect(iterator.next()).rejects.toThrow('lost');
  });

  test('leaving one iteration leaves the rest to the next', async () => {
    const queue = new IncomingQueue<number>();
    for (const item of [1, 2, 3]) queue.push(item);
    queue.remove((item) => item === 2);
    for await (const item of queue.iterate()) {
      expect(item).toBe(1);
      break;
    }
    expect(queue.size).toBe(1);
    expect(await queue.iterate().next()).toEqual({ value: 3, done: false });
  });
});

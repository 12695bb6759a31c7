import { expect, test } from '@jest/globals';
import { JobQueue } from './job-queue.ts';

test('a group that has come does not wait for one that is still to come', async () => {
  let arrive: (jobs: number[]) => void = () => undefined;
  const late = new Promise<number[]>((resolve) => (arrive = resolve));
  const queue = new JobQueue([late, Promise.resolve([1, 2])]);
  expect([await queue.next(), await queue.next()]).toEqual([1, 2]);
  const [third, fourth] = [queue.next(), queue.next()];
  arrive([3]);
  expect([await third, await fourth]).toEqual([3, undefined]);
});

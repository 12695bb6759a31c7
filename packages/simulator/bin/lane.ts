// One thread of a command that runs many things: takes a job, answers with its result.
import { parentPort } from 'node:worker_threads';
import { runJob } from './jobs.ts';
import type { Arguments } from './arguments.ts';
import type { JobName } from './jobs.ts';

interface Order {
  readonly job: JobName;
  readonly crypto: Arguments['crypto'];
  readonly index: number;
  readonly input: never;
}

parentPort!.on('message', ({ job, crypto, index, input }: Order) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage({ index, result: runJob(job, input, crypto) });
});

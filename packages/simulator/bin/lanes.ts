import { Worker } from 'node:worker_threads';
import type { Arguments } from './arguments.ts';
import type { JobInput, JobName, JobResult } from './jobs.ts';

/**
 * Run one job for each of `inputs` in a few threads at once; results in the order of the inputs. `onResult` hears each
 * as it comes. Rejects when a job throws.
 */
export function runInLanes<N extends JobName>(
  job: N,
  inputs: readonly JobInput<N>[],
  { lanes, crypto }: Pick<Arguments, 'lanes' | 'crypto'>,
  onResult: (result: JobResult<N>, done: number) => void = () => {},
): Promise<JobResult<N>[]> {
  return new Promise((resolve, reject) => {
    const results: JobResult<N>[] = [];
    let next = 0;
    let done = 0;
    const workers: Worker[] = [];
    const stop = (): void => workers.forEach((worker) => void worker.terminate());
    const feed = (worker: Worker): void => {
      if (next === inputs.length) return;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ job, crypto, index: next, input: inputs[next++] });
    };
    if (inputs.length === 0) resolve(results);
    for (let lane = 0; lane < Math.min(Math.max(1, lanes), inputs.length); lane++) {
      const worker = new Worker(new URL('./lane.ts', import.meta.url));
      workers.push(worker);
      worker.on('message', ({ index, result }: { index: number; result: JobResult<N> }) => {
        results[index] = result;
        onResult(result, ++done);
        if (done === inputs.length) {
          stop();
          resolve(results);
        } else feed(worker);
      });
      worker.once('error', (error) => {
        stop();
        reject(error);
      });
      feed(worker);
    }
  });
}

/** Tells on a terminal how far a long command is; silent in files and pipes. */
export function createProgress(total: number, unit: string): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  let shownMs = 0;
  return (done) => {
    const nowMs = performance.now();
    if (done < total && nowMs - shownMs < 200) return;
    shownMs = nowMs;
    process.stderr.write(done < total ? `\r${done} of ${total} ${unit}` : '\r\x1b[K');
  };
}

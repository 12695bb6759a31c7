import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that this thread's program holds once garbage is collected. */
export function collectGarbage(): number {
  // Buffers and native objects of the first collection are released while the program goes on, or with the second one.
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

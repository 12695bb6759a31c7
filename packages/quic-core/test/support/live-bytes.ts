import { setFlagsFromString } from 'node:v8';

// A collection ages compiled code, and several throw it away: what is measured would hold more or less of it each time.
setFlagsFromString('--no-flush-bytecode');

/**
 * Bytes in use by the program, garbage aside: objects and buffers. Buffers are freed beside the program, after the collection that
 * finds them: the busier the machine, the later. So collections go on until one frees nothing.
 */
export function liveBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  let least = Infinity;
  for (let look = 0; look < MOST_LOOKS; look++) {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external >= least) break;
    least = heapUsed + external;
  }
  return least;
}

/**
 * Bytes that `make` leaves in memory as long as its result is held: those that dropping the result frees, since what
 * compilers add meanwhile stays. This is the second least of five runs, since what else is freed meanwhile nearly always
 * adds; one run before takes what is made only once. `make` must make all anew.
 */
export function heldBy(make: (run: number) => unknown): number {
  const freed: number[] = [];
  for (let run = 0; run <= 5; run++) {
    const held = [make(run)];
    const before = liveBytes();
    held.length = 0;
    if (run > 0) freed.push(before - liveBytes());
  }
  return freed.sort((a, b) => a - b)[1]!;
}

const MOST_LOOKS = 8;

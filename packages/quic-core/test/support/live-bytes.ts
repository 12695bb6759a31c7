/** Bytes in use by the program, garbage aside: objects and buffers. */
export function liveBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * What `make` leaves in memory as long as its result is held: the least of three runs, after one that takes what is made
 * only once. Other things of the engine come and go meanwhile, so that one run alone may say anything.
 */
export function heldBy(make: (run: number) => unknown): number {
  let least = Infinity;
  for (let run = 0; run < 4; run++) {
    const before = liveBytes();
    const held = [make(run)];
    const bytes = liveBytes() - before;
    if (run > 0) least = Math.min(least, bytes);
    held.length = 0;
  }
  return least;
}

/** Milliseconds that this process has computed: how busy the machine is changes little of them. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * How many times as much `large` computes as `small`: of each the least of several runs, in turn, since compilers and
 * other programs only ever add. Both run once before it is measured.
 */
export function costRatio(large: () => unknown, small: () => unknown, runs = 7): number {
  large();
  small();
  let [largeMs, smallMs] = [Infinity, Infinity];
  for (let run = 0; run < runs; run++) {
    const start = cpuMs();
    small();
    const middle = cpuMs();
    large();
    smallMs = Math.min(smallMs, middle - start);
    largeMs = Math.min(largeMs, cpuMs() - middle);
  }
  return largeMs / smallMs;
}

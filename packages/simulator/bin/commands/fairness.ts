import { drawChart, type FairnessResult } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { MEASURE_FROM_US } from '../jobs/mixture.ts';
import { createProgress, runInLanes } from '../lanes.ts';
import { type Mixture, MIXTURES } from '../mixtures.ts';
import { drawTable } from '../table.ts';

/** Downloads that share a bottleneck: a chart of each mixture, then the table. */
export async function fairnessCommand(args: Arguments): Promise<Outcome> {
  const seed = args.seed ?? 1;
  args.say(`seed ${seed}; RTT 40 ms, queue 60 ms; 50 Mbit/s unless said; from ${MEASURE_FROM_US / 1e6} s on`);
  const inputs = MIXTURES.map((_, index) => ({ index, seed }));
  const progress = createProgress(MIXTURES.length, 'mixtures');
  const results = await runInLanes('mixture', inputs, args, (_, done) => progress(done));
  const rows = [['mixture', 'Jain', 'used', 'queue mean/p99 ms', 'dropped', 'Mbit/s each', '']];
  const verdicts = MIXTURES.map((mixture, index) => {
    const result = results[index]!;
    const passed = hasPassed(mixture, result);
    args.say(`${chartOf(mixture, result)}\n`);
    rows.push(cells(mixture, result, passed));
    return { name: mixture.name, passed, ...result, series: undefined };
  });
  args.say(drawTable(rows));
  const passed = verdicts.filter((verdict) => verdict.passed).length;
  return { passed, failed: verdicts.length - passed, results: { seed, mixtures: verdicts } };
}

function hasPassed(mixture: Mixture, { jain, utilisation, queueMs }: FairnessResult): boolean {
  return (
    jain >= mixture.jainAtLeast &&
    utilisation >= mixture.utilisationAtLeast &&
    queueMs.p99 <= (mixture.p99QueueMsAtMost ?? Infinity)
  );
}

function cells(mixture: Mixture, result: FairnessResult, passed: boolean): string[] {
  const { jain, utilisation, queueMs, dropped, shares } = result;
  const most = mixture.p99QueueMsAtMost === undefined ? '' : ` ≤ ${mixture.p99QueueMsAtMost}`;
  return [
    mixture.name,
    `${jain.toFixed(3)} ≥ ${mixture.jainAtLeast.toFixed(2)}`,
    `${(utilisation * 100).toFixed(1)} % ≥ ${mixture.utilisationAtLeast * 100}`,
    `${queueMs.mean.toFixed(1)} / ${queueMs.p99.toFixed(1)}${most}`,
    String(dropped),
    shares.map(({ bytesPerSecond }) => megabits(bytesPerSecond)).join(' '),
    passed ? 'ok' : 'FAIL',
  ];
}

function chartOf(mixture: Mixture, result: FairnessResult): string {
  const series = result.series.map((points, index) => ({
    mark: String(index + 1),
    label: result.shares[index]!.name,
    points,
  }));
  const format = (bytesPerSecond: number): string => `${megabits(bytesPerSecond)} Mbit/s`;
  return drawChart(series, { title: mixture.name, rows: 10, format });
}

function megabits(bytesPerSecond: number): string {
  return ((bytesPerSecond * 8) / 1e6).toFixed(1);
}

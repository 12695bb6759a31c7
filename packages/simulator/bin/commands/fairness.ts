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
  args.say('shares and charts are of the first run; tail drop is judged by the mean of three');
  const inputs = MIXTURES.flatMap(({ runs = 1 }, index) =>
    Array.from({ length: runs }, (_, run) => ({ index, seed: seed + run })),
  );
  const progress = createProgress(inputs.length, 'runs');
  const results = await runInLanes('mixture', inputs, args, (_, done) => progress(done));
  const rows = [['mixture', 'Jain (least)', 'used', 'queue mean/p99 ms', 'dropped', 'Mbit/s each', '']];
  const verdicts = MIXTURES.map((mixture, index) => {
    const runs = results.filter((_, at) => inputs[at]!.index === index);
    const summary = summaryOf(runs);
    const passed = hasPassed(mixture, summary);
    args.say(`${chartOf(mixture, runs[0]!)}\n`);
    rows.push(cells(mixture, summary, runs[0]!, passed));
    return {
      name: mixture.name,
      passed,
      ...summary,
      runs: runs.map((run) => ({ ...run, series: undefined })),
    };
  });
  args.say(drawTable(rows));
  const passed = verdicts.filter((verdict) => verdict.passed).length;
  return { passed, failed: verdicts.length - passed, results: { seed, mixtures: verdicts } };
}

/** Means over the runs of a mixture. */
interface MixtureSummary {
  readonly jain: number;
  readonly leastJain: number;
  readonly utilisation: number;
  readonly queueMeanMs: number;
  readonly queueP99Ms: number;
  readonly dropped: number;
}

function summaryOf(runs: readonly FairnessResult[]): MixtureSummary {
  const mean = (of: (run: FairnessResult) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    jain: mean((run) => run.jain),
    leastJain: Math.min(...runs.map((run) => run.jain)),
    utilisation: mean((run) => run.utilisation),
    queueMeanMs: mean((run) => run.queueMs.mean),
    queueP99Ms: mean((run) => run.queueMs.p99),
    dropped: mean((run) => run.dropped),
  };
}

function hasPassed(mixture: Mixture, { jain, utilisation, queueP99Ms }: MixtureSummary): boolean {
  return (
    jain >= mixture.jainAtLeast &&
    utilisation >= mixture.utilisationAtLeast &&
    queueP99Ms <= (mixture.p99QueueMsAtMost ?? Infinity)
  );
}

function cells(mixture: Mixture, summary: MixtureSummary, first: FairnessResult, passed: boolean): string[] {
  const { jain, leastJain, utilisation, queueMeanMs, queueP99Ms, dropped } = summary;
  const { runs = 1 } = mixture;
  const most = mixture.p99QueueMsAtMost === undefined ? '' : ` ≤ ${mixture.p99QueueMsAtMost}`;
  return [
    mixture.name,
    `${jain.toFixed(3)}${runs > 1 ? ` (${leastJain.toFixed(3)})` : ''} ≥ ${mixture.jainAtLeast.toFixed(2)}`,
    `${(utilisation * 100).toFixed(1)} % ≥ ${mixture.utilisationAtLeast * 100}`,
    `${queueMeanMs.toFixed(1)} / ${queueP99Ms.toFixed(1)}${most}`,
    dropped.toFixed(0),
    first.shares.map(({ bytesPerSecond }) => megabits(bytesPerSecond)).join(' '),
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

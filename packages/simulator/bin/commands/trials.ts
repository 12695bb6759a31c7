import type { Arguments, Outcome } from '../arguments.ts';
import type { TrialRun } from '../jobs/trial.ts';
import { createProgress, runInLanes } from '../lanes.ts';
import { drawTable } from '../table.ts';
import { type Trial, TRIALS } from '../trials.ts';

/** One family of downloads over paths with a difficulty, each against limits from outside. */
export async function trialsCommand(args: Arguments): Promise<Outcome> {
  const family = args.name as keyof typeof TRIALS;
  const trials = TRIALS[family];
  const first = args.seed ?? 1;
  const inputs = trials.flatMap((trial, index) =>
    Array.from({ length: args.seeds ?? trial.seeds }, (_, i) => ({ family, index, seed: first + i })),
  );
  const progress = createProgress(inputs.length, 'runs');
  const results = await runInLanes('trial', inputs, args, (_, done) => progress(done));
  const rows = [['trial', 'Mbit/s least', 'median', 'limit', 'Jain', 'queue p99 ms', 'seeds', '']];
  const verdicts = trials.map((trial, index) => {
    const runs = results.filter((_, at) => inputs[at]!.index === index);
    const passed = hasPassed(trial, runs);
    rows.push(cells(trial, runs, passed));
    return { name: trial.name, source: trial.source, passed, runs };
  });
  args.say(`seeds from ${first}; rates with headers, between the times of each trial\n${drawTable(rows)}`);
  for (const { name, source } of trials) args.say(`  ${name}: ${source}`);
  const passed = verdicts.filter((verdict) => verdict.passed).length;
  return { passed, failed: verdicts.length - passed, results: { first, trials: verdicts } };
}

function hasPassed(trial: Trial, runs: readonly TrialRun[]): boolean {
  const rates = runs.map(({ megabits }) => megabits);
  return (
    (trial.every === true ? Math.min(...rates) : median(rates)) >= trial.atLeast &&
    median(runs.map(({ jain }) => jain)) >= (trial.jainAtLeast ?? 0) &&
    median(runs.map(({ queueP99Ms }) => queueP99Ms)) <= (trial.queueMsAtMost ?? Infinity)
  );
}

function cells(trial: Trial, runs: readonly TrialRun[], passed: boolean): string[] {
  const rates = runs.map(({ megabits }) => megabits);
  const { jainAtLeast, queueMsAtMost } = trial;
  return [
    trial.name,
    Math.min(...rates).toFixed(1),
    median(rates).toFixed(1),
    `≥ ${trial.atLeast}${trial.every === true ? ' each' : ''}`,
    jainAtLeast === undefined ? '' : `${median(runs.map(({ jain }) => jain)).toFixed(2)} ≥ ${jainAtLeast}`,
    median(runs.map(({ queueP99Ms }) => queueP99Ms)).toFixed(0) +
      (queueMsAtMost === undefined ? '' : ` ≤ ${queueMsAtMost}`),
    String(runs.length),
    passed ? 'ok' : 'FAIL',
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
}

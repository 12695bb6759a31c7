import type { Bundles } from './bundle.ts';
import { packageOf } from './population.ts';
import { runProcess } from './process.ts';
import type { Report, Stage } from './runner.ts';
import type { SurveyedTest } from './survey.ts';

/** The result for one mutant. */
export interface Verdict {
  readonly fate: 'killed' | 'survived' | 'timed out' | 'unreached';
  /** The test that failed or did not end. */
  readonly by: string;
  /** How many tests were run. */
  readonly ran: number;
}

/** Tests that take less CPU time run before the others of their package. */
const QUICK_MS = 150;
/** Times the CPU time without a mutant that a test may take. */
const PATIENCE = 6;
const GRACE_MS = 4000;

/**
 * The stages in which `tests` run for a mutant of `file`: those of its package first, and quick ones first.
 */
function planTrial(file: string, tests: readonly SurveyedTest[]): SurveyedTest[][] {
  const stages = new Map<string, SurveyedTest[]>();
  for (const test of tests) {
    const key = `${rank(file, test)} ${test.file}`;
    const stage = stages.get(key);
    if (stage === undefined) stages.set(key, [test]);
    else stage.push(test);
  }
  const costOf = (stage: readonly SurveyedTest[]): number => stage.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return [...stages.values()]
    .map((stage) => ({ stage, rank: rank(file, stage[0]!), cost: costOf(stage) }))
    .sort((a, b) => a.rank - b.rank || a.cost - b.cost)
    .map(({ stage }) => stage.sort((a, b) => a.index - b.index));
}

function rank(file: string, test: SurveyedTest): number {
  const isQuick = test.cpuMs < QUICK_MS;
  if (isQuick && test.file === file.replace(/\.ts$/, '.test.ts')) return 0;
  return (packageOf(test.file) === packageOf(file) ? 1 : 3) + (isQuick ? 0 : 1);
}

/**
 * Run tests in stages with one mutant active, until one fails. Tests that measure come last, and their
 * verdict is repeated: each must fail with the mutant and pass without it.
 */
export async function tryMutant(
  bundles: Bundles,
  number: number,
  file: string,
  tests: readonly SurveyedTest[],
): Promise<Verdict> {
  if (tests.length === 0) return { fate: 'unreached', by: '', ran: 0 };
  let verdict = await runPlan(
    bundles,
    number,
    planTrial(
      file,
      tests.filter(({ measures }) => !measures),
    ),
  );
  for (const test of tests.filter(({ measures }) => measures)) {
    if (verdict.fate !== 'survived') break;
    const { ran } = verdict;
    verdict = await runPlan(bundles, number, [[test]]);
    const isProved = async (): Promise<boolean> =>
      (await runPlan(bundles, number, [[test]])).fate !== 'survived' &&
      (await runPlan(bundles, -1, [[test]])).fate === 'survived';
    if (verdict.fate === 'survived' || !(await isProved()))
      verdict = { fate: 'survived', by: '', ran: ran + 1 };
  }
  return verdict;
}

async function runPlan(
  bundles: Bundles,
  number: number,
  plan: readonly (readonly SurveyedTest[])[],
): Promise<Verdict> {
  const stages: Stage[] = plan.map((stage) => ({
    bundle: bundles.entries.get(stage[0]!.file)!,
    tests: stage.map(({ index }) => index),
    limitsMs: stage.map(({ cpuMs }) => cpuMs * PATIENCE + GRACE_MS),
  }));
  const nameOf = (stage: number): string => plan[stage]![0]!.file;
  let at = '';
  let ran = 0;
  let verdict: Verdict | undefined;
  await runProcess(
    bundles.runner,
    { isSurvey: false, stages },
    { mutant: number, places: 0 },
    (report: Report) => {
      if (report.kind === 'test') {
        at = `${nameOf(report.stage)} ${report.title}`;
        ran++;
      }
      if (report.kind === 'loaded') at = nameOf(report.stage);
      verdict ??= judge(report, at, ran);
    },
  );
  // A process that ended without a report ran out of memory, or of tasks.
  return verdict ?? { fate: 'killed', by: at, ran };
}

function judge(report: Report, by: string, ran: number): Verdict | undefined {
  if (report.kind === 'late') return { fate: 'timed out', by, ran };
  if (report.kind === 'done') return { fate: 'survived', by: '', ran };
  const isFault = (report.kind === 'loaded' || report.kind === 'ended') && report.error !== undefined;
  return isFault ? { fate: 'killed', by, ran } : undefined;
}

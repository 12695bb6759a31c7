// pnpm baselines [--stack NAMES] [--work NAMES] [--rounds N] [--share 0.1] [--warm 25] [--page FILE] [--json]
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable } from '../benchmark.ts';
import { createWorkplace } from '../workplace.ts';
import { pageOf, type Report } from './page.ts';
import { figuresOf, tableOf, type Result } from './result.ts';
import { type Stack, STACKS } from './stacks.ts';
import { runTrial, type Trial } from './trial.ts';
import { type Work, worksOf } from './works.ts';

const USAGE = `pnpm bench baselines [--stack NAMES] [--work NAMES] [--rounds N] [--share 0.1] [--warm 25] [--page FILE] [--json]

Measures other stacks of this machine beside this one. NAMES have commas between them: stacks are
${STACKS.map(({ name }) => name).join(', ')}; works are
${worksOf(1)
  .map(({ name }) => name)
  .join(
    ', ',
  )}. Default: all of these, three rounds. --share N makes works N times as large, --warm N what goes before
them: 4 MB, 300 requests or 30 handshakes, which a runtime with a compiler has hardly compiled yet.`;

const { values } = parseArgs({
  options: {
    stack: { type: 'string' },
    work: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    share: { type: 'string', default: '1' },
    warm: { type: 'string', default: '1' },
    page: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const say = values.json ? console.error : console.log;
const rounds = Number(values.rounds);
const stacks = chosen(STACKS, values.stack, 'stack');
const works = chosen(worksOf(Number(values.share)), values.work, 'work');
const fault = (['rounds', 'share', 'warm'] as const).find((name) => !(Number(values[name]) > 0));
if (values.help) console.log(USAGE);
else if (fault !== undefined) {
  console.error(`baselines: --${fault} takes a number above 0, not ${values[fault]}`);
  process.exitCode = 2;
} else if (stacks !== undefined && works !== undefined) await main(stacks, works, values.warm);

async function main(asked: readonly Stack[], all: readonly Work[], warm: string): Promise<void> {
  // The programs of all stacks read it.
  process.env['BASELINE_WARM'] = warm;
  const load = (): string => (loadavg()[0] ?? 0).toFixed(2);
  const loadBefore = load();
  const { versions, installed } = await install(asked);
  const results = await measure(installed, all);
  const report: Report = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? ''}, load average ${loadBefore} before, ${load()} after`,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    versions,
    works: all,
    results,
  };
  for (const work of all) {
    const own = results.filter((result) => result.work === work.name);
    say(`\n${work.about}\n${formatTable(tableOf(work, own))}`);
    for (const { stack, failure } of own) if (failure !== '') say(`${stack}: ${failure}`);
  }
  say(`\n${report.machine}`);
  if (values.page !== undefined) writeFileSync(values.page, pageOf(report));
  if (values.json) console.log(JSON.stringify({ ...report, results: results.map(withFigures) }));
  const failed = results.filter(({ failure, trials }) => failure !== '' && trials.length < rounds).length;
  say(`${results.length - failed} measured, ${failed} not`);
}

async function install(
  asked: readonly Stack[],
): Promise<{ versions: Record<string, string>; installed: Stack[] }> {
  const versions: Record<string, string> = {};
  const installed: Stack[] = [];
  for (const stack of asked) {
    try {
      versions[stack.name] = await stack.install();
      installed.push(stack);
    } catch (error) {
      versions[stack.name] = 'not installed';
      say(`${stack.name} is not installed: ${(error as Error).message}`);
    }
  }
  return { versions, installed };
}

/** Rounds go through all stacks, so that what slows the machine meanwhile slows them all. */
async function measure(asked: readonly Stack[], all: readonly Work[]): Promise<Result[]> {
  const workplace = await createWorkplace();
  const results: Result[] = [];
  try {
    for (const work of all) {
      const trials = new Map<string, Trial[]>(asked.map(({ name }) => [name, []]));
      const failures = new Map<string, string>();
      for (let round = 1; round <= rounds; round++) {
        for (const stack of asked) {
          if (failures.has(stack.name)) continue;
          say(`${work.name}, round ${round} of ${rounds}: ${stack.name}`);
          const reason = stack.cannot[work.name];
          if (reason !== undefined) failures.set(stack.name, reason);
          else
            await runTrial(stack, work, workplace).then(
              (trial) => trials.get(stack.name)!.push(trial),
              (error: Error) => failures.set(stack.name, error.message),
            );
        }
      }
      for (const { name } of asked)
        results.push({
          stack: name,
          work: work.name,
          trials: trials.get(name)!,
          failure: failures.get(name) ?? '',
        });
    }
  } finally {
    workplace.remove();
  }
  return results;
}

function withFigures(result: Result): object {
  const work = works?.find(({ name }) => name === result.work);
  return {
    ...result,
    ...(work !== undefined && result.trials.length > 0 && { figures: figuresOf(result, work) }),
  };
}

/** Those of the names in `list`, or all. A name that is none of theirs is told. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  list: string | undefined,
  kind: string,
): T[] | undefined {
  if (list === undefined) return [...all];
  const names = list.split(',');
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown === undefined) return all.filter(({ name }) => names.includes(name));
  console.error(`baselines: no ${kind} ${unknown}: use ${all.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
  return undefined;
}

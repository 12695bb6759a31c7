// `pnpm mutants --sample N --seed S`: changes the sources of the pure packages in one place at a time, and
// prints the changes that no test notices. The working tree is never changed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EQUIVALENTS, findStale, readEquivalents } from './mutants/equivalents.ts';
import type { Mutant } from './mutants/mutant.ts';
import { type Claim, judgeClaims } from './mutants/claims.ts';
import { MUTATED_PACKAGES, packageOf, type Population, takeCensus } from './mutants/population.ts';
import { runMutants, type Result, type Surroundings } from './mutants/run.ts';
import { drawSample, shuffle } from './mutants/sample.ts';

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    package: { type: 'string', default: MUTATED_PACKAGES.join(',') },
    file: { type: 'string', default: '' },
    tests: { type: 'string', default: '' },
    lanes: { type: 'string', default: '2' },
    json: { type: 'string' },
    again: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
    list: { type: 'boolean', default: false },
    ids: { type: 'boolean', default: false },
    id: { type: 'string', default: '' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const began = performance.now();

await main();

async function main(): Promise<void> {
  const population = takeCensus(root);
  const equivalents = readEquivalents(root);
  const stale = findStale(equivalents, population.mutants);
  for (const { file, line, mutation } of stale) {
    console.log(`${EQUIVALENTS}: no such mutant any more: ${file} | ${line} | ${mutation}`);
  }
  const surroundings = {
    root,
    folder: join(root, '.cache/mutants'),
    lanes: Number(options.lanes),
    only: options.tests,
    equivalents,
    say: progress,
  };
  if (options.ids) return judgeIds(population, surroundings);
  const chosen = chooseMutants(population.mutants);
  console.log(
    `${chosen.length} of ${population.mutants.length} mutants, seed ${options.seed}: pnpm mutants --sample ${options.sample} --seed ${options.seed}`,
  );
  if (options.list) {
    for (const number of chosen) console.log(describe(population.mutants[number]!));
    return;
  }
  const known: Result[] = [];
  const mostMs = Number(options.minutes) * 60_000;
  const results = await runMutants(population, shuffle(chosen, Number(options.seed)), {
    ...surroundings,
    isOver: () => performance.now() - began > mostMs,
    onResult(result): void {
      known.push(result);
      progress(
        `${known.length}/${chosen.length} ${result.fate.padEnd(10)} ${describe(result.mutant)}  ${result.by}`,
      );
      if (options.json !== undefined) save(options.json, known);
    },
  });
  conclude(results, chosen.length, stale.length);
}

/** `--ids`: whether the tests that name a requirement notice changes of the code that carries it. */
async function judgeIds(population: Population, surroundings: Omit<Surroundings, 'onResult'>): Promise<void> {
  const choice = {
    count: Number(options.sample),
    seed: Number(options.seed),
    pattern: new RegExp(options.id),
  };
  console.log(`requirements, seed ${options.seed}: pnpm mutants --ids --sample ${options.sample}`);
  const known: Claim[] = [];
  const claims = await judgeClaims(population, choice, { ...surroundings, onResult() {} }, (claim) => {
    known.push(claim);
    const { id, fate, mutant, by, tried } = claim;
    const change = mutant === undefined ? `after ${tried} changes` : describe(population.mutants[mutant]!);
    progress(`${known.length} ${fate.padEnd(9)} ${id}  ${change}  ${by}`);
    if (options.json !== undefined) save(options.json, known);
  });
  const of = (fate: Claim['fate']): Claim[] => claims.filter((claim) => claim.fate === fate);
  console.log('');
  for (const { id, tried, by } of of('unnoticed'))
    console.log(`unnoticed ${id} after ${tried} changes: ${by}`);
  for (const { id, by } of of('unowned')) console.log(`no code that its tests run names ${id}: ${by}`);
  console.log(
    `${of('noticed').length} passed, ${of('unnoticed').length} failed, ${of('unowned').length} unowned`,
  );
  process.exitCode = of('unnoticed').length > 0 ? 1 : 0;
}

/** Numbers of the mutants of this run, in the order of their files. */
function chooseMutants(mutants: readonly Mutant[]): number[] {
  const packages = options.package.split(',');
  const pattern = new RegExp(options.file);
  const numbers = [...mutants.keys()].filter((number) => {
    const { file } = mutants[number]!;
    return packages.includes(packageOf(file)) && pattern.test(file);
  });
  if (options.again !== undefined) {
    const before = JSON.parse(readFileSync(options.again, 'utf8')) as Result[];
    const lived = new Set(before.filter(({ fate }) => isAlive(fate)).map(({ mutant }) => identity(mutant)));
    return numbers.filter((number) => lived.has(identity(mutants[number]!)));
  }
  return drawSample(numbers, Number(options.sample), Number(options.seed));
}

function conclude(results: readonly Result[], chosen: number, stale: number): void {
  console.log('');
  if (results.length < chosen) {
    console.log(`the time was over after ${results.length} of ${chosen} mutants, which are a sample of them`);
  }
  for (const { mutant, fate } of results)
    if (isAlive(fate)) console.log(`${fate.padEnd(10)} ${describe(mutant)}`);
  for (const name of new Set(results.map(({ mutant }) => packageOf(mutant.file)))) {
    console.log(`${name}: ${summary(results.filter(({ mutant }) => packageOf(mutant.file) === name))}`);
  }
  console.log(`all: ${summary(results)}`);
  const alive = results.filter(({ fate }) => isAlive(fate)).length;
  console.log(`${results.length - alive} passed, ${alive + stale} failed`);
  process.exitCode = stale > 0 ? 1 : 0;
}

function summary(results: readonly Result[]): string {
  const count = (...fates: Result['fate'][]): number =>
    results.filter(({ fate }) => fates.includes(fate)).length;
  const dead = count('killed', 'timed out');
  const judged = results.length - count('equivalent');
  const percent = judged === 0 ? 100 : (100 * dead) / judged;
  return `${dead} of ${judged} mutants die (${percent.toFixed(1)} %), ${count('timed out')} of them by time; ${count('survived')} survive, ${count('unreached')} are run by no test, ${count('equivalent')} are equivalent`;
}

function isAlive(fate: Result['fate']): boolean {
  return fate === 'survived' || fate === 'unreached';
}

function identity({ file, text, mutation }: Mutant): string {
  return `${file} ${text} ${mutation}`;
}

function describe({ file, line, mutation }: Mutant): string {
  return `${file}:${line} ${mutation}`;
}

function progress(line: string): void {
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

function save(path: string, results: readonly unknown[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, undefined, 1)}\n`);
}

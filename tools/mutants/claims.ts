import { join } from 'node:path';
import { listSources, parseSource } from '../source-files.ts';
import { bundleTests } from './bundle.ts';
import { reasonOf } from './equivalents.ts';
import { findOwners, type Owner, ownersOf } from './owners.ts';
import { MUTATED_PACKAGES, mutantsIn, type Population } from './population.ts';
import { inLanes } from './process.ts';
import { findJudges, type Surroundings } from './run.ts';
import { drawSample } from './sample.ts';
import type { SurveyedTest } from './survey.ts';
import { tryMutant } from './trial.ts';
import { weaveMutants } from './weave.ts';

/** The result for a requirement that tests name. */
export interface Claim {
  readonly id: string;
  /**
   * Whether a test that names the requirement notices a change of the code that carries it; `unowned` when no
   * code that such a test runs cites it.
   */
  readonly fate: 'noticed' | 'unnoticed' | 'unowned';
  /** The change that was noticed. */
  readonly mutant: number | undefined;
  /** The test that noticed, or the tests that name the requirement. */
  readonly by: string;
  readonly tried: number;
}

/** Changes that are tried before a claim counts as unproved. */
const MOST_TRIES = 16;

/** Judge a sample of the requirements that tests of the packages name. */
export async function judgeClaims(
  population: Population,
  { count, seed, pattern }: { readonly count: number; readonly seed: number; readonly pattern: RegExp },
  surroundings: Surroundings,
  onClaim: (claim: Claim) => void,
): Promise<Claim[]> {
  const { root, folder, lanes } = surroundings;
  const folders = MUTATED_PACKAGES.map((name) => `packages/${name}`);
  const testFiles = listSources(root, folders).filter((path) => path.endsWith('.test.ts'));
  const judges = await findJudges(testFiles, population, surroundings);
  const owners = [...population.numbered.keys()].flatMap((path) => findOwners(parseSource(root, path)));
  const ids = [...new Set(judges.flatMap((test) => test.ids))].filter((id) => pattern.test(id)).sort();
  const candidates = new Map(
    drawSample(ids, count, seed).map((id) => {
      const tests = judges.filter((test) => test.ids.includes(id));
      return [id, { tests, mutants: mutantsOf(population, ownersOf(owners, id), tests, surroundings, seed) }];
    }),
  );
  const wanted = new Set([...candidates.values()].flatMap(({ mutants }) => mutants));
  const bundles = await bundleTests(root, testFiles, join(folder, 'trials'), (file, text) =>
    weaveMutants(
      text,
      mutantsIn(population, file, text, (number) => wanted.has(number)),
    ),
  );
  const claims: Claim[] = [];
  await inLanes([...candidates], lanes, async ([id, { tests, mutants }]) => {
    let claim: Claim = { id, fate: 'unowned', mutant: undefined, by: nameTests(tests), tried: 0 };
    for (const mutant of mutants) {
      const { file } = population.mutants[mutant]!;
      const reached = tests.filter((test) => test.reaches(mutant));
      const { fate, by } = await tryMutant(bundles, mutant, file, reached);
      const isDead = fate === 'killed' || fate === 'timed out';
      const tried = claim.tried + 1;
      claim = isDead ? { id, fate: 'noticed', mutant, by, tried } : { ...claim, fate: 'unnoticed', tried };
      if (isDead) break;
    }
    claims.push(claim);
    onClaim(claim);
  });
  return claims;
}

/**
 * Changes of the code that carries the requirement, in places that one of the tests runs, of the smallest
 * owners first.
 */
function mutantsOf(
  { mutants, numbered }: Population,
  owners: readonly Owner[],
  tests: readonly SurveyedTest[],
  { equivalents }: Surroundings,
  seed: number,
): number[] {
  const chosen = new Set<number>();
  const bySize = [...owners].sort((a, b) => a.end - a.start - (b.end - b.start));
  for (const { file, start, end } of bySize) {
    const own = (numbered.get(file) ?? []).filter(
      ({ mutant, number }) =>
        mutant.start >= start &&
        mutant.end <= end &&
        reasonOf(equivalents, mutants[number]!) === undefined &&
        tests.some((test) => test.reaches(number)),
    );
    for (const { number } of drawSample(own, MOST_TRIES - chosen.size, seed)) chosen.add(number);
  }
  return [...chosen].slice(0, MOST_TRIES);
}

function nameTests(tests: readonly SurveyedTest[]): string {
  return [...new Set(tests.map(({ file }) => file))].join(', ');
}

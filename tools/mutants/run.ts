import { join } from 'node:path';
import { listSources } from '../source-files.ts';
import { bundleTests } from './bundle.ts';
import { reasonOf, type Equivalent } from './equivalents.ts';
import type { Mutant } from './mutant.ts';
import { mutantsIn, packageOf, SIMULATOR, type Population } from './population.ts';
import { inLanes } from './process.ts';
import { surveyTests, type SurveyedTest } from './survey.ts';
import { tryMutant, type Verdict } from './trial.ts';
import { weaveMutants } from './weave.ts';

/** One mutant of a run and its result. */
export interface Result {
  readonly mutant: Mutant;
  readonly fate: Verdict['fate'] | 'equivalent';
  /** The test that killed it, or why it is equivalent. */
  readonly by: string;
  /** How many tests were run for it. */
  readonly ran: number;
}

/** Options of a run besides its mutants. */
export interface Surroundings {
  /** Root of the repository, which is only read. */
  readonly root: string;
  /** Where bundles and surveys are written. */
  readonly folder: string;
  /** A pattern: only tests whose path matches are run. */
  readonly only?: string;
  /** Processes at once. */
  readonly lanes: number;
  readonly equivalents: readonly Equivalent[];
  /** Called with each line of progress. */
  readonly say: (line: string) => void;
  /** Called when the result of one more mutant is known. */
  readonly onResult: (result: Result) => void;
  /** Once this returns true, no further mutant is tried. */
  readonly isOver?: () => boolean;
}

/** Try the mutants with the numbers `chosen`, in their order: the results, in the order in which they became known. */
export async function runMutants(
  population: Population,
  chosen: readonly number[],
  surroundings: Surroundings,
): Promise<Result[]> {
  const { root, folder, only = '', lanes, equivalents, onResult, isOver } = surroundings;
  const pattern = new RegExp(only);
  const names = new Set(chosen.map((number) => packageOf(population.mutants[number]!.file)));
  const folders = [...names, SIMULATOR].map((name) => `packages/${name}`);
  const testFiles = listSources(root, folders).filter(
    (path) => path.endsWith('.test.ts') && pattern.test(path),
  );
  const judges = await findJudges(testFiles, population, surroundings);
  const alive = new Set(chosen);
  const bundles = await bundleTests(root, testFiles, join(folder, 'trials'), (file, text) =>
    weaveMutants(
      text,
      mutantsIn(population, file, text, (number) => alive.has(number)),
    ),
  );
  const results: Result[] = [];
  const attempt = async (number: number): Promise<void> => {
    const mutant = population.mutants[number]!;
    const reason = reasonOf(equivalents, mutant);
    const result: Result =
      reason === undefined
        ? { mutant, ...(await tryMutant(bundles, number, mutant.file, judgesOf(judges, mutant, number))) }
        : { mutant, fate: 'equivalent', by: reason, ran: 0 };
    results.push(result);
    onResult(result);
  };
  await inLanes(chosen, lanes, attempt, isOver);
  return results;
}

/** Every test that passes without a mutant. */
export async function findJudges(
  testFiles: readonly string[],
  population: Population,
  { root, folder, lanes, say }: Surroundings,
): Promise<SurveyedTest[]> {
  const surveyed = await surveyTests(root, folder, testFiles, population, lanes, say);
  for (const { file, title, error } of surveyed) {
    if (error !== undefined) say(`not asked, since it fails without a mutant: ${file} ${title}: ${error}`);
  }
  const judges = surveyed.filter(({ error }) => error === undefined);
  say(`${judges.length} tests surveyed`);
  return judges;
}

/** The tests that run the place of a mutant: of its package and of the simulator. */
function judgesOf(judges: readonly SurveyedTest[], { file }: Mutant, number: number): SurveyedTest[] {
  return judges.filter((test) => {
    const name = packageOf(test.file);
    return (name === SIMULATOR || name === packageOf(file)) && test.reaches(number);
  });
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bundleTests, type Bundles } from './bundle.ts';
import { mutantsIn, type Population } from './population.ts';
import { inLanes, runProcess } from './process.ts';
import type { Report } from './runner.ts';
import { weaveProbes } from './weave.ts';

/** One test as it runs without a mutant. */
export interface SurveyedTest {
  /** Its test file. */
  readonly file: string;
  /** Its place among the tests of the file. */
  readonly index: number;
  readonly title: string;
  readonly cpuMs: number;
  /** Whether it measures time or memory, so that the machine affects its result. */
  readonly measures: boolean;
  /** Requirements that it names by `covers`. */
  readonly ids: readonly string[];
  /** Whether it runs the place of a mutant, by the mutant's number. */
  readonly reaches: (mutant: number) => boolean;
  /** Its error without a mutant: such a test judges no mutants. */
  readonly error: string | undefined;
}

/** Changed when the contents of surveys change. */
const FORMAT = 'with ids';

interface Record {
  readonly loadHits: string;
  readonly tests: readonly RecordedTest[];
  readonly fault?: string;
}

interface RecordedTest {
  readonly title: string;
  readonly cpuMs: number;
  readonly hits: string;
  readonly measures: boolean;
  readonly ids: readonly string[];
  readonly error?: string;
}

/**
 * Run every test once without a mutant, and record how long it computes and which places it runs. The record
 * of a test file is kept in `folder` as long as none of its sources change.
 */
export async function surveyTests(
  root: string,
  folder: string,
  tests: readonly string[],
  population: Population,
  lanes: number,
  say: (line: string) => void,
): Promise<SurveyedTest[]> {
  const { mutants, readers } = population;
  const bundles = await bundleTests(root, tests, join(folder, 'survey'), (file, text) =>
    weaveProbes(text, mutantsIn(population, file, text), readers.get(file) ?? []),
  );
  const census = createHash('sha256').update(FORMAT).update(mutants.map(identity).join('\n')).digest('hex');
  mkdirSync(join(folder, 'surveyed'), { recursive: true });
  const surveyed: SurveyedTest[] = [];
  let done = 0;
  await inLanes(tests, lanes, async (file) => {
    const digest = createHash('sha256')
      .update(census + bundles.digests.get(file)!)
      .digest('hex');
    const path = join(folder, 'surveyed', `${digest}.json`);
    let record = readRecord(path);
    if (record === undefined) {
      record = await surveyFile(bundles, file, mutants.length);
      writeFileSync(path, JSON.stringify(record));
    }
    surveyed.push(...testsOf(file, record, population));
    done++;
    if (done % 20 === 0) say(`${done} of ${tests.length} test files surveyed`);
  });
  return surveyed;
}

function identity({ file, start, mutation }: Population['mutants'][number]): string {
  return `${file} ${start} ${mutation}`;
}

function readRecord(path: string): Record | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record;
  } catch {
    return undefined;
  }
}

async function surveyFile(bundles: Bundles, file: string, places: number): Promise<Record> {
  let loadHits = '';
  let fault: string | undefined = 'it did not end';
  const tests: RecordedTest[] = [];
  const onReport = (report: Report): void => {
    if (report.kind === 'loaded') loadHits = report.hits;
    if (report.kind === 'loaded' && report.error !== undefined) fault = report.error;
    if (report.kind === 'done' && fault === 'it did not end') fault = undefined;
    if (report.kind === 'test') {
      tests.push({
        title: report.title,
        cpuMs: 0,
        hits: '',
        measures: false,
        ids: [],
        error: 'it did not end',
      });
    } else if (report.kind === 'ended') {
      const { cpuMs, hits, measures, ids, error } = report;
      const { title } = tests.pop()!;
      tests.push({ title, cpuMs, hits, measures, ids, ...(error === undefined ? {} : { error }) });
    }
  };
  const stages = [{ bundle: bundles.entries.get(file)!, tests: undefined, limitsMs: [] }];
  await runProcess(bundles.runner, { isSurvey: true, stages }, { mutant: -1, places }, onReport);
  return { loadHits, tests, ...(fault === undefined ? {} : { fault }) };
}

function testsOf(file: string, { loadHits, tests, fault }: Record, { unread }: Population): SurveyedTest[] {
  const loaded = Buffer.from(loadHits, 'base64');
  const fromLoad = new Set([...unread].filter((number) => isSet(loaded, number)));
  if (tests.length === 0 && fault !== undefined) {
    return [
      { file, index: 0, title: '', cpuMs: 0, measures: false, ids: [], reaches: () => false, error: fault },
    ];
  }
  return tests.map(({ title, cpuMs, hits, measures, ids, error }, index) => {
    const ran = Buffer.from(hits, 'base64');
    const reaches = (mutant: number): boolean => isSet(ran, mutant) || fromLoad.has(mutant);
    return { file, index, title, cpuMs, measures, ids, reaches, error };
  });
}

function isSet(bits: Uint8Array, number: number): boolean {
  return ((bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
}

import type ts from 'typescript';
import { isTest, listSources, parseSource } from '../source-files.ts';
import { findMutants, type Mutant } from './mutant.ts';
import { constantAt, findReaders } from './reader.ts';
import type { NumberedMutant, NumberedReader } from './weave.ts';

/** Packages whose code is mutated; the simulator's tests run after those of the package. */
export const MUTATED_PACKAGES = ['quic-core', 'tls13', 'congestion', 'qpack', 'http3'] as const;
export const SIMULATOR = 'simulator';

/** Compliance suites are in `src`, because other implementations run them, but count as tests. */
const COMPLIANCE = /-compliance\.ts$/;

/** All possible mutants, numbered in the order of files and texts. */
export interface Population {
  readonly mutants: readonly Mutant[];
  /** Texts by file, which must not change during a run. */
  readonly texts: ReadonlyMap<string, string>;
  /** By file. */
  readonly numbered: ReadonlyMap<string, readonly NumberedMutant[]>;
  /** By file, the places that read constants whose mutants are static. */
  readonly readers: ReadonlyMap<string, readonly NumberedReader[]>;
  /**
   * Numbers of static mutants without known readers: the tests that load their module are taken to run them.
   */
  readonly unread: ReadonlySet<number>;
}

/** Every mutant of the packages' sources. */
export function takeCensus(root: string): Population {
  const packages = [...MUTATED_PACKAGES, SIMULATOR];
  const paths = listSources(
    root,
    packages.map((name) => `packages/${name}`),
  );
  const files = paths.map((path) => parseSource(root, path));
  const mutants: Mutant[] = [];
  const numbered = new Map<string, NumberedMutant[]>();
  for (const file of files.filter(({ fileName }) => isMutated(fileName))) {
    const own = findMutants(file).map((mutant, index) => ({ mutant, number: mutants.length + index }));
    numbered.set(file.fileName, own);
    mutants.push(...own.map(({ mutant }) => mutant));
  }
  const texts = new Map(files.map(({ fileName, text }) => [fileName, text]));
  return { mutants, texts, numbered, ...readersOf(files, numbered) };
}

/** The mutants of a file with this text that `isWanted` by their numbers; an Error when the file has changed meanwhile. */
export function mutantsIn(
  { texts, numbered }: Population,
  file: string,
  text: string,
  isWanted: (number: number) => boolean = () => true,
): NumberedMutant[] {
  const own = numbered.get(file) ?? [];
  if (own.length > 0 && texts.get(file) !== text) throw new Error(`${file} has changed since the run began`);
  return own.filter(({ number }) => isWanted(number));
}

/** The package that a path belongs to. */
export function packageOf(path: string): string {
  return /^packages\/([^/]+)\//.exec(path)?.[1] ?? '';
}

function isMutated(path: string): boolean {
  const name = packageOf(path);
  return (
    MUTATED_PACKAGES.some((mutated) => mutated === name) &&
    path.startsWith(`packages/${name}/src/`) &&
    !isTest(path) &&
    !COMPLIANCE.test(path)
  );
}

function readersOf(
  files: readonly ts.SourceFile[],
  numbered: ReadonlyMap<string, readonly NumberedMutant[]>,
): Pick<Population, 'readers' | 'unread'> {
  const readers = new Map<string, NumberedReader[]>();
  const unread = new Set<number>();
  for (const file of files) {
    const constants = new Map<string | undefined, number[]>();
    for (const { mutant, number } of numbered.get(file.fileName) ?? []) {
      if (!mutant.isStatic) continue;
      const name = constantAt(file, mutant);
      constants.set(name, [...(constants.get(name) ?? []), number]);
    }
    for (const [name, numbers] of constants) {
      const found = name === undefined ? undefined : findReaders(name, file.fileName, files);
      if (found === undefined) for (const number of numbers) unread.add(number);
      for (const reader of found ?? []) {
        const own = readers.get(reader.file);
        if (own === undefined) readers.set(reader.file, [{ reader, numbers }]);
        else own.push({ reader, numbers });
      }
    }
  }
  return { readers, unread };
}

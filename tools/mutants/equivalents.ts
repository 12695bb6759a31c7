import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant.ts';

/** A mutant that behaves like the code, and the reason. */
export interface Equivalent {
  readonly file: string;
  /** The text of the line, trimmed. */
  readonly line: string;
  readonly mutation: string;
  readonly reason: string;
}

export const EQUIVALENTS = 'docs/equivalent-mutants.json';

/** The table of mutants that no test can kill. */
export function readEquivalents(root: string): Equivalent[] {
  return JSON.parse(readFileSync(join(root, EQUIVALENTS), 'utf8')) as Equivalent[];
}

/** Why a mutant counts as equivalent, if it does. */
export function reasonOf(equivalents: readonly Equivalent[], mutant: Mutant): string | undefined {
  return equivalents.find((entry) => isEntryOf(entry, mutant))?.reason;
}

/** Entries that match no mutant any more, because their line has changed. */
export function findStale(equivalents: readonly Equivalent[], mutants: readonly Mutant[]): Equivalent[] {
  return equivalents.filter((entry) => !mutants.some((mutant) => isEntryOf(entry, mutant)));
}

function isEntryOf({ file, line, mutation }: Equivalent, mutant: Mutant): boolean {
  return mutant.file === file && mutant.text === line && mutant.mutation === mutation;
}

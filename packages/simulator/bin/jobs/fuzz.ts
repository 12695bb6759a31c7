import { drawnText, type FrameFuzzResult, runFrameFuzz, type ScenarioRunOptions } from '@tsquic/simulator';
import { collectGarbage } from '../garbage.ts';
import type { SeedRange } from '../jobs.ts';
import type { FailedSeed } from './random.ts';
import { closeName } from '../close-names.ts';

/** What a range of seeds came to. */
export interface FuzzReport {
  readonly seeds: number;
  readonly failures: readonly FailedSeed[];
  /** Packets that were changed. */
  readonly changed: number;
  /** Runs in which none was. */
  readonly unchanged: number;
  /** How connections to the saboteur ended, by the honest side: the number of times. */
  readonly ends: Readonly<Record<FrameFuzzResult['honest'], Readonly<Record<string, number>>>>;
}

/** Packets changed before encryption, by the seeds of a range. */
export function runFuzzJob(
  { first, count }: SeedRange,
  { createCrypto }: Omit<ScenarioRunOptions, 'seed'>,
): FuzzReport {
  const failures: FailedSeed[] = [];
  const ends: Record<FrameFuzzResult['honest'], Record<string, number>> = { server: {}, client: {} };
  let changed = 0;
  let unchanged = 0;
  for (let seed = first; seed < first + count; seed++) {
    // A collection of garbage takes as long as a run.
    const heldBytes = seed === first ? collectGarbage : undefined;
    const result = runFrameFuzz({ seed, createCrypto, ...(heldBytes !== undefined && { heldBytes }) });
    if (result.faults.length > 0)
      failures.push({ seed, faults: result.faults.slice(0, 3), drawn: drawnText(result.drawn) });
    changed += result.changed;
    if (result.changed === 0) unchanged++;
    const table = ends[result.honest];
    for (const name of result.ends.map(closeName)) table[name] = (table[name] ?? 0) + 1;
  }
  return { seeds: count, failures, changed, unchanged, ends };
}

import { createRandomScenario, runScenario, type ScenarioRunOptions } from '@tsquic/simulator';
import type { SeedRange } from '../jobs.ts';

/** A seed whose scenario failed, with its first faults. */
export interface FailedSeed {
  readonly seed: number;
  readonly faults: readonly string[];
}

/** Scenarios made up by the seeds of a range: those that failed. */
export function runRandomJob(
  { first, count }: SeedRange,
  surroundings: Omit<ScenarioRunOptions, 'seed'>,
): { readonly seeds: number; readonly failures: readonly FailedSeed[] } {
  const failures: FailedSeed[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const { faults } = runScenario(createRandomScenario(seed), { ...surroundings, seed });
    if (faults.length > 0) failures.push({ seed, faults: faults.slice(0, 3) });
  }
  return { seeds: count, failures };
}

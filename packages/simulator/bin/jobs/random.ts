import { createRandomScenario, drawnScenario, runScenario, type ScenarioRunOptions } from '@tsquic/simulator';
import type { SeedRange } from '../jobs.ts';

/** A seed whose run failed, with its first faults. */
export interface FailedSeed {
  readonly seed: number;
  readonly faults: readonly string[];
  /** What the seed has drawn. */
  readonly drawn: string;
}

/** Scenarios made up by the seeds of a range: those that failed. */
export function runRandomJob(
  { first, count }: SeedRange,
  surroundings: Omit<ScenarioRunOptions, 'seed'>,
): { readonly seeds: number; readonly failures: readonly FailedSeed[] } {
  const failures: FailedSeed[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const scenario = createRandomScenario(seed);
    const { faults } = runScenario(scenario, { ...surroundings, seed });
    if (faults.length > 0)
      failures.push({ seed, faults: faults.slice(0, 3), drawn: drawnScenario(scenario) });
  }
  return { seeds: count, failures };
}

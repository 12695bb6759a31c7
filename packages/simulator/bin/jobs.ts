import { createSurroundings } from './surroundings.ts';
import { runFuzzJob } from './jobs/fuzz.ts';
import { runMasksJob } from './jobs/masks.ts';
import { runMixtureJob } from './jobs/mixture.ts';
import { runRandomJob } from './jobs/random.ts';
import { runRunnerJob } from './jobs/runner.ts';
import { runStallJob } from './jobs/stall.ts';
import { runTrialJob } from './jobs/trial.ts';
import type { Arguments } from './arguments.ts';

/** What threads can be asked to do: plain data in, plain data out. */
const JOBS = {
  fuzz: runFuzzJob,
  masks: runMasksJob,
  mixture: runMixtureJob,
  random: runRandomJob,
  runner: runRunnerJob,
  stall: runStallJob,
  trial: runTrialJob,
};

export type JobName = keyof typeof JOBS;
export type JobInput<N extends JobName> = Parameters<(typeof JOBS)[N]>[0];
export type JobResult<N extends JobName> = ReturnType<(typeof JOBS)[N]>;

export function runJob<N extends JobName>(
  name: N,
  input: JobInput<N>,
  crypto: Arguments['crypto'],
): JobResult<N> {
  const run = JOBS[name] as (
    input: JobInput<N>,
    surroundings: ReturnType<typeof createSurroundings>,
  ) => JobResult<N>;
  return run(input, createSurroundings(crypto));
}

/** The numbers from `first` on in pieces, so that threads have something to share. */
export function seedRanges(first: number, count: number, piece: number): SeedRange[] {
  const ranges: SeedRange[] = [];
  for (let at = 0; at < count; at += piece)
    ranges.push({ first: first + at, count: Math.min(piece, count - at) });
  return ranges;
}

export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { watchInvariants } from './invariants.ts';
import type { WitnessedStage } from './witnessed-stage.ts';

/** What a run on a witnessed stage needs. */
export interface WitnessedRunOptions {
  readonly seed: number;
  /** Makes a crypto provider that draws from this seeded source; called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** What this program holds in memory after a collection of garbage, bytes. Default: nobody looks. */
  readonly heldBytes?: () => number;
}

/** Something that is about to happen on a stage, and what is found wrong with it. */
export interface WitnessedRun {
  readonly stage: WitnessedStage;
  readonly faults: string[];
  play(): void;
}

/** Play a run, and note as its faults what is thrown and which invariants the honest side breaks. */
export function playWatched(run: WitnessedRun): void {
  const { stage, faults } = run;
  const violations = watchInvariants(stage.world);
  try {
    run.play();
  } catch (error) {
    faults.push(textOf(error));
  }
  for (const { atUs, host, what } of violations)
    if (host === stage.honest.host.name) faults.push(`at ${atUs} µs: ${what}`);
}

/** What is known of something thrown: where it came from, if it says. */
export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

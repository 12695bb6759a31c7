import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { watchInvariants } from './invariants.ts';
import type { WitnessedStage } from './witnessed-stage.ts';

/** Options of a run on a witnessed stage. */
export interface WitnessedRunOptions {
  readonly seed: number;
  /** Makes a crypto provider over this seeded source; is called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** Memory that this program holds after a garbage collection, bytes. Default: it is not measured. */
  readonly heldBytes?: () => number;
  /** Time that this program has computed, ms. Default: it is not measured. */
  readonly computedMs?: () => number;
}

/** A run on a stage, and its faults. */
export interface WitnessedRun {
  readonly stage: WitnessedStage;
  readonly faults: string[];
  play(): void;
}

/** Play a run; exceptions, and invariants that the honest side breaks, become its faults. */
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

/** The text of an exception, with its stack if it has one. */
export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

import { controllerByName } from '@tsquic/congestion';
import { type FairnessOptions, runFairness, runScenario, type ScenarioRunOptions } from '@tsquic/simulator';
import { type Trial, TRIALS } from '../trials.ts';

/** What one run of a trial came to. */
export interface TrialRun {
  readonly megabits: number;
  readonly jain: number;
  readonly queueP99Ms: number;
}

/** Run one trial, by its place in its family, with one seed. */
export function runTrialJob(
  {
    family,
    index,
    seed,
  }: { readonly family: keyof typeof TRIALS; readonly index: number; readonly seed: number },
  surroundings: Omit<ScenarioRunOptions, 'seed'>,
): TrialRun {
  const trial = TRIALS[family][index]!;
  const options = optionsOf(trial);
  if (trial.transferBytes !== undefined)
    return transfer(trial, trial.transferBytes, options, { ...surroundings, seed });
  const { createCrypto } = surroundings;
  const { shares, jain, queueMs } = runFairness({ ...options, seed, createCrypto });
  const bytesPerSecond = shares.reduce((sum, share) => sum + share.bytesPerSecond, 0);
  return { megabits: (bytesPerSecond * 8) / 1e6, jain, queueP99Ms: queueMs.p99 };
}

function transfer(
  { name, controllers, untilS }: Trial,
  bytes: number,
  { bottleneck, back }: Omit<FairnessOptions, 'seed' | 'createCrypto'>,
  run: ScenarioRunOptions,
): TrialRun {
  const scenario = {
    name,
    about: name,
    link: { bytesPerSecond: bottleneck.bytesPerSecond },
    down: bottleneck,
    ...(back !== undefined && { up: back }),
    congestion: controllers[0]!,
    exchanges: [{ requestBytes: 100, responseBytes: bytes }],
    ceilingUs: untilS * 1_000_000,
  };
  return { megabits: (bytes * 8) / runScenario(scenario, run).tookUs, jain: 1, queueP99Ms: 0 };
}

function optionsOf(trial: Trial): Omit<FairnessOptions, 'seed' | 'createCrypto'> {
  const { megabits, delayMs, down, up, accessDelaysMs, clientLoop, serverLoop } = trial;
  const delayUs = delayMs * 1000;
  const bytesPerSecond = megabits * 125_000;
  const queueBytes = (2 * delayUs * bytesPerSecond) / 1_000_000;
  return {
    flows: trial.controllers.map((name, i) => ({
      name: `${name} ${i + 1}`,
      congestion: controllerByName(name),
      startUs: i * 1_000_000,
      ...(accessDelaysMs !== undefined && { accessDelayUs: accessDelaysMs[i]! * 1000 }),
    })),
    bottleneck: { delayUs, queueBytes, ...down, bytesPerSecond },
    back: { delayUs, ...up },
    durationUs: trial.untilS * 1_000_000,
    measureFromUs: trial.fromS * 1_000_000,
    ...(clientLoop !== undefined && { clientLoop }),
    ...(serverLoop !== undefined && { serverLoop }),
  };
}

import { controllerByName } from '@tsquic/congestion';
import { type FairnessResult, runFairness, type ScenarioRunOptions } from '@tsquic/simulator';
import { MIXTURES } from '../mixtures.ts';

/** Flows begin one second apart, and are judged when the last of them has had time to settle. */
export const MEASURE_FROM_US = 10_000_000;
const START_SPACING_US = 1_000_000;

/** Run one mixture, by its place in the list. */
export function runMixtureJob(
  { index, seed }: { readonly index: number; readonly seed: number },
  { createCrypto }: Omit<ScenarioRunOptions, 'seed'>,
): FairnessResult {
  const { controllers, bottleneck, back, durationUs, paths } = MIXTURES[index]!;
  return runFairness({
    seed,
    createCrypto,
    flows: controllers.map((name, i) => ({
      name: `${name} ${i + 1}`,
      congestion: controllerByName(name),
      startUs: i * START_SPACING_US,
      ...(i === 0 && paths !== undefined && { paths }),
    })),
    bottleneck,
    ...(back !== undefined && { back }),
    durationUs,
    measureFromUs: MEASURE_FROM_US,
  });
}

import {
  type MaskFlight,
  type MaskReport,
  runHandshakeMasks,
  type ScenarioRunOptions,
} from '@tsquic/simulator';

/** All ways to lose some datagrams of one kind of first flights: the masks from 0 on. */
export function runMasksJob(
  { flight, count, seed }: { readonly flight: MaskFlight; readonly count: number; readonly seed: number },
  surroundings: Omit<ScenarioRunOptions, 'seed'>,
): MaskReport {
  const masks = Array.from({ length: count }, (_, mask) => mask);
  return runHandshakeMasks(flight, masks, { ...surroundings, seed });
}

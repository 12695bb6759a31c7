/** One-way propagation delay: a constant, or steps in time, for example for a handover between networks. */
export type Delay = number | DelaySteps;

/** A delay that changes at given times. */
export interface DelaySteps {
  /** In order of time, the first at 0. */
  readonly steps: readonly { readonly atUs: number; readonly delayUs: number }[];
  /** The steps begin again after this time. Default: the last step lasts. */
  readonly periodUs?: number;
}

/** The delay of a datagram that leaves at `atUs`. */
export function delayAt(delay: Delay, atUs: number): number {
  if (typeof delay === 'number') return delay;
  const { steps, periodUs } = delay;
  const sinceUs = periodUs === undefined ? atUs : atUs % periodUs;
  let index = 0;
  while (index + 1 < steps.length && steps[index + 1]!.atUs <= sinceUs) index++;
  return steps[index]?.delayUs ?? 0;
}

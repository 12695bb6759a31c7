/** Bytes per second that a link carries: a constant, or steps in time. */
export type Rate = number | RateSteps;

/** A rate that changes at given times. */
export interface RateSteps {
  /** In order of time, the first at 0. A rate of 0 stops the link until the next step. */
  readonly steps: readonly { readonly atUs: number; readonly bytesPerSecond: number }[];
  /** The steps begin again after this time. Default: the last step lasts. */
  readonly periodUs?: number;
}

/** When the last of `bytes` has left if the first leaves at `startUs`. Not rounded; Infinity for never. */
export function transmittedUs(rate: Rate, startUs: number, bytes: number): number {
  if (typeof rate === 'number') return rate === Infinity ? startUs : startUs + (bytes * 1e6) / rate;
  let atUs = startUs;
  let left = bytes;
  for (;;) {
    const { bytesPerSecond, untilUs } = stepAt(rate, atUs);
    const needUs = bytesPerSecond === Infinity ? 0 : (left * 1e6) / bytesPerSecond;
    if (atUs + needUs <= untilUs) return atUs + needUs;
    if (untilUs === Infinity) return Infinity;
    left -= ((untilUs - atUs) * bytesPerSecond) / 1e6;
    atUs = untilUs;
  }
}

/** The highest rate that ever applies, bytes per second. */
export function peakRate(rate: Rate): number {
  return typeof rate === 'number' ? rate : Math.max(...rate.steps.map((step) => step.bytesPerSecond));
}

function stepAt(rate: RateSteps, atUs: number): { bytesPerSecond: number; untilUs: number } {
  const { steps, periodUs } = rate;
  const origin = periodUs === undefined ? 0 : Math.floor(atUs / periodUs) * periodUs;
  let index = 0;
  while (index + 1 < steps.length && steps[index + 1]!.atUs <= atUs - origin) index++;
  const end = steps[index + 1]?.atUs ?? periodUs;
  return {
    bytesPerSecond: steps[index]?.bytesPerSecond ?? Infinity,
    untilUs: end === undefined ? Infinity : origin + end,
  };
}

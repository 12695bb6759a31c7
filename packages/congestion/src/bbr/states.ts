/** The states of BBR's machine. draft-ietf-ccwg-bbr, "State Machine Overview" */
export const BbrState = {
  /** Doubles the rate every round until the rate of delivery stops growing. */
  Startup: 0,
  /** Sends more slowly than the bottleneck until the queue of Startup is empty. */
  Drain: 1,
  /** Sends a little more slowly, to leave room for other flows. */
  ProbeDown: 2,
  /** Sends as fast as data arrives. */
  ProbeCruise: 3,
  /** Fills the pipe for one round, so that the probe after it tests the bottleneck. */
  ProbeRefill: 4,
  /** Sends faster than the estimated bandwidth, to see whether there is more. */
  ProbeUp: 5,
  /** Empties the queue to measure the round-trip time without it. */
  ProbeRtt: 6,
} as const;
export type BbrState = (typeof BbrState)[keyof typeof BbrState];

/** Pacing rate in multiples of the bandwidth, by state. */
export const PACING_GAIN: readonly number[] = [2.77, 0.5, 0.9, 1, 1, 1.25, 1];

/** Window in multiples of the bandwidth-delay product, by state. */
export const WINDOW_GAIN: readonly number[] = [2, 2, 2, 2, 2, 2.25, 0.5];

/** One of the four states that probe for bandwidth in turn. */
export function isProbingCycle(state: BbrState): boolean {
  return state >= BbrState.ProbeDown && state <= BbrState.ProbeUp;
}

/**
 * Whether the flow sends more on purpose, so that a loss shows where the limit is, and not that the path has
 * changed.
 */
export function isAccelerating(state: BbrState): boolean {
  return state === BbrState.Startup || state === BbrState.ProbeRefill || state === BbrState.ProbeUp;
}

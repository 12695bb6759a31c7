/** The states of BBR's machine. draft-ietf-ccwg-bbr, "State Machine Overview" */
export const BbrState = {
  /** Doubles the rate every round until delivery stops growing. */
  Startup: 0,
  /** Sends slower than the bottleneck until the queue of Startup is gone. */
  Drain: 1,
  /** Leaves room for others. */
  ProbeDown: 2,
  /** Sends as fast as data arrives. */
  ProbeCruise: 3,
  /** Fills the pipe for one round, so that what follows tests the bottleneck. */
  ProbeRefill: 4,
  /** Sends faster than the estimate to see whether there is more. */
  ProbeUp: 5,
  /** Empties the queue to see the path's own round trip time. */
  ProbeRtt: 6,
} as const;
export type BbrState = (typeof BbrState)[keyof typeof BbrState];

/** Multiplies the bandwidth to the pacing rate, by state. */
export const PACING_GAIN: readonly number[] = [2.77, 0.5, 0.9, 1, 1, 1.25, 1];

/** Multiplies the bandwidth-delay product to the window, by state. */
export const WINDOW_GAIN: readonly number[] = [2, 2, 2, 2, 2, 2.25, 0.5];

/** One of the four states that probe for bandwidth in turn. */
export function isProbingCycle(state: BbrState): boolean {
  return state >= BbrState.ProbeDown && state <= BbrState.ProbeUp;
}

/** The flow is sending more on purpose, so that a loss says where the limit is and not that the path changed. */
export function isAccelerating(state: BbrState): boolean {
  return state === BbrState.Startup || state === BbrState.ProbeRefill || state === BbrState.ProbeUp;
}

/** Real time, or a test's. */
export interface Clock {
  /** Microseconds since 1970, an integer. */
  nowUs(): number;
  /** How much earlier than it is due something may be done, because a wake-up would come about as much too late. */
  readonly graceUs: number;
  /** Calls `act` at about this time; the call returned takes that back. */
  wakeAt(us: number, act: () => void): () => void;
}

/** The clock of this machine. Its timers have a grain of a millisecond, so half of one is the grace that is right on average. */
export const MACHINE_CLOCK: Clock = {
  nowUs,
  graceUs: 500,
  wakeAt: (us, act) => {
    const timer = setTimeout(act, Math.max(0, Math.min(LONGEST_MS, Math.floor((us - nowUs()) / 1000))));
    return () => clearTimeout(timer);
  },
};

function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** Of a timer of Node. */
const LONGEST_MS = 2 ** 31 - 1;

/** What a script waits for. */
export interface Wait {
  /** Is asked after every datagram that came. */
  readonly until: () => boolean;
  /** Milliseconds after which the script goes on in any case. */
  readonly forMs: number;
}

/**
 * A script of sends and waits, which a `Trial` drives: it yields what it waits for, and is told whether that
 * came true in time.
 */
export type Script<Result> = Generator<Wait, Result, boolean>;

/** Wait, and return whether it came true in time. */
export function* wait(forMs: number, until: () => boolean): Script<boolean> {
  return yield { until, forMs };
}

/** Let time pass. */
export function* pause(forMs: number): Script<void> {
  yield { until: () => false, forMs };
}

/** Thrown by scripts that can conclude nothing; the message says why, as a clause. */
export class Inconclusive extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Inconclusive';
  }
}

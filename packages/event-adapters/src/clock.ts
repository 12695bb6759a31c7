/** Time and one way to wait, as `QuicLoop` needs them. */
export interface Clock {
  /** Microseconds, an integer that never goes backwards, from any origin. */
  nowUs(): number;

  /** An alarm that runs `task`, each time it goes off. */
  createAlarm(task: () => void): Alarm;
}

/** One resettable timer. */
export interface Alarm {
  /**
   * Go off `delayUs` from now, never before this call has returned; 0 means after what the event loop has
   * ready now, incoming datagrams included. Where the event loop allows it, a later alarm comes after them as well: a
   * program that stood still finds both, and what has arrived is older than what is due. Replaces the time set before;
   * it may go off early, never never.
   */
  set(delayUs: number): void;
  cancel(): void;
  /** Whether a set alarm keeps the event loop of its runtime alive, as it does at first. */
  ref?(): void;
  unref?(): void;
}

/** The time and the timers of a `QuicLoop`. */
export interface Clock {
  /** Microseconds, an integer that never goes backwards, from any origin. */
  nowUs(): number;

  /** Make an alarm that calls `task` each time it fires. */
  createAlarm(task: () => void): Alarm;
}

/** One resettable timer. */
export interface Alarm {
  /**
   * Fire `delayUs` from now, but not before this call has returned; 0 means after everything that the event
   * loop has ready now, incoming datagrams included. If the event loop allows it, a later alarm also fires
   * after them: when a program was blocked, the datagrams that have arrived are then read before the alarm.
   * Replaces the time set before. The alarm may fire early, but must fire.
   */
  set(delayUs: number): void;
  cancel(): void;
  /** Whether a set alarm keeps the event loop of its runtime alive, which is the default. */
  ref?(): void;
  unref?(): void;
}

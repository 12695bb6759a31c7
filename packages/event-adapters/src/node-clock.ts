import { performance } from 'node:perf_hooks';
import type { Alarm, Clock } from './clock.ts';

/** The monotonic clock and the timers of Node, Bun and Deno. */
export const nodeClock: Clock = {
  nowUs: () => Math.floor(performance.now() * 1000),
  createAlarm: (task) => new NodeAlarm(task),
};

/**
 * Unix time in microseconds when `nodeClock` shows 0: the `unixTimeAtZeroUs` of a context that `nodeClock`
 * drives. It is read once, so that later steps of the wall clock do not affect the context.
 */
export const unixTimeAtZeroUs: number = Math.round(performance.timeOrigin * 1000);

class NodeAlarm implements Alarm {
  private readonly fire: () => void;
  private readonly onTimeout: () => void;
  private immediate: NodeJS.Immediate | undefined = undefined;
  private timeout: NodeJS.Timeout | undefined = undefined;
  private timeoutUs = 0;
  private keepsAlive = true;

  constructor(task: () => void) {
    this.fire = () => {
      this.immediate = undefined;
      // A timer stays set where it keeps the program running like any other: whoever sets the alarm again for that
      // time finds it, and when it fires early, the alarm may.
      if (!this.keepsAlive) this.cancel();
      task();
    };
    // Timers run before sockets are read, and an immediate after both: after a pause of the program, the
    // datagrams that have arrived are then read before a timer acts.
    this.onTimeout = () => {
      this.timeout = undefined;
      // It keeps the program running for this turn only.
      this.fireSoon();
    };
  }

  set(delayUs: number): void {
    if (this.immediate !== undefined) return;
    if (delayUs < SPIN_US) {
      this.immediate = setImmediate(this.fire);
      if (!this.keepsAlive) this.letGo();
    } else this.wakeIn(delayUs);
  }

  /** Bun never runs an immediate that is referenced again in the last turn, and never ends: it takes a new one. */
  private fireSoon(): void {
    clearImmediate(this.immediate);
    this.immediate = setImmediate(this.fire);
  }

  private wakeIn(delayUs: number): void {
    const dueUs = nodeClock.nowUs() + delayUs;
    if (this.timeout !== undefined) {
      // A timer that fires early costs one look at the clock, which is less than moving it at every flush.
      if (this.timeoutUs <= dueUs) return;
      clearTimeout(this.timeout);
    }
    this.timeoutUs = dueUs;
    this.timeout = setTimeout(this.onTimeout, Math.ceil(delayUs / 1000));
    if (!this.keepsAlive) this.timeout.unref();
  }

  /** The event loop does not wake for an immediate that is not referenced, but it does for such a timer. */
  private letGo(): void {
    this.timeout?.unref();
    if (this.immediate === undefined) return;
    this.immediate.unref();
    this.wakeIn(1000);
  }

  ref(): void {
    this.keepsAlive = true;
    if (this.immediate !== undefined) this.fireSoon();
    this.timeout?.ref();
  }

  unref(): void {
    this.keepsAlive = false;
    this.letGo();
  }

  cancel(): void {
    if (this.immediate !== undefined) {
      clearImmediate(this.immediate);
      this.immediate = undefined;
    }
    if (this.timeout !== undefined) {
      clearTimeout(this.timeout);
      this.timeout = undefined;
    }
  }
}

/** Timers of a runtime fire up to a millisecond late, so shorter waits poll instead. */
const SPIN_US = 200;

import { performance } from 'node:perf_hooks';
import type { Alarm, Clock } from './clock.ts';

/** The monotonic clock and the timers of Node, Bun and Deno. */
export const nodeClock: Clock = {
  nowUs: () => Math.floor(performance.now() * 1000),
  createAlarm: (task) => new NodeAlarm(task),
};

/**
 * Unix time, in microseconds, at the instant that `nodeClock` calls 0: the `unixTimeAtZeroUs` of a context that
 * `nodeClock` drives. Read once: later steps of the wall clock do not reach the context.
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
      this.cancel();
      task();
    };
    // Timers run before sockets are read. An immediate comes after both: after a pause of the program, what has arrived
    // meanwhile is heard before anything counts as overdue.
    this.onTimeout = () => {
      this.timeout = undefined;
      this.set(0);
    };
  }

  set(delayUs: number): void {
    if (this.immediate !== undefined) return;
    if (delayUs < SPIN_US) {
      this.immediate = setImmediate(this.fire);
      if (!this.keepsAlive) this.immediate.unref();
      return;
    }
    const dueUs = nodeClock.nowUs() + delayUs;
    if (this.timeout !== undefined) {
      // Going off early costs one look at the clock; moving a timer with every flush costs more.
      if (this.timeoutUs <= dueUs) return;
      clearTimeout(this.timeout);
    }
    this.timeoutUs = dueUs;
    this.timeout = setTimeout(this.onTimeout, Math.ceil(delayUs / 1000));
    if (!this.keepsAlive) this.timeout.unref();
  }

  ref(): void {
    this.keepsAlive = true;
    this.immediate?.ref();
    this.timeout?.ref();
  }

  unref(): void {
    this.keepsAlive = false;
    this.immediate?.unref();
    this.timeout?.unref();
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

/** Timers of a runtime are a millisecond late: shorter waits poll instead. */
const SPIN_US = 200;

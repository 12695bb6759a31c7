import type { Alarm } from '@tsquic/event-adapters';

/** What a wait for the peer is measured with. */
export interface PatienceClock {
  nowUs(): number;
  createAlarm(task: () => void): Alarm;
}

/**
 * Ends a wait for the peer that lasts too long. Progress only notes the time, because it comes with every packet: the alarm looks
 * whether there was any, and goes on waiting then.
 */
export class Patience {
  private readonly clock: PatienceClock;
  private readonly limitUs: number;
  private readonly onOver: () => void;
  private alarm: Alarm | undefined = undefined;
  private isArmed = false;
  /** When the wait began; Infinity while nobody waits. */
  private sinceUs = Infinity;

  /** @param limitMs - Infinity waits for ever. */
  constructor(clock: PatienceClock, limitMs: number, onOver: () => void) {
    this.clock = clock;
    this.limitUs = limitMs * 1000;
    this.onOver = onOver;
  }

  /** The peer is waited for from now on. */
  begin(): void {
    if (this.limitUs === Infinity) return;
    this.sinceUs = this.clock.nowUs();
    if (!this.isArmed) this.arm(this.limitUs);
  }

  /** The peer is not waited for any more. */
  end(): void {
    this.sinceUs = Infinity;
  }

  /** Nobody will wait again. */
  close(): void {
    this.end();
    this.alarm?.cancel();
    this.isArmed = false;
  }

  private arm(delayUs: number): void {
    this.alarm ??= this.clock.createAlarm(() => this.look());
    this.alarm.set(delayUs);
    this.isArmed = true;
  }

  private look(): void {
    this.isArmed = false;
    if (this.sinceUs === Infinity) return;
    const leftUs = this.sinceUs + this.limitUs - this.clock.nowUs();
    if (leftUs > 0) return this.arm(leftUs);
    this.end();
    this.onOver();
  }
}

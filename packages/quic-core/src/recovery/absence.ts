import type { AckSample } from '@tsquic/congestion';

/**
 * Notices that the program did not run: the machine was suspended, or the program stood still. What was under way
 * meanwhile says nothing about the path, however long it took.
 */
export class Absence {
  /** When the program was back: packets that left before give no samples. */
  endUs: number = -Infinity;
  private returnedUs = -Infinity;
  /** When the program ran last. */
  private ranUs = -Infinity;
  private lastAckUs = -Infinity;
  /** Absences that followed closely upon another. */
  private habit = 0;

  /**
   * The program runs at `nowUs`. Returns whether it was away.
   *
   * @param dueUs - when it was told to run at the latest; Infinity where it was told nothing.
   * @param ptoUs - how long the path is waited for.
   */
  look(dueUs: number, ptoUs: number, nowUs: number): boolean {
    const leastUs = Math.max(LEAST_US, ptoUs);
    // Times to run at may be set when they have passed already.
    const awayUs = nowUs - Math.max(dueUs, this.ranUs);
    this.ranUs = nowUs;
    if (awayUs < leastUs) return false;
    // A program that is away again and again is slow, and part of the round trip.
    this.habit = dueUs - this.returnedUs < leastUs ? this.habit + 1 : 0;
    this.returnedUs = nowUs;
    if (this.habit >= HABIT) return false;
    this.endUs = nowUs;
    return true;
  }

  /**
   * Take from the sample of an ACK what it cannot show: how fast the path delivered while the program was away, and that
   * the window was used meanwhile.
   */
  leaveOut(sample: AckSample): void {
    const { endUs, lastAckUs } = this;
    this.lastAckUs = sample.nowUs;
    if (lastAckUs < endUs) sample.windowUnused = true;
    if (sample.newestSentUs >= endUs) return;
    sample.windowUnused = true;
    sample.deliveredBytes = sample.deliveryIntervalUs = 0;
  }
}

/** Garbage collectors and busy programs take less. */
const LEAST_US = 500_000;
const HABIT = 2;

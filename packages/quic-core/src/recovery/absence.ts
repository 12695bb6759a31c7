import type { AckSample } from '@tsquic/congestion';

/**
 * Notices that the program did not run for a while, because the machine was suspended or the program was
 * blocked. Packets that were under way meanwhile give no measure of the path, because their acknowledgements
 * were read late.
 */
export class Absence {
  /** When the program ran again: packets that left before give no samples. */
  endUs: number = -Infinity;
  private returnedUs = -Infinity;
  /** When the program ran last. */
  private ranUs = -Infinity;
  private lastAckUs = -Infinity;
  /** Absences in a row that followed closely upon each other. */
  private habit = 0;

  /**
   * The program runs at `nowUs`. Returns whether it was absent.
   *
   * @param dueUs - when it was told to run at the latest; Infinity when it was told no time.
   * @param ptoUs - the probe timeout of the path: a shorter pause is no absence.
   */
  look(dueUs: number, ptoUs: number, nowUs: number): boolean {
    const leastUs = Math.max(LEAST_US, ptoUs);
    // `dueUs` may already have been past when it was given, so the pause is counted from the last run.
    const awayUs = nowUs - Math.max(dueUs, this.ranUs);
    this.ranUs = nowUs;
    if (awayUs < leastUs) return false;
    // A program that pauses again and again is slow: its pauses belong to the round-trip time.
    this.habit = dueUs - this.returnedUs < leastUs ? this.habit + 1 : 0;
    this.returnedUs = nowUs;
    if (this.habit >= HABIT) return false;
    this.endUs = nowUs;
    return true;
  }

  /**
   * Take out of the sample of an ACK frame what the absence falsifies: the rate of delivery, and whether the
   * window was in use.
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

/** A pause of less than this is no absence: garbage collection and a busy program take less. */
const LEAST_US = 500_000;
const HABIT = 2;

/** Tells when a higher rate no longer delivers more: the rate grew by less than a quarter in three rounds. */
export class FullPipe {
  /** Whether the bandwidth has ever been reached. */
  isReached = false;
  /** Whether it has been reached since the last `restart`. */
  isReachedNow = false;
  private baseline = 0;
  private rounds = 0;

  onAck(bandwidth: number, isRoundStart: boolean, appLimited: boolean): void {
    if (this.isReachedNow || appLimited) return;
    if (bandwidth >= this.baseline * 1.25) {
      this.restart(bandwidth);
      return;
    }
    if (!isRoundStart || ++this.rounds < 3) return;
    this.isReachedNow = true;
    this.isReached = true;
  }

  /** Compare growth with `baseline` from now on. */
  restart(baseline: number): void {
    this.baseline = baseline;
    this.rounds = 0;
    this.isReachedNow = false;
  }
}

/** Tells when sending faster no longer delivers more: three rounds in which the rate grew by less than a quarter. */
export class FullPipe {
  /** The bandwidth has been reached at some time. */
  isReached = false;
  /** It has been reached since the last `restart`. */
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

  /** Looks for growth over `baseline` from now on. */
  restart(baseline: number): void {
    this.baseline = baseline;
    this.rounds = 0;
    this.isReachedNow = false;
  }

  reset(): void {
    this.restart(0);
    this.isReached = false;
  }
}

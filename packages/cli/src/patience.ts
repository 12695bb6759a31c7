/**
 * Waits for something that is to go on: calls `onStall` once after so many milliseconds in which nobody said that it does, and
 * in which it did not wait for this program itself.
 */
export class Patience {
  private readonly timer: NodeJS.Timeout;
  private ended = false;

  constructor(timeoutMs: number, onStall: () => void, waitsForUs: () => boolean = () => false) {
    this.timer = setTimeout(() => {
      if (waitsForUs()) this.timer.refresh();
      else onStall();
    }, timeoutMs);
  }

  /** It has gone on. */
  renew(): void {
    // A timer that was cleared would run again.
    if (!this.ended) this.timer.refresh();
  }

  /** It is over. */
  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}

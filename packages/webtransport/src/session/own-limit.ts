/**
 * A limit that this side sets for the peer in one session, on the bytes of its streams or on their number: as much as is let go of is
 * allowed anew. draft-ietf-webtrans-http3 §5.6
 */
export class OwnLimit {
  private readonly window: number;
  private limit: number;
  private used = 0;
  private released = 0;

  /** @param window - how much may be held at once; Infinity where flow control is off. */
  constructor(window: number) {
    this.window = window;
    this.limit = window;
  }

  /** The peer used more; returns false where that is more than it was allowed. */
  use(amount: number): boolean {
    this.used += amount;
    return this.used <= this.limit;
  }

  /** Bytes were read or given up; a stream has ended. */
  release(amount: number): void {
    this.released += amount;
  }

  /**
   * The limit to announce, or -1 while there is nothing worth it: half of the window is free, or the peer can use nothing more.
   * An endpoint does not wait to hear that the peer is blocked. draft-ietf-webtrans-http3 §5.6
   */
  takeIncrease(): number {
    if (this.window === Infinity) return -1;
    const next = this.released + this.window;
    const free = next - this.limit;
    if (free <= 0 || (2 * free < this.window && this.used < this.limit)) return -1;
    this.limit = next;
    return next;
  }
}

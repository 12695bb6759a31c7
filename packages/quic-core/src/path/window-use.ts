/**
 * How much of the congestion window was in use over the last round trip. A window that holds nobody back has no
 * reason to grow, whatever arrives. RFC 9002 §7.8
 */
export class WindowUse {
  private peakBytes = 0;
  private lastPeakBytes = 0;
  private roundEndBytes = 0;

  /** @param inFlightBytes - with the packet just sent. */
  onSent(inFlightBytes: number): void {
    if (inFlightBytes > this.peakBytes) this.peakBytes = inFlightBytes;
  }

  /**
   * An ACK came. A round ends when something is acknowledged that left after the round began.
   *
   * @param deliveredAtSendBytes - what was delivered when the newest acknowledged packet left.
   * @param deliveredBytes - what is delivered now.
   */
  onAck(deliveredAtSendBytes: number, deliveredBytes: number, inFlightBytes: number): void {
    if (deliveredAtSendBytes < this.roundEndBytes) return;
    this.roundEndBytes = deliveredBytes;
    this.lastPeakBytes = this.peakBytes;
    this.peakBytes = inFlightBytes;
  }

  /** The most in flight at any time of this round or the last. */
  get recentBytes(): number {
    return Math.max(this.peakBytes, this.lastPeakBytes);
  }

  /** Not even half of the window was in flight at any time of this round or the last. */
  isBelowHalf(windowBytes: number): boolean {
    return 2 * this.recentBytes < windowBytes;
  }
}

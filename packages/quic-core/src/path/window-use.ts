/**
 * How much of the congestion window was in use over the last round trip. A window that does not limit sending
 * must not grow, however many packets are acknowledged. RFC 9002 §7.8
 */
export class WindowUse {
  private peakBytes = 0;
  private lastPeakBytes = 0;
  private roundEndBytes = 0;

  /** @param inFlightBytes - the bytes in flight, with the packet just sent. */
  onSent(inFlightBytes: number): void {
    if (inFlightBytes > this.peakBytes) this.peakBytes = inFlightBytes;
  }

  /**
   * An ACK frame came. A round ends when a packet is acknowledged that left after the round began.
   *
   * @param deliveredAtSendBytes - the bytes delivered when the newest acknowledged packet left.
   * @param deliveredBytes - the bytes delivered now.
   */
  onAck(deliveredAtSendBytes: number, deliveredBytes: number, inFlightBytes: number): void {
    if (deliveredAtSendBytes < this.roundEndBytes) return;
    this.roundEndBytes = deliveredBytes;
    this.lastPeakBytes = this.peakBytes;
    this.peakBytes = inFlightBytes;
  }

  /** The most bytes in flight at any time of this round or the last. */
  get recentBytes(): number {
    return Math.max(this.peakBytes, this.lastPeakBytes);
  }

  /** Whether less than half of the window was in flight at all times of this round and the last. */
  isBelowHalf(windowBytes: number): boolean {
    return 2 * this.recentBytes < windowBytes;
  }
}

/** Ack-eliciting packets that may wait for one acknowledgement. RFC 9000 §13.2.2 */
const PACKETS_PER_ACK = 2;

/** When to acknowledge in one packet number space. RFC 9000 §13.2 */
export class AckPolicy {
  /** When an ACK must leave at the latest; Infinity when none is owed. */
  dueUs: number = Infinity;
  /** Whether an ACK would tell the peer something: ride along with whatever leaves. */
  hasNews = false;
  private readonly maxDelayUs: number;
  private waiting = 0;
  private largestEliciting = -1;

  /** @param maxDelayUs - our max_ack_delay; 0 where acknowledgements must not wait. */
  constructor(maxDelayUs: number) {
    this.maxDelayUs = maxDelayUs;
  }

  /**
   * A packet was processed.
   *
   * @param runStart - nothing is missing from here to the largest number received.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    runStart: number,
    congested: boolean,
    nowUs: number,
  ): void {
    if (!ackEliciting) return;
    this.hasNews = true;
    this.waiting++;
    const last = this.largestEliciting;
    // What came with a gap, or fills one, is told at once. RFC 9000 §13.2.1
    const inOrder = last < 0 || (packetNumber > last && runStart <= last + 1);
    if (packetNumber > last) this.largestEliciting = packetNumber;
    const atOnce = !inOrder || congested || this.waiting >= PACKETS_PER_ACK;
    this.dueUs = Math.min(this.dueUs, atOnce ? nowUs : nowUs + this.maxDelayUs);
  }

  onAckSent(): void {
    this.dueUs = Infinity;
    this.hasNews = false;
    this.waiting = 0;
  }
}

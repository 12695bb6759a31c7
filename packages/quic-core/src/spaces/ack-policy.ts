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
   * @param follows - nothing is missing between the largest number before it and this one.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    follows: boolean,
    congested: boolean,
    nowUs: number,
  ): void {
    if (!ackEliciting) return;
    this.hasNews = true;
    this.waiting++;
    const inOrder = packetNumber > this.largestEliciting && follows;
    if (packetNumber > this.largestEliciting) this.largestEliciting = packetNumber;
    const atOnce = !inOrder || congested || this.waiting >= PACKETS_PER_ACK;
    this.dueUs = Math.min(this.dueUs, atOnce ? nowUs : nowUs + this.maxDelayUs);
  }

  onAckSent(): void {
    this.dueUs = Infinity;
    this.hasNews = false;
    this.waiting = 0;
  }
}

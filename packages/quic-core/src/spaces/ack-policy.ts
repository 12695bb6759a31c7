/** Ack-eliciting packets that may wait for one acknowledgement. RFC 9000 §13.2.2 */
const PACKETS_PER_ACK = 2;
/** On paths with longer round trips more of them may wait: a sender needs so many words a round trip, not more. */
const LONG_RTT_US = 100_000;
/** The packets that may wait are not more than this times as many. */
const MOST_TIMES = 6;

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
   * @param minRttUs - Infinity when it is not known.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    runStart: number,
    congested: boolean,
    minRttUs: number,
    nowUs: number,
  ): void {
    if (!ackEliciting) return;
    this.hasNews = true;
    this.waiting++;
    const last = this.largestEliciting;
    // What came with a gap, or fills one, is told at once. RFC 9000 §13.2.1
    const inOrder = last < 0 || (packetNumber > last && runStart <= last + 1);
    if (packetNumber > last) this.largestEliciting = packetNumber;
    const atOnce = !inOrder || congested || this.waiting >= packetsPerAck(minRttUs);
    this.dueUs = Math.min(this.dueUs, atOnce ? nowUs : nowUs + this.maxDelayUs);
  }

  onAckSent(): void {
    this.dueUs = Infinity;
    this.hasNews = false;
    this.waiting = 0;
  }
}

function packetsPerAck(minRttUs: number): number {
  if (minRttUs <= LONG_RTT_US || minRttUs === Infinity) return PACKETS_PER_ACK;
  return Math.floor(PACKETS_PER_ACK * Math.min(minRttUs / LONG_RTT_US, MOST_TIMES));
}

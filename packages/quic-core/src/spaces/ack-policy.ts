import { ArrivalRate, leastPackets } from './arrival-rate.ts';

/** When to acknowledge in one packet number space. RFC 9000 §13.2 */
export class AckPolicy {
  /** When an ACK must leave at the latest; Infinity when none is owed. */
  dueUs: number = Infinity;
  /** Whether an ACK would tell the peer something: ride along with whatever leaves. */
  hasNews = false;
  private readonly maxDelayUs: number;
  private readonly arrivals: ArrivalRate = new ArrivalRate();
  private waiting = 0;
  private largestEliciting = -1;
  /** Up to this number a gap was followed, and nothing waits for more than one other packet. */
  private hastyUntil = -1;

  /** @param maxDelayUs - our max_ack_delay; 0 where acknowledgements must not wait. */
  constructor(maxDelayUs: number) {
    this.maxDelayUs = maxDelayUs;
  }

  /**
   * A packet was processed.
   *
   * @param runStart - nothing is missing from here to the largest number received.
   * @param scalable - the sender answers each mark, by rounds, behind a queue of a millisecond: it is told as
   *   often as the way back can be expected to carry. RFC 9331 §4.3
   * @param minRttUs - Infinity when it is not known.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    runStart: number,
    congested: boolean,
    scalable: boolean,
    minRttUs: number,
    nowUs: number,
  ): void {
    if (!ackEliciting) return;
    this.hasNews = true;
    this.waiting++;
    this.arrivals.onReceived(minRttUs, nowUs);
    const last = this.largestEliciting;
    // What came with a gap, or fills one, is told at once. RFC 9000 §13.2.1
    const inOrder = last < 0 || (packetNumber > last && runStart <= last + 1);
    if (packetNumber > last) this.largestEliciting = packetNumber;
    // The sender takes the gap for a loss when the third packet behind it is acknowledged. RFC 9002 §6.1.1
    if (!inOrder) this.hastyUntil = packetNumber + REORDERING;
    const usualShare = scalable ? leastPackets(minRttUs) : this.arrivals.packetsPerAck;
    const share = packetNumber <= this.hastyUntil ? HASTY_PACKETS : usualShare;
    const atOnce = !inOrder || congested || this.waiting >= share;
    this.dueUs = Math.min(this.dueUs, atOnce ? nowUs : nowUs + this.delayUs(minRttUs));
  }

  onAckSent(): void {
    this.dueUs = Infinity;
    this.hasNews = false;
    this.waiting = 0;
  }

  // Where many packets share an acknowledgement, a sender whose window shrinks must not wait long for the last of them.
  private delayUs(minRttUs: number): number {
    if (this.arrivals.packetsPerAck <= HASTY_PACKETS) return this.maxDelayUs;
    return Math.min(this.maxDelayUs, Math.max(Math.floor(minRttUs / 4), SHORTEST_DELAY_US));
  }
}

const REORDERING = 2;
const HASTY_PACKETS = 2;
/** What the timers of hosts can do. */
const SHORTEST_DELAY_US = 1000;

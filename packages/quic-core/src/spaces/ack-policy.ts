import type { IntervalSet } from '../ranges/interval-set.ts';
import { AckRequest } from './ack-request.ts';
import { ArrivalRate, leastPackets } from './arrival-rate.ts';

/** Decides when to send acknowledgements in one packet number space. RFC 9000 §13.2 */
export class AckPolicy {
  /** When an ACK frame must leave at the latest; Infinity when none is due. */
  dueUs: number = Infinity;
  /** Whether an ACK frame would report new packets: then it is added to any packet that leaves. */
  hasNews = false;
  private readonly maxDelayUs: number;
  private arrivals: ArrivalRate = new ArrivalRate();
  private waiting = 0;
  private largestEliciting = -1;
  /** The largest number in an ACK frame that left, -1 for none. */
  private reported = -1;
  /** The peer's ACK_FREQUENCY, which takes the place of the usual rules. */
  private request: AckRequest | undefined = undefined;
  /** Up to this number a gap is recent, and at most two packets share an acknowledgement. */
  private reorderedUntil = -1;

  /** @param maxDelayUs - our max_ack_delay; 0 in spaces whose acknowledgements must not be delayed. */
  constructor(maxDelayUs: number) {
    this.maxDelayUs = maxDelayUs;
  }

  /**
   * A packet was processed.
   *
   * @param ranges - all numbers received, with this one.
   * @param crowded - whether there are so many ranges that some may be forgotten before an ACK frame has
   * reported them.
   * @param scalable - whether the sender responds to each CE mark in proportion, behind a queue of a
   * millisecond (RFC 9331 §4.3): it gets as many acknowledgements as the way back can be expected to carry.
   * @param minRttUs - the minimum round-trip time; Infinity when it is not known.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    ranges: IntervalSet,
    crowded: boolean,
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
    const { request } = this;
    if (request !== undefined) {
      if (packetNumber > last) this.largestEliciting = packetNumber;
      const { waiting, largestEliciting, reported } = this;
      const isDue = request.isDue(
        packetNumber,
        waiting,
        ranges,
        largestEliciting,
        reported,
        congested,
        minRttUs,
        nowUs,
      );
      this.dueUs = Math.min(this.dueUs, isDue || crowded ? nowUs : nowUs + request.maxDelayUs);
      return;
    }
    const runStart = ranges.startAt(ranges.count - 1);
    // A packet with a gap before it, or one that fills a gap, is acknowledged immediately. RFC 9000 §13.2.1
    const inOrder = last < 0 || (packetNumber > last && runStart <= last + 1);
    if (packetNumber > last) this.largestEliciting = packetNumber;
    // The sender declares the missing packet lost when the third packet after the gap is acknowledged.
    // RFC 9002 §6.1.1
    if (!inOrder) this.reorderedUntil = packetNumber + REORDERING;
    const usualShare = scalable ? leastPackets(minRttUs) : this.arrivals.packetsPerAck;
    const share = packetNumber <= this.reorderedUntil ? REORDERED_PACKETS : usualShare;
    // A packet that completes its share, one out of order, and one marked with CE are acknowledged
    // immediately. RFC 9000 §13.2.1, §13.2.2
    const atOnce = !inOrder || congested || this.waiting >= share;
    this.dueUs = Math.min(this.dueUs, atOnce ? nowUs : nowUs + this.delayUs(minRttUs));
  }

  /**
   * Packets come on another path from now on: their rate, which determines how many share an acknowledgement,
   * is measured anew.
   */
  onPathChanged(): void {
    this.arrivals = new ArrivalRate();
  }

  /** The peer's ACK_FREQUENCY came. draft-ietf-quic-ack-frequency §6 */
  follow(threshold: number, maxDelayUs: number, reordering: number): void {
    this.request = new AckRequest(threshold, maxDelayUs, reordering);
  }

  /** The peer's IMMEDIATE_ACK came. draft-ietf-quic-ack-frequency §5 */
  answerAtOnce(nowUs: number): void {
    this.hasNews = true;
    this.dueUs = nowUs;
  }

  /** @param largest - the largest number in the ACK frame. */
  onAckSent(largest: number, nowUs: number): void {
    this.reported = largest;
    this.request?.onAckSent(nowUs);
    this.dueUs = Infinity;
    this.hasNews = false;
    this.waiting = 0;
  }

  // When many packets share an acknowledgement, the delay is shorter: a sender whose window shrinks would
  // otherwise wait long for the acknowledgement of its last packets.
  private delayUs(minRttUs: number): number {
    if (this.arrivals.packetsPerAck <= REORDERED_PACKETS) return this.maxDelayUs;
    return Math.min(this.maxDelayUs, Math.max(Math.floor(minRttUs / 4), SHORTEST_DELAY_US));
  }
}

const REORDERING = 2;
const REORDERED_PACKETS = 2;
/** Timers of hosts are not more precise than this. */
const SHORTEST_DELAY_US = 1000;

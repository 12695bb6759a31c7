import type { EcnCounts } from '../frame/ack.ts';
import { IntervalSet } from '../ranges/interval-set.ts';

/** Ranges that an ACK frame reports; older ones are forgotten. RFC 9000 §13.2.3 */
const MAX_RANGES = 32;
/**
 * Ranges that are kept on a path that reorders packets: a packet in a forgotten gap counts as received, and
 * is dropped when it comes.
 */
const MAX_RANGES_REORDERED = 256;
/**
 * While there are fewer ranges than this, those that the peer knows of are kept, to recognise packets that
 * come late.
 */
const ROOM_FOR_LATE = 8;

/** The packet numbers received in one space, and their ECN counts. */
export class ReceivedNumbers {
  readonly ranges: IntervalSet = new IntervalSet();
  /** Largest number received, -1 for none. */
  largest = -1;
  /** When the packet with the largest number came. */
  largestAtUs = 0;
  /** Packets received by ECN codepoint. RFC 9000 §13.4.1 */
  readonly ecn: EcnCounts = { ect0: 0, ect1: 0, ce: 0 };
  /** Below this number, the peer knows which packets were received. */
  reportedBelow = 0;
  /** Numbers below this are forgotten, and count as received. */
  private floor = 0;
  /**
   * The largest number when a late packet came: only an ACK frame with a larger number certainly reports that
   * packet.
   */
  private lateAt = -1;
  private maxRanges = MAX_RANGES;

  /** Whether a number was received, or is so old that it must count as received. RFC 9000 §13.2.3 */
  isDuplicate(packetNumber: number): boolean {
    return packetNumber < this.floor || this.ranges.contains(packetNumber);
  }

  /** A duplicate came: if its number is forgotten, it may have been a late packet that had to be dropped. */
  onDuplicate(packetNumber: number): void {
    if (packetNumber < this.floor) this.onLate();
  }

  /** @param codepoint - the ECN codepoint of the IP header. */
  add(packetNumber: number, codepoint: number, nowUs: number): void {
    this.ranges.add(packetNumber, packetNumber + 1);
    if (packetNumber < this.reportedBelow) {
      this.reportedBelow = packetNumber;
      this.lateAt = this.largest;
    }
    if (packetNumber > this.largest) {
      this.largest = packetNumber;
      this.largestAtUs = nowUs;
    } else this.onLate();
    if (codepoint === 1) this.ecn.ect1++;
    else if (codepoint === 2) this.ecn.ect0++;
    else if (codepoint === 3) this.ecn.ce++;
    if (this.ranges.count > this.maxRanges) this.dropOldest();
  }

  /**
   * The peer has received an ACK frame that reported numbers up to `largest`: ranges below need not be
   * reported again. RFC 9000 §13.2.4
   */
  onReported(largest: number): void {
    if (largest > this.lateAt) this.reportedBelow = Math.max(this.reportedBelow, largest + 1);
    while (this.ranges.count > ROOM_FOR_LATE && this.ranges.endAt(0) <= largest) this.dropOldest();
  }

  /** Whether one or two more gaps would make a range be forgotten that may not have been reported yet. */
  get isCrowded(): boolean {
    return this.ranges.count >= this.maxRanges - 2;
  }

  get hasEcn(): boolean {
    return this.ecn.ect0 + this.ecn.ect1 + this.ecn.ce > 0;
  }

  /**
   * A packet that fills a gap was reordered, because no number is used twice: other packets of the gap may
   * follow.
   */
  private onLate(): void {
    if (this.maxRanges < MAX_RANGES_REORDERED) this.maxRanges++;
  }

  private dropOldest(): void {
    this.floor = this.ranges.endAt(0);
    this.ranges.dropFirst();
  }
}

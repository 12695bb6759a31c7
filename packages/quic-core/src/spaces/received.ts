import type { EcnCounts } from '../frame/ack.ts';
import { IntervalSet } from './interval-set.ts';

/** Ranges kept for acknowledgements; older ones are forgotten. RFC 9000 §13.2.3 */
const MAX_RANGES = 32;
/** As many where packets come late rather than never: what is forgotten counts as received, and is lost when it comes. */
const MAX_RANGES_REORDERED = 256;
/** With fewer ranges than this, acknowledged ones are kept: they still recognise late packets. */
const ROOM_FOR_LATE = 8;

/** Packet numbers received in one space, and how they were marked. */
export class ReceivedNumbers {
  readonly ranges: IntervalSet = new IntervalSet();
  /** Largest number received, -1 for none. */
  largest = -1;
  /** When that one came. */
  largestAtUs = 0;
  /** Packets by ECN codepoint. RFC 9000 §13.4.1 */
  readonly ecn: EcnCounts = { ect0: 0, ect1: 0, ce: 0 };
  /** The peer knows of everything below that was received. */
  reportedBelow = 0;
  /** Numbers below are forgotten, and count as received. */
  private floor = 0;
  /** A late packet came when this was the largest: only an ACK that reports a larger one has surely told of it. */
  private lateAt = -1;
  private maxRanges = MAX_RANGES;

  isDuplicate(packetNumber: number): boolean {
    if (packetNumber >= this.floor) return this.ranges.contains(packetNumber);
    this.onLate();
    return true;
  }

  /** @param codepoint - the two ECN bits of the IP header. */
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

  /** An ACK that reported numbers up to `largest` has arrived: ranges below need no repetition. RFC 9000 §13.2.4 */
  onReported(largest: number): void {
    if (largest > this.lateAt) this.reportedBelow = Math.max(this.reportedBelow, largest + 1);
    while (this.ranges.count > ROOM_FOR_LATE && this.ranges.endAt(0) <= largest) this.dropOldest();
  }

  get hasEcn(): boolean {
    return this.ecn.ect0 + this.ecn.ect1 + this.ecn.ce > 0;
  }

  /** Nobody sends a number twice: what fills a gap was reordered, and others may be that are still missing. */
  private onLate(): void {
    if (this.maxRanges < MAX_RANGES_REORDERED) this.maxRanges++;
  }

  private dropOldest(): void {
    this.floor = this.ranges.endAt(0);
    this.ranges.dropFirst();
  }
}

import type { IntervalSet } from '../ranges/interval-set.ts';

/** What the peer's ACK_FREQUENCY frame asked for. draft-ietf-quic-ack-frequency §4, §6 */
export class AckRequest {
  /** Whether the last packet was marked with CE. */
  private wasMarked = false;
  /** When the last ACK frame left. */
  private ackedAtUs = -Infinity;
  readonly maxDelayUs: number;
  private readonly threshold: number;
  private readonly reordering: number;

  /**
   * @param threshold - packets that may come before an ACK frame is sent.
   * @param maxDelayUs - how long an acknowledgement may be delayed.
   * @param reordering - by how many numbers a packet may be late before the gap is reported at once; 0 for
   * never.
   */
  constructor(threshold: number, maxDelayUs: number, reordering: number) {
    this.threshold = threshold;
    this.maxDelayUs = maxDelayUs;
    this.reordering = reordering;
  }

  /**
   * Whether an ack-eliciting packet is acknowledged immediately.
   *
   * @param waiting - ack-eliciting packets since the last ACK frame, with this one.
   * @param largest - the largest number among ack-eliciting packets.
   * @param reported - the largest number in an ACK frame that left, -1 for none.
   * @param minRttUs - the minimum round-trip time; Infinity when it is not known.
   */
  isDue(
    packetNumber: number,
    waiting: number,
    ranges: IntervalSet,
    largest: number,
    reported: number,
    marked: boolean,
    minRttUs: number,
    nowUs: number,
  ): boolean {
    const isNewMark = marked && (!this.wasMarked || this.threshold <= 1);
    this.wasMarked = marked;
    if (isNewMark || waiting > this.threshold) return true;
    // After a long silence the sender needs a sample of the round-trip time. draft-ietf-quic-ack-frequency
    // §6.1
    if (nowUs - this.ackedAtUs > minRttUs) return true;
    return this.reordering > 0 && this.isReordered(packetNumber, ranges, largest, reported);
  }

  onAckSent(nowUs: number): void {
    this.ackedAtUs = nowUs;
  }

  /**
   * Whether the sender could declare a packet lost by the packets that have come, or has done so already.
   * draft-ietf-quic-ack-frequency §6.2
   */
  private isReordered(packetNumber: number, ranges: IntervalSet, largest: number, reported: number): boolean {
    if (packetNumber <= reported - this.reordering) return true;
    const missing = smallestMissing(ranges, Math.max(reported - this.reordering, -1) + 1);
    return missing >= 0 && largest - missing >= this.reordering;
  }
}

/** The smallest missing number from `from` on, below the largest received one; -1 when none is missing. */
function smallestMissing(ranges: IntervalSet, from: number): number {
  let missing = -1;
  for (let i = ranges.count - 1; i >= 0 && ranges.startAt(i) > from; i--)
    missing = i === 0 ? from : Math.max(from, ranges.endAt(i - 1));
  return missing;
}

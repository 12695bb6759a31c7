import type { LossPath } from './loss.ts';
import { Sent, SentFlag, type SentPackets } from './sent-packets.ts';

/** kPersistentCongestionThreshold. RFC 9002 §7.6.1 */
const THRESHOLD = 3;

/**
 * Detects persistent congestion: a period in which all packets were lost. RFC 9002 §7.6, §7.6.2
 *
 * There is one detector for each packet number space; losses are reported in ascending order.
 */
export class PersistentCongestion {
  private firstLostUs = Infinity;
  private lastNumber = -1;

  /**
   * Packet `number` was lost. Returns whether the losses up to it amount to persistent congestion.
   *
   * @param presentSinceUs - when the program last ran again: it sent no packets before that, so the period
   * starts later.
   */
  onLost(
    sent: SentPackets,
    number: number,
    path: LossPath,
    maxAckDelayUs: number,
    presentSinceUs: number,
  ): boolean {
    const slot = sent.slot(number);
    if ((sent.flags[slot]! & SentFlag.AckEliciting) === 0) return false;
    const sentUs = sent.sentUs[slot]!;
    // The period begins after the first round-trip sample. RFC 9002 §7.6.2
    if (sentUs <= path.rtt.firstSampleUs || sentUs < presentSinceUs) return false;
    if (this.ackedSince(sent, number)) this.firstLostUs = sentUs;
    this.lastNumber = number;
    this.firstLostUs = Math.min(this.firstLostUs, sentUs);
    return sentUs - this.firstLostUs > THRESHOLD * (path.rtt.ptoUs + maxAckDelayUs);
  }

  reset(): void {
    this.firstLostUs = Infinity;
    this.lastNumber = -1;
  }

  /** Whether a packet between the last loss and this one was acknowledged. */
  private ackedSince(sent: SentPackets, number: number): boolean {
    if (this.lastNumber < sent.tail - 1) return true;
    for (let n = this.lastNumber + 1; n < number; n++)
      if (sent.state[sent.slot(n)] === Sent.Acked) return true;
    return false;
  }
}

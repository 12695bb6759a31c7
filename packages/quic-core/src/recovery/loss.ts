import { type CongestionEvent, createCongestionEvent } from '@tsquic/congestion';
import type { Path } from '../path/path.ts';
import { PersistentCongestion } from './persistent.ts';
import { Sent, SentFlag, type SentPackets } from './sent-packets.ts';

/** Told of each lost packet, and whether newer ones gave it away (`reordered`) or only its age. */
type OnLost = (slot: number, number: number, reordered: boolean, nowUs: number) => void;

/** Decides which packets of one space are lost: too many newer ones were acknowledged, or too long ago. RFC 9002 §6.1 */
export class LossDetector {
  /** Largest number acknowledged, -1 for none. */
  largestAcked = -1;
  /** When the oldest unacknowledged packet will be lost by time, or Infinity. */
  lossUs: number = Infinity;
  /** The last detection found persistent congestion. */
  persistent = false;
  /** Packets that the last detection found. */
  lostCount = 0;
  private readonly sent: SentPackets;
  private readonly congestion = new PersistentCongestion();
  private readonly onLost: OnLost;

  constructor(sent: SentPackets, onLost: OnLost) {
    this.sent = sent;
    this.onLost = onLost;
  }

  /**
   * Find what is lost by now.
   *
   * @param presentSinceUs - packets that left before the program was away do not show how long the path was silent.
   * @returns refilled by the next detection: the bytes lost that congestion control must hear of, and when the newest of them was sent.
   */
  detect(path: Path, maxAckDelayUs: number, presentSinceUs: number, nowUs: number): CongestionEvent {
    const { sent, largestAcked } = this;
    const event = EVENT;
    const { packetThreshold } = path.reordering;
    const delayUs = path.reordering.lossDelayUs(path.rtt);
    this.lossUs = Infinity;
    this.persistent = false;
    this.lostCount = event.lostBytes = event.sentUs = 0;
    event.nowUs = nowUs;
    let number = sent.firstOutstanding;
    for (; number <= largestAcked && number < sent.next; number++) {
      const slot = sent.slot(number);
      if (sent.state[slot] !== Sent.Outstanding) continue;
      const dueUs = sent.sentUs[slot]! + delayUs;
      if (dueUs > nowUs && largestAcked < number + packetThreshold) {
        this.lossUs = dueUs;
        break;
      }
      this.lose(slot, number, path, maxAckDelayUs, presentSinceUs);
      this.onLost(slot, number, largestAcked >= number + packetThreshold, nowUs);
    }
    while (number < sent.next && sent.state[sent.slot(number)] !== Sent.Outstanding) number++;
    sent.firstOutstanding = number;
    if (this.persistent) this.congestion.reset();
    return event;
  }

  private lose(
    slot: number,
    number: number,
    path: Path,
    maxAckDelayUs: number,
    presentSinceUs: number,
  ): void {
    const { sent } = this;
    const event = EVENT;
    const flags = sent.flags[slot]!;
    sent.state[slot] = Sent.Lost;
    if ((flags & SentFlag.AckEliciting) !== 0) sent.elicitingCount--;
    // Packets of another path, and probes of the MTU, say nothing about congestion here. RFC 9000 §14.4
    if ((flags & SentFlag.InFlight) === 0 || (flags & SentFlag.MtuProbe) !== 0 || sent.path[slot] !== path.id)
      return;
    this.lostCount++;
    event.lostBytes += sent.bytes[slot]!;
    event.sentUs = sent.sentUs[slot]!;
    if (this.congestion.onLost(sent, number, path, maxAckDelayUs, presentSinceUs)) this.persistent = true;
  }
}

/** One for all connections: it is used before the next detection. */
const EVENT: CongestionEvent = createCongestionEvent();

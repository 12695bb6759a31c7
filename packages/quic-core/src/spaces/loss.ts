import type { CongestionEvent } from '@tsquic/congestion';
import { PersistentCongestion } from './persistent.ts';
import { Sent, SentFlag, type SentPackets } from './sent-packets.ts';
import type { Space } from '../packet/levels.ts';

/** The thresholds that loss detection takes from a path. */
export interface LossPath {
  readonly id: number;
  /** A packet is lost when so many newer ones were acknowledged. RFC 9002 §6.1.1 */
  readonly packetThreshold: number;
  /** A packet is lost when it is so much older than one that was acknowledged. RFC 9002 §6.1.2 */
  readonly lossDelayUs: number;
  readonly rtt: { readonly firstSampleUs: number; readonly ptoUs: number };
}

/** Is called for each lost packet. */
export interface LossListener {
  /** @param reordered - whether the packet threshold was reached, and not only the time threshold. */
  onPacketLost(
    space: Space,
    sent: SentPackets,
    slot: number,
    number: number,
    reordered: boolean,
    nowUs: number,
  ): void;
}

/**
 * Decides which packets of one space are lost, by the packet threshold and the time threshold. RFC 9002 §6.1
 */
export class LossDetector {
  /** Largest number acknowledged, -1 for none. */
  largestAcked = -1;
  /** When the oldest unacknowledged packet reaches the time threshold, or Infinity. */
  lossUs: number = Infinity;
  /** Whether the last detection found persistent congestion. */
  persistent = false;
  /** Number of packets that the last detection declared lost. */
  lostCount = 0;
  private readonly space: Space;
  private readonly sent: SentPackets;
  private readonly congestion = new PersistentCongestion();

  constructor(space: Space, sent: SentPackets) {
    this.space = space;
    this.sent = sent;
  }

  /**
   * Detect lost packets.
   *
   * @param presentSinceUs - when the program last ran again: packets that left before count for no persistent
   * congestion.
   * @param event - receives the lost bytes that count for congestion control, and when the newest of those
   * packets left.
   */
  detect(
    path: LossPath,
    maxAckDelayUs: number,
    presentSinceUs: number,
    event: CongestionEvent,
    listener: LossListener,
    nowUs: number,
  ): void {
    const { sent, largestAcked } = this;
    const { packetThreshold, lossDelayUs } = path;
    this.lossUs = Infinity;
    this.persistent = false;
    this.lostCount = event.lostBytes = event.sentUs = 0;
    event.nowUs = nowUs;
    let number = sent.firstOutstanding;
    for (; number <= largestAcked && number < sent.next; number++) {
      const slot = sent.slot(number);
      if (sent.state[slot] !== Sent.Outstanding) continue;
      const dueUs = sent.sentUs[slot]! + lossDelayUs;
      if (dueUs > nowUs && largestAcked < number + packetThreshold) {
        this.lossUs = dueUs;
        break;
      }
      this.lose(slot, number, path, maxAckDelayUs, presentSinceUs, event);
      listener.onPacketLost(this.space, sent, slot, number, largestAcked >= number + packetThreshold, nowUs);
    }
    while (number < sent.next && sent.state[sent.slot(number)] !== Sent.Outstanding) number++;
    sent.firstOutstanding = number;
    if (this.persistent) this.congestion.reset();
  }

  private lose(
    slot: number,
    number: number,
    path: LossPath,
    maxAckDelayUs: number,
    presentSinceUs: number,
    event: CongestionEvent,
  ): void {
    const { sent } = this;
    const flags = sent.flags[slot]!;
    sent.state[slot] = Sent.Lost;
    if ((flags & SentFlag.AckEliciting) !== 0) sent.elicitingCount--;
    // Packets of another path, and probes of the MTU, are no sign of congestion on this path. RFC 9000 §14.4
    if ((flags & SentFlag.InFlight) === 0 || (flags & SentFlag.MtuProbe) !== 0 || sent.path[slot] !== path.id)
      return;
    this.lostCount++;
    event.lostBytes += sent.bytes[slot]!;
    event.sentUs = sent.sentUs[slot]!;
    if (this.congestion.onLost(sent, number, path, maxAckDelayUs, presentSinceUs)) this.persistent = true;
  }
}

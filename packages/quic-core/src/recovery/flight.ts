import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { LossListener } from '../spaces/loss.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { ECN_SHIFT, Sent, SentFlag, type SentPackets } from '../spaces/sent-packets.ts';
import type { Space } from '../packet/levels.ts';
import type { FactRouter } from './facts.ts';

/** Is called for each lost packet when a tracer asks for that; `flags` are `SentFlag` bits. */
export type LossWatcher = (
  space: Space,
  number: number,
  bytes: number,
  flags: number,
  reordered: boolean,
  nowUs: number,
) => void;

/** Lost packets are remembered for so many probe timeouts, in case they are acknowledged late. */
const MEMORY_PTOS = 3;

/** Packets in flight: what follows when one is acknowledged, lost or forgotten. */
export class Flight implements LossListener {
  packetsLost = 0;
  watcher: LossWatcher | undefined = undefined;
  private readonly paths: Paths;
  private readonly facts: FactRouter;

  constructor(paths: Paths, facts: FactRouter) {
    this.paths = paths;
    this.facts = facts;
  }

  /** A packet in flight was acknowledged. Returns its path unless that is forgotten. */
  onDelivered(sent: SentPackets, slot: number, nowUs: number): Path | undefined {
    const path = this.leave(sent, slot);
    path?.onDelivered(sent.bytes[slot]!, sent.sentUs[slot]!, nowUs);
    return path;
  }

  onPacketLost(
    space: Space,
    sent: SentPackets,
    slot: number,
    number: number,
    reordered: boolean,
    nowUs: number,
  ): void {
    const flags = sent.flags[slot]!;
    this.watcher?.(space, number, sent.bytes[slot]!, flags, reordered, nowUs);
    if ((flags & SentFlag.InFlight) !== 0) {
      const path = this.leave(sent, slot);
      this.packetsLost++;
      // The loss of a probe of the MTU is no sign of congestion. RFC 9000 §14.4
      if (path !== undefined && (flags & SentFlag.MtuProbe) === 0) {
        path.onLost(sent.bytes[slot]!, sent.sentUs[slot]!);
        if (flags >> ECN_SHIFT !== 0) path.ecn.onLost();
      }
    }
    this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!, true);
  }

  /**
   * A probe should carry data: let the frames of the oldest packets in flight be sent again. Returns whether
   * there were any. RFC 9002 §6.2.4
   */
  repeatOldest({ sending: { sent } }: PacketSpace, packets: number): boolean {
    let left = packets;
    for (let n = sent.firstOutstanding; n < sent.next && left > 0; n++) {
      const slot = sent.slot(n);
      const kind = sent.flags[slot]! & (SentFlag.AckEliciting | SentFlag.MtuProbe);
      if (sent.state[slot] !== Sent.Outstanding || kind !== SentFlag.AckEliciting) continue;
      this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!, false);
      left--;
    }
    return left < packets;
  }

  /** Forget acknowledged packets, and packets that were lost too long ago to be acknowledged late. */
  trim(sent: SentPackets, nowUs: number): void {
    sent.trim(nowUs - MEMORY_PTOS * this.paths.active.rtt.ptoUs);
  }

  /**
   * The peer withholds the acknowledgement of an old packet: forget the packets that are kept only because of
   * it.
   */
  relieve(sent: SentPackets, nowUs: number): void {
    this.trim(sent, nowUs);
    if (sent.isCrowded) this.abandon(sent, sent.tail + Math.floor((sent.next - sent.tail) / 2), true);
  }

  /**
   * Forget the packets below `end` without a report to congestion control; `tell` lets their frames be sent
   * again.
   */
  abandon(sent: SentPackets, end: number, tell: boolean): void {
    for (let n = sent.tail; n < end; n++) {
      const slot = sent.slot(n);
      if (sent.state[slot] !== Sent.Outstanding) continue;
      const flags = sent.flags[slot]!;
      if ((flags & SentFlag.InFlight) !== 0) this.leave(sent, slot);
      if ((flags & SentFlag.AckEliciting) !== 0) sent.elicitingCount--;
      sent.state[slot] = Sent.Lost;
      if (tell) this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!, true);
    }
    sent.forgetBelow(end);
  }

  /** Take a packet out of the bytes in flight of its path; returns the path unless that is forgotten. */
  private leave(sent: SentPackets, slot: number): Path | undefined {
    const path = this.paths.byId(sent.path[slot]!);
    if (path !== undefined) path.inFlightBytes -= sent.bytes[slot]!;
    return path;
  }
}

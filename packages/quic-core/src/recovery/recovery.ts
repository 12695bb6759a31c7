import type { AckFrame } from '../frame/ack.ts';
import type { OpenPacket } from '../packet/writer.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { ECN_SHIFT, Sent, SentFlag } from '../spaces/sent-packets.ts';
import { Space } from '../packet/levels.ts';
import type { PacketSpaces } from '../spaces/spaces.ts';
import { Absence } from './absence.ts';
import type { AskedDelay } from './ack-frequency.ts';
import { AckTaker } from './ack-taker.ts';
import type { FactRouter } from './facts.ts';
import type { CongestionReports } from './congestion-reports.ts';
import { Flight, type LossWatcher } from './flight.ts';
import { Losses } from './losses.ts';
import type { ProbeTimeout } from './pto.ts';

/**
 * A probe repeats the frames of so many packets unless told otherwise, because a timeout may send two
 * datagrams. RFC 9002 §6.2.4
 */
const REPEATED = 2;
/** How often handshake data is sent early: each sign that it was lost may be forged or may have come late. */
const MAX_HASTENED = 3;

/** Sent packets, acknowledgements, losses and probes of a connection. RFC 9002 */
export class Recovery {
  readonly pto: ProbeTimeout;
  packetsSent = 0;
  private readonly paths: Paths;
  private readonly spaces: PacketSpaces;
  private readonly flight: Flight;
  private readonly losses: Losses;
  private readonly acks: AckTaker;
  private readonly absence: Absence = new Absence();
  private hastened = 0;

  constructor(
    paths: Paths,
    spaces: PacketSpaces,
    facts: FactRouter,
    pto: ProbeTimeout,
    reports: CongestionReports,
    watcher?: LossWatcher,
    frequency?: AskedDelay,
  ) {
    this.paths = paths;
    this.spaces = spaces;
    this.pto = pto;
    this.flight = new Flight(paths, facts);
    this.flight.watcher = watcher;
    this.losses = new Losses(paths, this.flight, this.absence, reports.losses);
    this.acks = new AckTaker(paths, facts, pto, this.flight, this.losses, this.absence, reports, frequency);
  }

  get packetsLost(): number {
    return this.flight.packetsLost;
  }

  /** Packets that were acknowledged after they had been declared lost. */
  get packetsSpuriouslyLost(): number {
    return this.losses.spurious.total;
  }

  /** The peer's max_ack_delay. */
  get maxAckDelayUs(): number {
    return this.acks.maxAckDelayUs;
  }

  /** The peer's transport parameters came, with its max_ack_delay and ack_delay_exponent. RFC 9000 §18.2 */
  onPeerDelays(maxAckDelayUs: number, ackDelayExponent: number): void {
    this.acks.parameterDelayUs = maxAckDelayUs;
    this.acks.ackDelayExponent = ackDelayExponent;
  }

  /** A packet left. Its facts are those of the space's log from `factsFrom` on. RFC 9002 §A.5 */
  onSent(
    space: PacketSpace,
    packet: OpenPacket,
    bytes: number,
    factsFrom: number,
    path: Path,
    probe: boolean,
    nowUs: number,
  ): void {
    const { sent, ecn } = space.sending;
    const slot = sent.push();
    const { ackEliciting, inFlight } = packet;
    const { codepoint } = path.ecn;
    this.packetsSent++;
    if (inFlight && path.inFlightBytes === 0) path.delivery.restart(nowUs);
    sent.state[slot] = Sent.Outstanding;
    sent.flags[slot] =
      (ackEliciting ? SentFlag.AckEliciting : 0) |
      (inFlight ? SentFlag.InFlight : 0) |
      (path.delivery.isAppLimited ? SentFlag.AppLimited : 0) |
      (probe ? SentFlag.MtuProbe : 0) |
      (codepoint << ECN_SHIFT);
    ecn.onSent(codepoint);
    sent.path[slot] = path.id;
    sent.bytes[slot] = bytes;
    sent.sentUs[slot] = nowUs;
    sent.factsFrom[slot] = factsFrom;
    sent.factsTo[slot] = sent.log.head;
    path.delivery.stamp(sent, slot);
    // Packets may be forgotten only now that the log's newest facts belong to a packet.
    if (sent.isCrowded) this.flight.relieve(sent, nowUs);
    if (inFlight) path.onSent(bytes, nowUs);
    if (!ackEliciting) return space.sending.onQuietSent();
    sent.elicitingCount++;
    this.pto.onElicitingSent(space, nowUs);
  }

  /** An ACK frame came. RFC 9002 §A.7. Throws for numbers that were never sent. */
  onAck(space: PacketSpace, ack: AckFrame, nowUs: number): void {
    this.acks.onAck(space, ack, nowUs);
  }

  /** The connection has its turn at `nowUs`; it should have had one at `dueUs` at the latest. */
  onTurn(dueUs: number, nowUs: number): void {
    const { active } = this.paths;
    if (this.absence.look(dueUs, active.rtt.ptoUs, nowUs)) active.delivery.restart(nowUs);
  }

  /** The loss timer fired: packets are lost, or a probe is due. RFC 9002 §A.9 */
  onLossTimer(nowUs: number): void {
    const space = this.earliestLossSpace();
    if (space !== undefined && space.sending.losses.lossUs <= nowUs) {
      this.losses.detect(space, this.maxAckDelayUs, nowUs);
      this.paths.active.updatePacer();
      return;
    }
    this.pto.onTimeout(nowUs, (probed) => this.repeatOldest(probed));
  }

  /** When the loss timer is due. RFC 9002 §A.8 */
  timerUs(nowUs: number): number {
    const space = this.earliestLossSpace();
    return space !== undefined ? space.sending.losses.lossUs : this.pto.timeoutUs(this.maxAckDelayUs, nowUs);
  }

  /**
   * The peer seems to lack part of our handshake data: send it again without waiting for a timeout, a few
   * times. A server that has sent none yet sends its first flight twice, because the client has already
   * waited for it in vain. RFC 9002 §6.2.3
   */
  hasten(): void {
    if (this.hastened >= MAX_HASTENED) return;
    this.hastened++;
    for (const space of this.spaces.live) {
      if (space.kind === Space.Application) continue;
      if (this.repeatOldest(space, Infinity)) space.sending.demand(1);
      else if (!this.pto.isClient && space.sending.sent.isUntouched) space.sending.demand(2);
    }
  }

  /** Let the frames of the oldest packets in flight be sent again; returns whether there were any. */
  repeatOldest(space: PacketSpace, packets: number = REPEATED): boolean {
    return this.flight.repeatOldest(space, packets);
  }

  /**
   * The keys of a space are discarded: its packets leave the bytes in flight without being lost, and no timer
   * waits for them. RFC 9002 §6.2.2, §6.4
   */
  discardSpace(space: PacketSpace, nowUs: number): void {
    const { sent } = space.sending;
    this.flight.abandon(sent, sent.next, false);
    this.pto.onSpaceDiscarded(space, nowUs);
    this.spaces.discard(space);
  }

  /**
   * The peer discarded all packets of a space: everything outstanding in it is sent again. RFC 9001 §4.6.2,
   * RFC 9000 §17.2.5
   */
  loseAll(space: PacketSpace, nowUs: number): void {
    const { sent, losses } = space.sending;
    this.flight.abandon(sent, sent.next, true);
    losses.lossUs = Infinity;
    this.pto.onSpaceDiscarded(space, nowUs);
  }

  /** The connection is idle: keep only the packets that may still be acknowledged. */
  rest(nowUs: number): void {
    for (const { sending } of this.spaces.live) {
      this.flight.trim(sending.sent, nowUs);
      if (sending.sent.tail === sending.sent.next) sending.sent.release();
    }
  }

  /** The connection has ended: sent packets matter no more. */
  onConnectionEnd(): void {
    for (const { sending } of this.spaces.live) {
      this.flight.abandon(sending.sent, sending.sent.next, false);
      sending.sent.release();
    }
  }

  private earliestLossSpace(): PacketSpace | undefined {
    const { live } = this.spaces;
    let earliest: PacketSpace | undefined;
    let earliestUs = Infinity;
    for (let i = 0; i < live.length; i++) {
      const { lossUs } = live[i]!.sending.losses;
      if (lossUs >= earliestUs) continue;
      earliest = live[i];
      earliestUs = lossUs;
    }
    return earliest;
  }
}

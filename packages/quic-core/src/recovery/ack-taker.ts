import type { AckSample, CongestionEvent } from '@tsquic/congestion';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { AckFrame } from '../frame/ack.ts';
import { FrameType } from '../frame/rules.ts';
import { EcnState } from '../path/ecn.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { ECN_SHIFT, Sent, SentFlag, type SentPackets } from '../spaces/sent-packets.ts';
import { Space } from '../packet/levels.ts';
import type { AskedDelay } from './ack-frequency.ts';
import type { Absence } from './absence.ts';
import type { FactRouter } from './facts.ts';
import type { CongestionReports } from './congestion-reports.ts';
import type { Flight } from './flight.ts';
import type { Losses } from './losses.ts';
import type { ProbeTimeout } from './pto.ts';

/**
 * Takes ACK frames: marks the packets that were acknowledged, and takes samples of the path from them.
 * RFC 9002 §A.7
 */
export class AckTaker {
  /** The peer's max_ack_delay from its transport parameters. */
  parameterDelayUs = 25_000;
  /** The peer's ack_delay_exponent. */
  ackDelayExponent = 3;
  private readonly frequency: AskedDelay | undefined;
  private readonly paths: Paths;
  private readonly facts: FactRouter;
  private readonly pto: ProbeTimeout;
  private readonly flight: Flight;
  private readonly losses: Losses;
  private readonly absence: Absence;
  private readonly sample: AckSample;
  private readonly marks: CongestionEvent;
  /** The largest number acknowledged before this ACK frame. */
  private priorLargest = -1;
  private ackedEliciting = false;
  /** The newest packet that this frame acknowledges for the first time, and its path. */
  private newestNumber = -1;
  private newestPath = -1;
  /** The newest such packet on the path in use. */
  private newestHere = -1;

  constructor(
    paths: Paths,
    facts: FactRouter,
    pto: ProbeTimeout,
    flight: Flight,
    losses: Losses,
    absence: Absence,
    { sample, marks }: CongestionReports,
    frequency: AskedDelay | undefined,
  ) {
    this.frequency = frequency;
    this.paths = paths;
    this.facts = facts;
    this.pto = pto;
    this.flight = flight;
    this.losses = losses;
    this.absence = absence;
    this.sample = sample;
    this.marks = marks;
  }

  /** The peer's max_ack_delay, from its transport parameters or as requested since. */
  get maxAckDelayUs(): number {
    return this.frequency === undefined ? this.parameterDelayUs : this.frequency.maxAckDelayUs;
  }

  /** An ACK frame came. Throws PROTOCOL_VIOLATION for numbers that were never sent. */
  onAck(space: PacketSpace, ack: AckFrame, nowUs: number): void {
    const { sent, losses } = space.sending;
    if (ack.largest >= sent.next) neverSent();
    if (ack.starts[ack.rangeCount - 1]! < space.sending.rejectedBelow) neverAccepted();
    const path = this.paths.active;
    this.begin(space, path, nowUs);
    for (let i = 0; i < ack.rangeCount; i++) this.ackRange(space, ack.starts[i]!, ack.ends[i]!, nowUs);
    const isNewest = ack.largest > losses.largestAcked;
    if (isNewest) losses.largestAcked = ack.largest;
    if (this.newestNumber < 0) return;
    if (this.newestNumber === ack.largest && this.ackedEliciting && this.newestPath === path.id)
      this.takeRttSample(space, path, ack, nowUs);
    if (isNewest) this.takeEcnCounts(space, ack, nowUs);
    this.losses.detect(space, this.maxAckDelayUs, nowUs);
    this.concludeSample(sent, path);
    this.pto.onAcked(space, nowUs);
    this.flight.trim(sent, nowUs);
  }

  private begin({ sending }: PacketSpace, path: Path, nowUs: number): void {
    const { sample } = this;
    sample.nowUs = nowUs;
    sample.ackedBytes = sample.newestSentUs = sample.deliveredAtSendBytes = sample.ceBytes = 0;
    sample.appLimited = false;
    sample.priorInFlightBytes = path.inFlightBytes;
    sample.deliveredBytes = sample.deliveryIntervalUs = sample.lostBytes = sample.latestRttUs = 0;
    this.ackedEliciting = false;
    this.newestNumber = this.newestHere = -1;
    this.priorLargest = sending.losses.largestAcked;
    sending.ecn.begin();
  }

  private ackRange(space: PacketSpace, start: number, end: number, nowUs: number): void {
    const { sent } = space.sending;
    const lowest = Math.max(start, sent.tail);
    let number = end;
    while (number >= lowest) {
      const slot = sent.slot(number);
      const state = sent.state[slot]!;
      if (state === Sent.Acked) {
        number = sent.runStart[slot]! - 1;
        continue;
      }
      if (state === Sent.Skipped) neverSent();
      this.ackOne(space, number, slot, state, nowUs);
      // After this loop the whole range is acknowledged, so that a later ACK frame that ends inside it can
      // step over the rest.
      sent.runStart[slot] = lowest;
      number--;
    }
    if (end >= lowest) sent.runStart[sent.slot(end)] = Math.min(number + 1, sent.runStart[sent.slot(end)]!);
  }

  private ackOne(space: PacketSpace, number: number, slot: number, state: number, nowUs: number): void {
    const { sent, ecn } = space.sending;
    const flags = sent.flags[slot]!;
    sent.state[slot] = Sent.Acked;
    ecn.onAcked(flags >> ECN_SHIFT);
    if (number < this.priorLargest) this.onArrivedBehind(sent, number, slot, nowUs);
    if (state === Sent.Lost) this.losses.onLateArrival(sent, slot, nowUs);
    else {
      if ((flags & SentFlag.AckEliciting) !== 0) {
        this.ackedEliciting = true;
        sent.elicitingCount--;
      }
      if (number > this.newestNumber) {
        this.newestNumber = number;
        this.newestPath = sent.path[slot]!;
      }
      const { active } = this.paths;
      if (number > this.newestHere && sent.path[slot] === active.id) this.newestHere = number;
      if ((flags & SentFlag.InFlight) !== 0 && this.flight.onDelivered(sent, slot, nowUs) === active)
        this.sample.ackedBytes += sent.bytes[slot]!;
    }
    this.facts.acknowledge(space, sent.factsFrom[slot]!, sent.factsTo[slot]!);
  }

  private onArrivedBehind(sent: SentPackets, number: number, slot: number, nowUs: number): void {
    const { active } = this.paths;
    const sentUs = sent.sentUs[slot]!;
    if (sent.path[slot] !== active.id || sentUs < this.absence.endUs) return;
    active.reordering.onArrivedBehind(this.priorLargest - number, nowUs - sentUs, active.rtt);
  }

  private takeRttSample(space: PacketSpace, path: Path, ack: AckFrame, nowUs: number): void {
    const { sent } = space.sending;
    const sentUs = sent.sentUs[sent.slot(ack.largest)]!;
    if (sentUs < this.absence.endUs) return;
    const tookUs = nowUs - sentUs;
    const latestUs = this.pto.plausibleRttUs(sentUs, nowUs);
    let delayUs = 0;
    if (space.kind === Space.Application) {
      delayUs = ack.rawDelay * 2 ** this.ackDelayExponent;
      // The peer has to keep to its max_ack_delay only after the handshake is confirmed. RFC 9002 §5.3
      if (this.pto.isConfirmed()) delayUs = Math.min(delayUs, this.maxAckDelayUs);
    }
    path.rtt.onSample(latestUs, delayUs, nowUs);
    if (latestUs === tookUs) this.sample.latestRttUs = Math.max(latestUs, 1);
  }

  private concludeSample(sent: SentPackets, path: Path): void {
    const { sample } = this;
    if (this.newestHere >= 0) path.delivery.sample(sample, sent, sent.slot(this.newestHere));
    sample.windowUnused = path.windowUse.isBelowHalf(path.controller.windowBytes);
    this.absence.leaveOut(sample);
    path.onAcked(sample);
  }

  /**
   * Validate the peer's ECN counts; once they are valid, new CE marks are a sign of congestion. RFC 9002
   * §7.1, §B.8
   */
  private takeEcnCounts({ sending }: PacketSpace, ack: AckFrame, nowUs: number): void {
    const { sent, ecn: reports } = sending;
    const path = this.paths.byId(this.newestPath);
    const isPossible = reports.check(ack);
    if (path === undefined) return;
    if (!isPossible) return path.ecn.onRefuted();
    path.ecn.onReported(reports.ectPackets, reports.cePackets);
    const { marks, sample } = this;
    marks.cePackets = reports.cePackets;
    if (marks.cePackets === 0 || path !== this.paths.active || path.ecn.state !== EcnState.Capable) return;
    const packets = Math.max(reports.ackedPackets, marks.cePackets);
    sample.ceBytes = Math.round((sample.ackedBytes * marks.cePackets) / packets);
    marks.nowUs = nowUs;
    marks.sentUs = sent.sentUs[sent.slot(this.newestNumber)]!;
    marks.inFlightBytes = path.inFlightBytes;
    path.controller.onCongestion(marks);
  }
}

function neverAccepted(): never {
  throw new TransportError(
    TransportCode.ProtocolViolation,
    FrameType.Ack,
    'a 0-RTT packet that was rejected',
  );
}

function neverSent(): never {
  throw new TransportError(
    TransportCode.ProtocolViolation,
    FrameType.Ack,
    'a packet number that was never sent',
  );
}

import type { AckSample, CongestionEvent } from '@tsquic/congestion';
import { createAckSample, createCongestionEvent } from '@tsquic/congestion';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { AckFrame } from '../frame/ack.ts';
import { FrameType } from '../frame/rules.ts';
import type { OpenPacket } from '../packet/writer.ts';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import { Space, SPACES } from '../spaces/spaces.ts';
import { Absence } from './absence.ts';
import { sampleDelivery, samplePath } from './ack-sample.ts';
import { EcnReports } from './ecn-reports.ts';
import { EcnState } from './ecn.ts';
import type { FactRouter } from './facts.ts';
import { LossDetector } from './loss.ts';
import { NumberSkipper } from './number-skipper.ts';
import type { ProbeTimeout } from './pto.ts';
import { ECN_SHIFT, Sent, SentFlag, SentPackets } from './sent-packets.ts';
import { SpuriousLosses } from './spurious.ts';

/** ACKs without anything else in a row after which a PING asks for news of them. RFC 9000 §13.2.4 */
const LONELY_ACKS = 32;
/** Lost packets are remembered this many probe timeouts, in case they arrive. */
const MEMORY_PTOS = 3;
/** Sent packets, acknowledgements, losses and probes of a connection. RFC 9002 */
export class Recovery {
  readonly sent: SentPackets[];
  readonly pto: ProbeTimeout;
  readonly spurious: SpuriousLosses = new SpuriousLosses();
  packetsSent = 0;
  packetsLost = 0;
  /** The peer's max_ack_delay. */
  maxAckDelayUs = 25_000;
  /** The peer's ack_delay_exponent. */
  ackDelayExponent = 3;
  /** Told of each lost packet, where somebody watches; `flags` are `SentFlag` bits. */
  watcher:
    | ((
        space: Space,
        number: number,
        bytes: number,
        flags: number,
        reordered: boolean,
        nowUs: number,
      ) => void)
    | undefined = undefined;
  private readonly losses: LossDetector[];
  private readonly ecn: EcnReports[];
  private readonly marks: CongestionEvent = MARKS;
  private readonly paths: Paths;
  private readonly facts: FactRouter;
  private readonly skipper: NumberSkipper;
  private readonly sample: AckSample = SAMPLE;
  private readonly absence = new Absence();
  /** Largest number acknowledged before the ACK frame that is read. */
  private priorLargest = -1;
  private lonelyAcks = 0;
  private hastened = 0;
  private ackedEliciting = false;
  private newestNumber = -1;
  private newestPath = -1;
  /** Newest acknowledged packet of the path in use. */
  private newestHere = -1;

  /** @param random - unpredictable integer in `[0, limit)`. */
  constructor(paths: Paths, facts: FactRouter, pto: ProbeTimeout, random: (limit: number) => number) {
    this.paths = paths;
    this.facts = facts;
    this.pto = pto;
    this.skipper = new NumberSkipper(random);
    this.sent = SPACES.map(() => new SentPackets(random(FIRST_NUMBERS)));
    this.losses = this.sent.map(
      (sent, space) =>
        new LossDetector(sent, (slot, number, reordered, nowUs) => {
          this.watcher?.(space as Space, number, sent.bytes[slot]!, sent.flags[slot]!, reordered, nowUs);
          this.onPacketLost(sent, slot);
        }),
    );
    this.ecn = this.sent.map(() => new EcnReports());
  }

  /** The number of the next packet in a space. */
  nextNumber(space: Space): number {
    const sent = this.sent[space]!;
    if (space === Space.Application && this.skipper.isDue(sent.next)) {
      sent.skip();
      this.skipper.onSkipped(
        sent.next,
        this.paths.active.controller.windowBytes / this.paths.active.mtu.mtuBytes,
      );
    }
    return sent.next;
  }

  largestAcked(space: Space): number {
    return this.losses[space]!.largestAcked;
  }

  /** Whether a PING should go with the next ACK. */
  get wantsPing(): boolean {
    return this.lonelyAcks >= LONELY_ACKS;
  }

  /** A packet left. Its facts are those in the space's log from `factsFrom` on. RFC 9002 §A.5 */
  onSent(
    space: Space,
    packet: OpenPacket,
    bytes: number,
    factsFrom: number,
    path: Path,
    probe: boolean,
    nowUs: number,
  ): void {
    const sent = this.sent[space]!;
    const slot = sent.push();
    const { ackEliciting, inFlight } = packet;
    const { codepoint } = path.ecn;
    this.packetsSent++;
    this.lonelyAcks = ackEliciting ? 0 : this.lonelyAcks + 1;
    if (inFlight && path.inFlightBytes === 0) path.firstSentUs = path.deliveredUs = nowUs;
    sent.state[slot] = Sent.Outstanding;
    sent.flags[slot] =
      (ackEliciting ? SentFlag.AckEliciting : 0) |
      (inFlight ? SentFlag.InFlight : 0) |
      (path.appLimitedUntil > 0 ? SentFlag.AppLimited : 0) |
      (probe ? SentFlag.MtuProbe : 0) |
      (codepoint << ECN_SHIFT);
    this.ecn[space]!.onSent(codepoint);
    sent.path[slot] = path.id;
    sent.bytes[slot] = bytes;
    sent.sentUs[slot] = nowUs;
    sent.factsFrom[slot] = factsFrom;
    sent.factsTo[slot] = sent.log.head;
    sent.deliveredBytes[slot] = path.deliveredBytes;
    sent.deliveredUs[slot] = path.deliveredUs;
    sent.firstSentUs[slot] = path.firstSentUs;
    sent.lostBytes[slot] = path.lostBytes;
    // Only now, when this packet's facts are known to belong to a packet.
    if (sent.isCrowded) this.relieve(sent, nowUs);
    if (!inFlight) return;
    path.inFlightBytes += bytes;
    path.windowUse.onSent(path.inFlightBytes);
    path.controller.onSent(nowUs, bytes, path.inFlightBytes);
    path.pacer.onSent(nowUs, bytes);
    if (!ackEliciting) return;
    sent.elicitingCount++;
    this.pto.onElicitingSent(space, nowUs);
  }

  /** An ACK frame came. RFC 9002 §A.7. Throws for numbers that were never sent. */
  onAck(space: Space, ack: AckFrame, nowUs: number): void {
    const sent = this.sent[space]!;
    if (ack.largest >= sent.next) neverSent();
    const path = this.paths.active;
    const { sample } = this;
    sample.nowUs = nowUs;
    sample.ackedBytes = sample.newestSentUs = sample.deliveredAtSendBytes = sample.ceBytes = 0;
    sample.appLimited = false;
    sample.priorInFlightBytes = path.inFlightBytes;
    sample.deliveredBytes = sample.deliveryIntervalUs = sample.lostBytes = sample.latestRttUs = 0;
    this.ackedEliciting = false;
    this.newestNumber = this.newestHere = -1;
    this.priorLargest = this.losses[space]!.largestAcked;
    this.ecn[space]!.begin();
    for (let i = 0; i < ack.rangeCount; i++) this.ackRange(space, ack.starts[i]!, ack.ends[i]!, nowUs);
    const losses = this.losses[space]!;
    const isNewest = ack.largest > losses.largestAcked;
    if (isNewest) losses.largestAcked = ack.largest;
    if (this.newestNumber < 0) return;
    if (this.newestNumber === ack.largest && this.ackedEliciting && this.newestPath === path.id)
      this.takeRttSample(space, path, ack, nowUs);
    if (isNewest) this.takeEcnCounts(space, ack, nowUs);
    this.detectLost(space, nowUs);
    this.concludeSample(space, path);
    this.pto.onAcked(space, nowUs);
    sent.trim(nowUs - MEMORY_PTOS * path.rtt.ptoUs);
  }

  /** The connection has its turn at `nowUs`; it should have had one at `dueUs` at the latest. */
  onTurn(dueUs: number, nowUs: number): void {
    const { active } = this.paths;
    if (this.absence.look(dueUs, active.rtt.ptoUs, nowUs)) active.firstSentUs = active.deliveredUs = nowUs;
  }

  /** The loss timer fired: either losses are due, or a probe is. RFC 9002 §A.9 */
  onTimer(nowUs: number): void {
    const space = this.earliestLossSpace();
    if (space >= 0 && this.losses[space]!.lossUs <= nowUs) {
      this.detectLost(space as Space, nowUs);
      this.paths.active.updatePacer();
      return;
    }
    this.pto.onTimeout(nowUs, (probed) => this.repeatOldest(probed));
  }

  /**
   * The peer seems to lack part of our handshake: send that again without waiting, a few times. A server whose answer
   * is still to leave sends it twice: the client has already waited for it in vain. RFC 9002 §6.2.3
   */
  hasten(): void {
    if (this.hastened >= MAX_HASTENED) return;
    this.hastened++;
    for (const space of [Space.Initial, Space.Handshake] as const)
      if (this.repeatOldest(space, Infinity)) this.pto.demand(space, 1);
      else if (!this.pto.isClient && this.sent[space]!.isUntouched) this.pto.demand(space, 2);
  }

  /** When the loss timer is due. RFC 9002 §A.8 */
  timerUs(nowUs: number): number {
    const space = this.earliestLossSpace();
    return space >= 0 ? this.losses[space]!.lossUs : this.pto.timeoutUs(this.sent, this.maxAckDelayUs, nowUs);
  }

  /** Keys of a space are gone: its packets are neither in flight nor lost. RFC 9002 §6.4 */
  discardSpace(space: Space, nowUs: number): void {
    const sent = this.sent[space]!;
    this.abandon(sent, sent.next, false);
    this.sent[space] = OVER.sent;
    this.losses[space] = OVER.losses;
    this.ecn[space] = OVER.ecn;
    this.pto.onSpaceDiscarded(space, nowUs);
  }

  /** The connection is quiet: remember only what may still be acknowledged. */
  rest(nowUs: number): void {
    const sent = this.sent[Space.Application]!;
    sent.trim(nowUs - MEMORY_PTOS * this.paths.active.rtt.ptoUs);
    if (sent.tail === sent.next) sent.release();
  }

  /** The connection has ended: nothing that left matters any more. */
  onConnectionEnd(): void {
    for (const sent of this.sent) {
      this.abandon(sent, sent.next, false);
      sent.release();
    }
  }

  /** Everything outstanding in a space must be sent again: its receiver threw it away. RFC 9001 §4.6.2, RFC 9000 §17.2.5 */
  loseAll(space: Space, nowUs: number): void {
    const sent = this.sent[space]!;
    this.abandon(sent, sent.next, true);
    this.losses[space]!.lossUs = Infinity;
    this.pto.onSpaceDiscarded(space, nowUs);
  }

  /** The application has nothing more to send, though it might: samples of what is in flight mean little. */
  markAppLimited(path: Path): void {
    path.appLimitedUntil = path.deliveredBytes + path.inFlightBytes || 1;
  }

  private ackRange(space: Space, start: number, end: number, nowUs: number): void {
    const sent = this.sent[space]!;
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
      // When this is over, all of it is acknowledged: the next ACK that ends anywhere in it steps over the rest.
      sent.runStart[slot] = lowest;
      number--;
    }
    if (end >= lowest) sent.runStart[sent.slot(end)] = Math.min(number + 1, sent.runStart[sent.slot(end)]!);
  }

  private ackOne(space: Space, number: number, slot: number, state: number, nowUs: number): void {
    const sent = this.sent[space]!;
    const flags = sent.flags[slot]!;
    sent.state[slot] = Sent.Acked;
    this.ecn[space]!.onAcked(flags >> ECN_SHIFT);
    if (number < this.priorLargest) this.onArrivedBehind(sent, number, slot, nowUs);
    if (state === Sent.Lost) this.onLateArrival(sent, slot, nowUs);
    else {
      if ((flags & SentFlag.AckEliciting) !== 0) {
        this.ackedEliciting = true;
        sent.elicitingCount--;
      }
      if (number > this.newestNumber) {
        this.newestNumber = number;
        this.newestPath = sent.path[slot]!;
      }
      if (number > this.newestHere && sent.path[slot] === this.paths.active.id) this.newestHere = number;
      if ((flags & SentFlag.InFlight) !== 0) this.deliver(sent, slot, nowUs);
    }
    this.facts.acknowledge(space, sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!);
  }

  private onArrivedBehind(sent: SentPackets, number: number, slot: number, nowUs: number): void {
    const { active } = this.paths;
    const sentUs = sent.sentUs[slot]!;
    if (sent.path[slot] !== active.id || sentUs < this.absence.endUs) return;
    active.reordering.onArrivedBehind(this.priorLargest - number, nowUs - sentUs, active.rtt);
  }

  private deliver(sent: SentPackets, slot: number, nowUs: number): void {
    const path = this.leaveFlight(sent, slot);
    if (path === undefined) return;
    path.deliveredBytes += sent.bytes[slot]!;
    path.deliveredUs = nowUs;
    path.blackHole.onArrived(sent.bytes[slot]!, sent.sentUs[slot]!);
    if (path === this.paths.active) this.sample.ackedBytes += sent.bytes[slot]!;
  }

  /** Take a packet out of the bytes in flight of its path, which is returned if it still exists. */
  private leaveFlight(sent: SentPackets, slot: number): Path | undefined {
    const path = this.paths.byId(sent.path[slot]!);
    if (path !== undefined) path.inFlightBytes -= sent.bytes[slot]!;
    return path;
  }

  private takeRttSample(space: Space, path: Path, ack: AckFrame, nowUs: number): void {
    const sent = this.sent[space]!;
    const sentUs = sent.sentUs[sent.slot(ack.largest)]!;
    if (sentUs < this.absence.endUs) return;
    const tookUs = nowUs - sentUs;
    const latestUs = this.pto.plausibleRttUs(sentUs, nowUs);
    let delayUs = 0;
    if (space === Space.Application) {
      delayUs = ack.rawDelay * 2 ** this.ackDelayExponent;
      // The peer's promise holds once it is known to have our parameters. RFC 9002 §5.3
      if (this.pto.isConfirmed()) delayUs = Math.min(delayUs, this.maxAckDelayUs);
    }
    path.rtt.onSample(latestUs, delayUs, nowUs);
    if (latestUs === tookUs) this.sample.latestRttUs = Math.max(latestUs, 1);
  }

  private concludeSample(space: Space, path: Path): void {
    const { sample } = this;
    if (this.newestHere >= 0) {
      const sent = this.sent[space]!;
      sampleDelivery(sample, path, sent, sent.slot(this.newestHere));
    }
    sample.windowUnused = path.windowUse.isBelowHalf(path.controller.windowBytes);
    this.absence.leaveOut(sample);
    path.windowUse.onAck(sample.deliveredAtSendBytes, path.deliveredBytes, path.inFlightBytes);
    if (path.appLimitedUntil > 0 && path.deliveredBytes > path.appLimitedUntil) path.appLimitedUntil = 0;
    samplePath(sample, path);
    if (sample.ackedBytes > 0) path.controller.onAck(sample);
    path.updatePacer();
  }

  private detectLost(space: Space, nowUs: number): void {
    const path = this.paths.active;
    const event = this.losses[space]!.detect(path, this.maxAckDelayUs, this.absence.endUs, nowUs);
    if (event.lostBytes === 0) return;
    // What fills the window may be unreadable for want of what was lost: one packet goes at once. RFC 9002 §7.3.2
    if (space !== Space.Application) this.pto.demand(space, 1);
    this.react(path, event, this.losses[space]!.persistent, this.losses[space]!.lostCount);
  }

  private react(path: Path, event: CongestionEvent, persistent: boolean, count: number): void {
    event.inFlightBytes = path.inFlightBytes;
    if (this.spurious.onLost(count, event.sentUs, event.nowUs)) path.reordering.onEpisode();
    path.controller.onCongestion(event);
    if (!persistent) return;
    path.controller.onPersistentCongestion(event.nowUs);
    path.rtt.renewMinimum();
  }

  private onPacketLost(sent: SentPackets, slot: number): void {
    const flags = sent.flags[slot]!;
    if ((flags & SentFlag.InFlight) !== 0) {
      const path = this.leaveFlight(sent, slot);
      this.packetsLost++;
      // What became of a probe of the MTU says nothing about the path otherwise. RFC 9000 §14.4
      if (path !== undefined && (flags & SentFlag.MtuProbe) === 0) {
        path.onLost(sent.bytes[slot]!, sent.sentUs[slot]!);
        if (flags >> ECN_SHIFT !== 0) path.ecn.onLost();
      }
    }
    this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!);
  }

  /** A packet was acknowledged after it had been declared lost. */
  private onLateArrival(sent: SentPackets, slot: number, nowUs: number): void {
    const { active } = this.paths;
    const kind = sent.flags[slot]! & (SentFlag.InFlight | SentFlag.MtuProbe);
    if (kind !== SentFlag.InFlight || sent.path[slot] !== active.id) return;
    active.onLateArrival(sent.bytes[slot]!);
    if (this.spurious.onArrived(sent.sentUs[slot]!)) active.controller.onSpuriousLoss(nowUs);
  }

  /** Validate the peer's ECN counts; marks are a sign of congestion once they can be believed. RFC 9002 §7.1, §B.8 */
  private takeEcnCounts(space: Space, ack: AckFrame, nowUs: number): void {
    const reports = this.ecn[space]!;
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
    marks.sentUs = this.sent[space]!.sentUs[this.sent[space]!.slot(this.newestNumber)]!;
    marks.inFlightBytes = path.inFlightBytes;
    path.controller.onCongestion(marks);
  }

  /** Make room among packets that are kept only because the peer does not acknowledge an old one. */
  private relieve(sent: SentPackets, nowUs: number): void {
    sent.trim(nowUs - MEMORY_PTOS * this.paths.active.rtt.ptoUs);
    if (sent.isCrowded) this.abandon(sent, sent.tail + Math.floor((sent.next - sent.tail) / 2), true);
  }

  /** Forget the packets below `end`, without regard to congestion; `tell` has what they carried sent again. */
  private abandon(sent: SentPackets, end: number, tell: boolean): void {
    for (let n = sent.tail; n < end; n++) {
      const slot = sent.slot(n);
      if (sent.state[slot] !== Sent.Outstanding) continue;
      const flags = sent.flags[slot]!;
      if ((flags & SentFlag.InFlight) !== 0) this.leaveFlight(sent, slot);
      if ((flags & SentFlag.AckEliciting) !== 0) sent.elicitingCount--;
      sent.state[slot] = Sent.Lost;
      if (tell) this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!);
    }
    sent.forgetBelow(end);
  }

  private earliestLossSpace(): number {
    let earliest = -1;
    for (let i = 0; i < 3; i++) {
      const lossUs = this.losses[i]!.lossUs;
      if (lossUs !== Infinity && (earliest < 0 || lossUs < this.losses[earliest]!.lossUs)) earliest = i;
    }
    return earliest;
  }

  /**
   * A probe should carry something useful: make what the oldest packets in flight carried ready to be sent again.
   * Returns whether there were any. RFC 9002 §6.2.4
   */
  repeatOldest(space: Space, packets = 2): boolean {
    const sent = this.sent[space]!;
    let left = packets;
    for (let n = sent.firstOutstanding; n < sent.next && left > 0; n++) {
      const slot = sent.slot(n);
      const kind = sent.flags[slot]! & (SentFlag.AckEliciting | SentFlag.MtuProbe);
      if (sent.state[slot] !== Sent.Outstanding || kind !== SentFlag.AckEliciting) continue;
      this.facts.lose(sent.log, sent.factsFrom[slot]!, sent.factsTo[slot]!);
      left--;
    }
    return left < packets;
  }
}

/** What every space has whose keys are gone: nothing in it is waited for, and something may have been sent. */
const OVER = createOver();

function createOver(): { sent: SentPackets; losses: LossDetector; ecn: EcnReports } {
  const sent = new SentPackets(0);
  sent.next = sent.tail = sent.firstOutstanding = 1;
  return { sent, losses: new LossDetector(sent, () => {}), ecn: new EcnReports() };
}

/** One of each for all connections: they are used before the next ACK frame is read. */
const MARKS: CongestionEvent = createCongestionEvent();
const SAMPLE: AckSample = createAckSample();

/** Times that a handshake is hastened: every hint could be forged or come late. */
const MAX_HASTENED = 3;

/** First packet numbers are random below this: nobody off the path can guess them. RFC 9000 §12.3 */
const FIRST_NUMBERS = 2 ** 12;

function neverSent(): never {
  throw new TransportError(
    TransportCode.ProtocolViolation,
    FrameType.Ack,
    'a packet number that was never sent',
  );
}

import {
  type AckSample,
  type CongestionController,
  type CongestionEvent,
  type CongestionFactory,
  createCongestionEvent,
} from '../src/controller.ts';
import { ackSample } from './ack-sample.ts';
import { Pacer } from '../src/pacer.ts';

// Jest's sandbox makes each look at a global slow, and a run takes millions: hence names of our own.
const { ceil, imul, max, min, round } = Math;
const { isFinite } = Number;
const NEVER = Infinity;

/** A path that several flows share: one queue of bytes before a link, and a delay of their own for each flow. */
export interface Path {
  bytesPerSecond: number;
  bufferBytes: number;
  /** Backlog from which packets are marked instead of nothing happening to them. Default: never. */
  markAboveBytes?: number;
  /** One packet in so many is lost for no reason. Default: none. */
  loseOneIn?: number;
  /** Bytes per second from some time on, for a path that changes. */
  later?: { fromUs: number; bytesPerSecond: number };
}

export interface FlowOptions {
  factory: CongestionFactory;
  rttUs: number;
  startUs?: number;
  /** What the application offers. Default: more than enough. */
  bytesPerSecond?: number;
  /** No sending between these times. */
  pauseUs?: readonly [from: number, to: number];
}

export interface FlowReport {
  controller: CongestionController;
  deliveredBytes: number;
  lostBytes: number;
  markedPackets: number;
  /** Window at each tenth of a second. */
  windowTrace: number[];
  /** Bytes delivered in each tenth of a second. */
  deliveredTrace: number[];
  minRttUs: number;
  /** Mean RTT over the last half of the run. */
  lateRttUs: number;
  /** What the checks of the run found wrong. */
  faults: string[];
}

export const MTU = 1200;
const TENTH_US = 100_000;

/** Run the flows over the path for `durationUs` of virtual time. The same arguments give the same run. */
export function run(path: Path, flowOptions: readonly FlowOptions[], durationUs: number): FlowReport[] {
  const link = new Link(path);
  const flows = flowOptions.map((options, index) => new Flow(options, index));
  for (let nowUs = 0; nowUs < durationUs;) {
    let next = flows[0]!;
    for (const flow of flows) if (flow.nextUs < next.nextUs) next = flow;
    nowUs = next.nextUs;
    if (nowUs >= durationUs) break;
    next.act(nowUs, link);
  }
  return flows.map((flow) => flow.report(durationUs));
}

/** Jain's index: 1 when all get the same, 1/n when one gets everything. */
export function fairness(shares: readonly number[]): number {
  let sum = 0;
  let squares = 0;
  for (const share of shares) {
    sum += share;
    squares += share * share;
  }
  return (sum * sum) / (shares.length * squares);
}

class Link {
  private readonly path: Path;
  private busyUntilUs = 0;
  private count = 0;
  isMarked = false;

  constructor(path: Path) {
    this.path = path;
  }

  /** When the packet leaves the link, or -1 when it is dropped; `isMarked` tells of a mark. */
  take(nowUs: number, bytes: number): number {
    const later = this.path.later;
    const perUs = (later && nowUs >= later.fromUs ? later.bytesPerSecond : this.path.bytesPerSecond) / 1e6;
    const backlogBytes = max(this.busyUntilUs - nowUs, 0) * perUs;
    const { loseOneIn = 0, markAboveBytes = NEVER, bufferBytes } = this.path;
    // A fixed stride would beat against rounds, so the stride wanders.
    this.count++;
    if (loseOneIn > 0 && (imul(this.count, 0x9e3779b1) >>> 0) / 2 ** 32 < 1 / loseOneIn) return -1;
    if (backlogBytes + bytes > bufferBytes) return -1;
    this.isMarked = backlogBytes > markAboveBytes;
    this.busyUntilUs = max(this.busyUntilUs, nowUs) + bytes / perUs;
    return this.busyUntilUs;
  }
}

interface SentPacket {
  sentUs: number;
  deliveredBytes: number;
  deliveredUs: number;
  firstSentUs: number;
  lostBytes: number;
  appLimited: boolean;
  /** When its acknowledgement arrives; -1 when it was dropped. */
  ackUs: number;
  marked: boolean;
}

class Flow {
  nextUs: number;
  private readonly options: FlowOptions;
  private readonly controller: CongestionController;
  private readonly pacer: Pacer;
  private readonly packets: SentPacket[] = [];
  /** Oldest packet without a verdict. */
  private oldest = 0;
  private inFlightBytes = 0;
  private deliveredBytes = 0;
  private deliveredUs = 0;
  private firstSentUs = 0;
  private lostBytes = 0;
  private appLimitedUntilBytes = -1;
  private smoothedRttUs = 0;
  private minRttUs = NEVER;
  private rttSum = 0;
  private rttCount = 0;
  private markedPackets = 0;
  private sentTotalBytes = 0;
  private sendAtUs: number;
  private probeAtUs = NEVER;
  private readonly windowTrace: number[] = [];
  private readonly deliveredTrace: number[] = [];
  private readonly rttTrace: number[] = [];
  private readonly faults: string[] = [];
  private readonly sample: AckSample = ackSample();
  private readonly event: CongestionEvent = createCongestionEvent();

  constructor(options: FlowOptions, index: number) {
    this.options = options;
    this.controller = options.factory({ mtuBytes: MTU, nowUs: options.startUs ?? 0, seed: index + 1 });
    this.pacer = new Pacer(MTU);
    this.sendAtUs = this.nextUs = options.startUs ?? 0;
  }

  act(nowUs: number, link: Link): void {
    while (this.oldest < this.packets.length && this.packets[this.oldest]!.ackUs === -2) this.oldest++;
    const acked = this.nextAcked();
    if (acked >= 0 && this.packets[acked]!.ackUs <= nowUs) this.acknowledge(acked, nowUs);
    else if (this.sendAtUs <= nowUs) this.send(nowUs, link);
    else if (this.probeAtUs <= nowUs) this.loseEverything(nowUs);
    this.schedule(nowUs);
    this.trace(nowUs);
  }

  report(durationUs: number): FlowReport {
    this.trace(durationUs);
    const late = this.rttTrace.slice(this.rttTrace.length >> 1).filter((rttUs) => rttUs > 0);
    return {
      controller: this.controller,
      deliveredBytes: this.deliveredBytes,
      lostBytes: this.lostBytes,
      markedPackets: this.markedPackets,
      windowTrace: this.windowTrace,
      deliveredTrace: this.deliveredTrace,
      minRttUs: this.minRttUs,
      lateRttUs: late.reduce((sum, rttUs) => sum + rttUs, 0) / max(late.length, 1),
      faults: this.faults,
    };
  }

  /** The next packet whose acknowledgement is under way: the network keeps the order. */
  private nextAcked(): number {
    for (let i = this.oldest; i < this.packets.length; i++) {
      const { ackUs } = this.packets[i]!;
      if (ackUs >= 0) return i;
    }
    return -1;
  }

  private schedule(nowUs: number): void {
    const acked = this.nextAcked();
    const ackUs = acked < 0 ? NEVER : this.packets[acked]!.ackUs;
    const mayFill = this.inFlightBytes + MTU <= this.controller.windowBytes;
    this.sendAtUs = mayFill ? max(this.pacer.nextSendUs(nowUs), this.offeredAtUs(nowUs)) : NEVER;
    this.nextUs = max(nowUs, min(ackUs, this.sendAtUs, this.probeAtUs));
  }

  /** When the application has another packet. */
  private offeredAtUs(nowUs: number): number {
    const { pauseUs, bytesPerSecond = NEVER, startUs = 0 } = this.options;
    if (pauseUs && nowUs >= pauseUs[0] && nowUs < pauseUs[1]) return this.limitedUntil(pauseUs[1], nowUs);
    const atUs =
      bytesPerSecond === NEVER ? startUs : startUs + ((this.sentTotalBytes + MTU) / bytesPerSecond) * 1e6;
    return atUs > nowUs ? this.limitedUntil(atUs, nowUs) : nowUs;
  }

  private limitedUntil(atUs: number, nowUs: number): number {
    if (this.pacer.nextSendUs(nowUs) <= nowUs)
      this.appLimitedUntilBytes = this.deliveredBytes + this.inFlightBytes;
    return atUs;
  }

  private send(nowUs: number, link: Link): void {
    if (this.inFlightBytes === 0) this.firstSentUs = this.deliveredUs = nowUs;
    const leaveUs = link.take(nowUs, MTU);
    this.packets.push({
      sentUs: nowUs,
      deliveredBytes: this.deliveredBytes,
      deliveredUs: this.deliveredUs,
      firstSentUs: this.firstSentUs,
      lostBytes: this.lostBytes,
      appLimited: this.appLimitedUntilBytes >= this.deliveredBytes,
      ackUs: leaveUs < 0 ? -1 : ceil(leaveUs + this.options.rttUs),
      marked: leaveUs >= 0 && link.isMarked && this.controller.ecnCodepoint > 0,
    });
    this.inFlightBytes += MTU;
    this.sentTotalBytes += MTU;
    this.pacer.onSent(nowUs, MTU);
    this.controller.onSent(nowUs, MTU, this.inFlightBytes);
    this.armProbe(nowUs);
    this.check('send');
  }

  private acknowledge(acked: number, nowUs: number): void {
    const packet = this.packets[acked]!;
    const priorInFlightBytes = this.inFlightBytes;
    this.inFlightBytes -= MTU;
    this.deliveredBytes += MTU;
    this.deliveredUs = nowUs;
    this.firstSentUs = packet.sentUs;
    this.measureRtt(nowUs - packet.sentUs);
    packet.ackUs = -2;
    // The network keeps the order, so that a gap is a loss as soon as three packets follow it.
    let newestLostUs = -1;
    let lostBytes = 0;
    for (let i = this.oldest; i <= acked - 3; i++) {
      const lost = this.packets[i]!;
      if (lost.ackUs !== -1) continue;
      lost.ackUs = -2;
      newestLostUs = lost.sentUs;
      lostBytes += MTU;
    }
    this.inFlightBytes -= lostBytes;
    this.lostBytes += lostBytes;
    if (lostBytes > 0) this.congestion(nowUs, newestLostUs, lostBytes, 0);
    if (packet.marked) this.congestion(nowUs, packet.sentUs, 0, 1);
    if (packet.marked) this.markedPackets++;
    this.fillSample(packet, priorInFlightBytes, nowUs);
    this.controller.onAck(this.sample);
    this.updatePacer();
    this.armProbe(nowUs);
    this.check('ack');
  }

  private fillSample(packet: SentPacket, priorInFlightBytes: number, nowUs: number): void {
    const sample = this.sample;
    sample.nowUs = nowUs;
    sample.ackedBytes = MTU;
    sample.newestSentUs = packet.sentUs;
    sample.priorInFlightBytes = priorInFlightBytes;
    sample.inFlightBytes = this.inFlightBytes;
    sample.deliveredTotalBytes = this.deliveredBytes;
    sample.deliveredAtSendBytes = packet.deliveredBytes;
    sample.deliveredBytes = this.deliveredBytes - packet.deliveredBytes;
    sample.deliveryIntervalUs = max(packet.sentUs - packet.firstSentUs, nowUs - packet.deliveredUs);
    sample.lostBytes = this.lostBytes - packet.lostBytes;
    sample.ceBytes = packet.marked ? MTU : 0;
    sample.latestRttUs = nowUs - packet.sentUs;
    sample.smoothedRttUs = round(this.smoothedRttUs);
    sample.minRttUs = this.minRttUs;
    sample.appLimited = sample.windowUnused = packet.appLimited;
  }

  private measureRtt(rttUs: number): void {
    this.minRttUs = min(this.minRttUs, rttUs);
    this.smoothedRttUs = this.smoothedRttUs === 0 ? rttUs : this.smoothedRttUs * 0.875 + rttUs * 0.125;
    this.rttSum += rttUs;
    this.rttCount++;
  }

  private congestion(nowUs: number, sentUs: number, lostBytes: number, cePackets: number): void {
    this.event.nowUs = nowUs;
    this.event.sentUs = sentUs;
    this.event.lostBytes = lostBytes;
    this.event.cePackets = cePackets;
    this.event.inFlightBytes = this.inFlightBytes;
    this.controller.onCongestion(this.event);
  }

  /** Nothing came back for so long that everything under way counts as lost. */
  private loseEverything(nowUs: number): void {
    let lostBytes = 0;
    let newestSentUs = 0;
    for (let i = this.oldest; i < this.packets.length; i++) {
      const packet = this.packets[i]!;
      if (packet.ackUs === -2) continue;
      packet.ackUs = -2;
      newestSentUs = packet.sentUs;
      lostBytes += MTU;
    }
    this.probeAtUs = NEVER;
    if (lostBytes === 0) return;
    this.inFlightBytes -= lostBytes;
    this.lostBytes += lostBytes;
    this.congestion(nowUs, newestSentUs, lostBytes, 0);
    this.controller.onPersistentCongestion(nowUs);
    this.updatePacer();
    this.check('persistent congestion');
  }

  private updatePacer(): void {
    const { windowBytes, pacingRate, inSlowStart } = this.controller;
    this.pacer.update(windowBytes, pacingRate, this.smoothedRttUs, inSlowStart);
  }

  private armProbe(nowUs: number): void {
    this.probeAtUs = this.inFlightBytes > 0 ? nowUs + 3 * max(this.smoothedRttUs, 300_000) : NEVER;
  }

  private check(when: string): void {
    const { windowBytes, pacingRate } = this.controller;
    if (this.faults.length > 5) return;
    if (!isFinite(windowBytes) || windowBytes < 2 * MTU) this.faults.push(`${when}: window ${windowBytes}`);
    if (!isFinite(pacingRate) || pacingRate < 0) this.faults.push(`${when}: rate ${pacingRate}`);
  }

  private trace(nowUs: number): void {
    while (this.windowTrace.length * TENTH_US <= nowUs) {
      this.windowTrace.push(this.controller.windowBytes);
      this.deliveredTrace.push(this.deliveredBytes);
      this.rttTrace.push(this.rttCount > 0 ? this.rttSum / this.rttCount : 0);
      this.rttSum = this.rttCount = 0;
    }
  }
}

import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from '../controller.ts';
import { LongPathStart } from '../long-path.ts';
import { initialWindow, minimumWindow } from '../window.ts';
import { BackgroundLoss } from './background-loss.ts';
import { BoundsUndo } from './bounds-undo.ts';
import { AckAggregation, deliveryRate, inFlightAtSend, RoundCounter } from './delivery-rate.ts';
import { MaxBandwidth, MinRtt } from './filters.ts';
import { FullPipe } from './full-pipe.ts';
import { ProbeClock } from './probe-clock.ts';
import { ShortTermBounds } from './short-term-bounds.ts';
import { BbrState, isAccelerating, isProbingCycle, PACING_GAIN, WINDOW_GAIN } from './states.ts';
import { AckPhase, VolumeBound } from './volume-bound.ts';

/**
 * BBR version 3: models the path by its bandwidth and round trip time, and sends at that rate with about that volume
 * in flight, instead of filling the queue until something is lost. draft-ietf-ccwg-bbr
 *
 * Differs from the draft where the samples do: losses are weighed with the next ACK rather than packet by packet, an
 * ACK that declares losses counts as one range of them, and a CE mark counts like a loss (RFC 3168 §5).
 */
export class Bbr implements CongestionController {
  readonly name = 'bbr';
  readonly ecnCodepoint = 2;
  windowBytes: number;
  pacingRate: number;
  inSlowStart = true;

  private state: BbrState = BbrState.Startup;
  private mtuBytes: number;
  /** The rate that the model allows, bytes per microsecond. */
  private bandwidth = 0;
  private deliveredTotalBytes = 0;
  private hasRtt = false;
  /** Packets sent before this much was delivered were held back by ProbeRTT: their rates are too low. */
  private heldBackUntilBytes = -1;

  private recoveryStartUs = -Infinity;
  private probeEndUs = -Infinity;
  /** When the window last left no room for another packet. */
  private filledUs = -Infinity;
  private inRecovery = false;
  private priorWindowBytes = 0;
  private lossEvents = 0;

  private isRestarting = false;
  private probeRttEndUs = Infinity;
  private isProbeRttRoundDone = false;

  private readonly round: RoundCounter = new RoundCounter();
  private readonly maxBandwidth: MaxBandwidth = new MaxBandwidth();
  private readonly minRtt: MinRtt;
  private readonly fullPipe: FullPipe = new FullPipe();
  private readonly aggregation: AckAggregation = new AckAggregation();
  private readonly shortTerm: ShortTermBounds = new ShortTermBounds();
  private readonly volume: VolumeBound = new VolumeBound();
  private readonly undo: BoundsUndo = new BoundsUndo();
  private readonly background: BackgroundLoss = new BackgroundLoss();
  private readonly clock: ProbeClock;
  private readonly longPaths: boolean;
  private longPath: LongPathStart;

  /** `longPaths` is whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
    this.pacingRate = startupRate(this.windowBytes, UNKNOWN_RTT_US);
    this.minRtt = new MinRtt(options.nowUs);
    this.clock = new ProbeClock(options.seed ?? options.nowUs);
    this.longPaths = longPaths;
    this.longPath = new LongPathStart(STARTUP_GAIN, longPaths);
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    if (inFlightBytes + this.mtuBytes > this.windowBytes) this.filledUs = sentUs;
    if (inFlightBytes > bytes) return;
    this.isRestarting = true;
    this.aggregation.restart(sentUs);
    if (isProbingCycle(this.state)) this.paceAt(1);
    else if (this.state === BbrState.ProbeRtt) this.leaveProbeRttIfDone(sentUs);
  }

  onAck(sample: AckSample): void {
    const rate = deliveryRate(sample);
    const appLimited = sample.appLimited || sample.deliveredAtSendBytes <= this.heldBackUntilBytes;
    // At the moment of an ACK that answers for many packets the pacer may have left room which is none a round trip long.
    const isWindowLimited = this.filledUs >= sample.newestSentUs;
    this.endRecoveryIfRepaired(sample);
    this.updateModel(sample, rate, appLimited);
    this.startLongPath(sample);
    this.leaveStartupIfFull(sample, rate, appLimited);
    this.leaveDrainIfEmpty(sample);
    if (this.fullPipe.isReached) this.advanceProbing(sample, rate, appLimited, isWindowLimited);
    this.minRtt.add(sample.latestRttUs, sample.nowUs);
    this.advanceProbeRtt(sample);
    this.shortTerm.advance(sample, rate);
    this.bandwidth = Math.min(this.maxBandwidth.bandwidth, this.shortTerm.bandwidth);
    this.updatePacing(sample.smoothedRttUs);
    this.updateWindow(sample);
  }

  onCongestion(event: CongestionEvent): void {
    this.background.onLost(event.lostBytes);
    if (event.cePackets > 0) this.shortTerm.lossInRound = true;
    // What a probe lost has said where the limit is, and not that the path changed since.
    if (event.sentUs > this.probeEndUs) this.shortTerm.lostBytes += event.lostBytes;
    this.lossEvents++;
    if (event.sentUs <= this.recoveryStartUs) return;
    this.recoveryStartUs = event.nowUs;
    this.undo.remember(this.shortTerm, this.volume);
    // Losses that a probe may cost are none to recover from: where every round has some, nothing would ever grow.
    const affordableBytes = this.affordableBytes(event.inFlightBytes + event.lostBytes);
    if (event.cePackets === 0 && event.lostBytes <= affordableBytes) return;
    this.longPath.end();
    this.saveWindow();
    this.inRecovery = true;
    // For one round as much leaves as arrives, and one packet more to repair the loss.
    const conservedBytes = Math.max(event.inFlightBytes + this.mtuBytes, this.minimumPipe());
    this.windowBytes = Math.min(this.windowBytes, conservedBytes);
  }

  onPersistentCongestion(_nowUs: number): void {
    this.longPath.end();
    this.saveWindow();
    this.windowBytes = minimumWindow(this.mtuBytes);
    this.recoveryStartUs = -Infinity;
    this.inRecovery = false;
  }

  onSpuriousLoss(_nowUs: number): void {
    this.undo.restore(this.shortTerm, this.volume);
    this.endRecovery();
  }

  reset(nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.pacingRate = startupRate(this.windowBytes, UNKNOWN_RTT_US);
    this.enter(BbrState.Startup);
    this.bandwidth = 0;
    this.deliveredTotalBytes = 0;
    this.hasRtt = false;
    this.heldBackUntilBytes = -1;
    this.recoveryStartUs = this.probeEndUs = this.filledUs = -Infinity;
    this.inRecovery = false;
    this.priorWindowBytes = 0;
    this.lossEvents = 0;
    this.isRestarting = false;
    this.round.reset();
    this.maxBandwidth.reset();
    this.minRtt.reset(nowUs);
    this.fullPipe.reset();
    this.aggregation.reset(nowUs);
    this.shortTerm.reset();
    this.volume.reset();
    this.background.reset();
    this.longPath = new LongPathStart(STARTUP_GAIN, this.longPaths);
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  private updateModel(sample: AckSample, rate: number, appLimited: boolean): void {
    this.deliveredTotalBytes = sample.deliveredTotalBytes;
    this.round.onAck(sample);
    if (this.round.isStart) this.clock.onRound();
    this.shortTerm.onAck(sample, rate);
    // A limited sample is too low by nature, unless it is the highest.
    if (!appLimited || rate >= this.maxBandwidth.bandwidth) this.maxBandwidth.add(rate);
    if (sample.ceBytes > 0) this.shortTerm.lossInRound = true;
    this.shortTerm.judgeLosses(this.background, this.mtuBytes);
    this.background.onAck(sample, this.round.isStart, this.mtuBytes);
    this.shortTerm.adapt(this.maxBandwidth.bandwidth, this.knownWindow(), isAccelerating(this.state));
    const filterRounds = this.fullPipe.isReached ? AGGREGATION_ROUNDS : 1;
    this.aggregation.onAck(sample, this.bandwidth, this.round.count, this.windowBytes, filterRounds);
  }

  // A short stretch of a long path says more than a round of it, and says it sooner.
  private startLongPath(sample: AckSample): void {
    if (this.fullPipe.isReached) return;
    this.longPath.onAck(sample, this.mtuBytes, !sample.windowUnused);
    const { capacity } = this.longPath;
    if (capacity === 0 || this.state !== BbrState.Startup) return;
    this.maxBandwidth.add(capacity);
    // The pipe is known but not full yet: Startup's pace fills it.
    if (sample.inFlightBytes < this.longPath.windowBytes * ALMOST && !this.round.isStart) return;
    this.fullPipe.isReached = true;
    // The next round probes for more at once, lest a first look that was too low stays.
    this.startDown(sample.nowUs);
    this.startRefill();
  }

  private leaveStartupIfFull(sample: AckSample, rate: number, appLimited: boolean): void {
    this.fullPipe.onAck(rate, this.round.isStart, appLimited);
    if (this.state === BbrState.Startup) this.noticeOverflow(sample);
    if (this.state === BbrState.Startup && this.fullPipe.isReached) this.enter(BbrState.Drain);
    if (this.shortTerm.isRoundEnd) this.lossEvents = 0;
  }

  // Startup also ends when it fills a shallow queue before the rate stops growing, or when the queue marks.
  private noticeOverflow(sample: AckSample): void {
    const overflows =
      this.shortTerm.isRoundEnd && this.lossEvents >= STARTUP_LOSSES && this.isInFlightTooHigh(sample);
    if (!overflows && sample.ceBytes === 0) return;
    this.fullPipe.isReached = true;
    this.volume.lower(
      Math.max(this.product(this.maxBandwidth.bandwidth), this.shortTerm.latestInFlightBytes),
    );
  }

  private leaveDrainIfEmpty(sample: AckSample): void {
    if (this.state !== BbrState.Drain || sample.inFlightBytes > this.volumeFor(1)) return;
    this.startDown(sample.nowUs);
  }

  private advanceProbing(
    sample: AckSample,
    rate: number,
    appLimited: boolean,
    isWindowLimited: boolean,
  ): void {
    // Before the bound grows by what this very ACK says.
    const isVolumeLimited = isWindowLimited && this.windowBytes >= this.volume.inFlightBytes;
    this.adaptVolume(sample, appLimited, isVolumeLimited);
    switch (this.state) {
      case BbrState.ProbeDown:
        if (this.isProbeDue(sample.nowUs)) this.startRefill();
        else if (this.hasRoom(sample.inFlightBytes)) this.enter(BbrState.ProbeCruise);
        break;
      case BbrState.ProbeCruise:
        if (this.isProbeDue(sample.nowUs)) this.startRefill();
        break;
      case BbrState.ProbeRefill:
        if (this.round.isStart) this.startUp(rate);
        break;
      case BbrState.ProbeUp:
        if (isVolumeLimited) this.fullPipe.restart(rate);
        else if (this.fullPipe.isReachedNow) this.startDown(sample.nowUs);
        break;
    }
  }

  private adaptVolume(sample: AckSample, appLimited: boolean, isVolumeLimited: boolean): void {
    const volume = this.volume;
    if (this.round.isStart) this.advanceAckPhase(appLimited);
    if (this.isInFlightTooHigh(sample)) {
      if (volume.isProbing) this.lowerVolume(sample, appLimited);
      return;
    }
    if (volume.inFlightBytes === Infinity) return;
    volume.inFlightBytes = Math.max(volume.inFlightBytes, inFlightAtSend(sample));
    if (this.state !== BbrState.ProbeUp || !isVolumeLimited) return;
    volume.grow(sample.ackedBytes, this.windowBytes, this.mtuBytes, this.round.isStart);
  }

  private advanceAckPhase(appLimited: boolean): void {
    const volume = this.volume;
    if (volume.phase === AckPhase.Starting) volume.phase = AckPhase.Feedback;
    if (volume.phase !== AckPhase.Stopping) return;
    volume.isProbing = false;
    volume.phase = AckPhase.Idle;
    if (isProbingCycle(this.state) && !appLimited) this.maxBandwidth.advance();
  }

  private lowerVolume(sample: AckSample, appLimited: boolean): void {
    const boundBytes = Math.max(inFlightAtSend(sample), this.targetBytes() * BETA);
    this.volume.lower(appLimited ? this.volume.inFlightBytes : boundBytes);
    if (this.state === BbrState.ProbeUp) this.startDown(sample.nowUs);
  }

  private startDown(nowUs: number): void {
    this.probeEndUs = nowUs;
    this.shortTerm.forgetSignals();
    this.volume.stop();
    this.clock.start(nowUs);
    this.round.restart(this.deliveredTotalBytes);
    this.enter(BbrState.ProbeDown);
  }

  private startRefill(): void {
    this.shortTerm.lift();
    this.volume.startRefill();
    this.round.restart(this.deliveredTotalBytes);
    this.enter(BbrState.ProbeRefill);
  }

  private startUp(rate: number): void {
    this.volume.startUp(this.windowBytes);
    this.fullPipe.restart(rate);
    this.round.restart(this.deliveredTotalBytes);
    this.enter(BbrState.ProbeUp);
  }

  private isProbeDue(nowUs: number): boolean {
    return this.clock.isDue(nowUs, this.targetBytes() / this.mtuBytes);
  }

  private hasRoom(inFlightBytes: number): boolean {
    if (inFlightBytes > this.volume.withHeadroom(this.minimumPipe(), this.mtuBytes)) return false;
    return inFlightBytes <= this.quantized(this.product(this.maxBandwidth.bandwidth));
  }

  private advanceProbeRtt(sample: AckSample): void {
    if (this.state !== BbrState.ProbeRtt && this.minRtt.isProbeDue && !this.isRestarting) {
      this.saveWindow();
      this.enter(BbrState.ProbeRtt);
      this.probeRttEndUs = Infinity;
      this.volume.stop();
      this.round.restart(this.deliveredTotalBytes);
    }
    if (this.state === BbrState.ProbeRtt) this.waitForEmptyQueue(sample);
    this.isRestarting = false;
  }

  private waitForEmptyQueue(sample: AckSample): void {
    this.heldBackUntilBytes = sample.deliveredTotalBytes + sample.inFlightBytes;
    if (this.probeRttEndUs === Infinity) {
      if (sample.inFlightBytes > this.probeRttWindow()) return;
      this.probeRttEndUs = sample.nowUs + PROBE_RTT_US;
      this.isProbeRttRoundDone = false;
      this.round.restart(this.deliveredTotalBytes);
      return;
    }
    if (this.round.isStart) this.isProbeRttRoundDone = true;
    if (this.isProbeRttRoundDone) this.leaveProbeRttIfDone(sample.nowUs);
  }

  private leaveProbeRttIfDone(nowUs: number): void {
    if (nowUs <= this.probeRttEndUs) return;
    this.minRtt.onProbed(nowUs);
    this.windowBytes = Math.max(this.windowBytes, this.priorWindowBytes);
    this.shortTerm.lift();
    if (!this.fullPipe.isReached) {
      this.enter(BbrState.Startup);
      return;
    }
    // Probing soon after might lose packets, so a whole cycle begins; the queue is empty already, so it cruises.
    this.startDown(nowUs);
    this.enter(BbrState.ProbeCruise);
  }

  private enter(state: BbrState): void {
    this.state = state;
    this.inSlowStart = state === BbrState.Startup;
  }

  private endRecoveryIfRepaired(sample: AckSample): void {
    if (this.inRecovery && sample.newestSentUs > this.recoveryStartUs) this.endRecovery();
  }

  private endRecovery(): void {
    if (!this.inRecovery) return;
    this.inRecovery = false;
    if (this.state !== BbrState.ProbeRtt)
      this.windowBytes = Math.max(this.windowBytes, this.priorWindowBytes);
  }

  private saveWindow(): void {
    this.priorWindowBytes = this.knownWindow();
  }

  /** The window as it was before recovery or ProbeRTT lowered it. */
  private knownWindow(): number {
    const isLowered = this.inRecovery || this.state === BbrState.ProbeRtt;
    return isLowered ? Math.max(this.priorWindowBytes, this.windowBytes) : this.windowBytes;
  }

  private updatePacing(smoothedRttUs: number): void {
    if (!this.hasRtt && smoothedRttUs > 0) {
      this.hasRtt = true;
      this.pacingRate = startupRate(initialWindow(this.mtuBytes), smoothedRttUs);
    }
    this.paceAt(PACING_GAIN[this.state]!);
    if (this.state === BbrState.Startup && this.longPath.pacingRate > this.pacingRate)
      this.pacingRate = this.longPath.pacingRate;
    // However low the model falls, the smallest window still leaves within a round.
    const floorRate = (1_000_000 * minimumWindow(this.mtuBytes)) / Math.max(smoothedRttUs, 1);
    if (this.pacingRate < floorRate) this.pacingRate = floorRate;
  }

  private paceAt(gain: number): void {
    const rate = gain * this.bandwidth * PACING_MARGIN * 1_000_000;
    if (rate > this.pacingRate || (rate > 0 && this.fullPipe.isReached)) this.pacingRate = rate;
  }

  private updateWindow(sample: AckSample): void {
    const pipeBytes = this.minimumPipe();
    let windowBytes = this.windowBytes;
    if (this.inRecovery) {
      windowBytes = Math.max(windowBytes, sample.inFlightBytes + sample.ackedBytes);
    } else {
      const gain = WINDOW_GAIN[this.state]!;
      const mostBytes = this.quantized(gain * this.product(this.bandwidth) + this.aggregation.extraBytes);
      // A window that was not the limit has not been tested. RFC 9002 §7.8
      const grownBytes = windowBytes + (sample.windowUnused ? 0 : sample.ackedBytes);
      const isYoung = sample.deliveredTotalBytes < initialWindow(this.mtuBytes);
      if (this.fullPipe.isReached) windowBytes = Math.min(grownBytes, mostBytes);
      else if (windowBytes < mostBytes || isYoung) windowBytes = grownBytes;
      if (this.longPath.windowBytes > 0) windowBytes = this.widenLongPath(windowBytes);
    }
    if (this.state === BbrState.ProbeRtt) windowBytes = Math.min(windowBytes, this.probeRttWindow());
    this.windowBytes = Math.floor(Math.max(Math.min(windowBytes, this.modelBound()), pipeBytes));
  }

  private widenLongPath(windowBytes: number): number {
    const widestBytes = Math.max(windowBytes, this.longPath.windowBytes);
    if (this.fullPipe.isReached) this.longPath.end();
    return widestBytes;
  }

  private modelBound(): number {
    let boundBytes = this.shortTerm.inFlightBytes;
    if (this.state === BbrState.ProbeRtt || this.state === BbrState.ProbeCruise) {
      boundBytes = Math.min(boundBytes, this.volume.withHeadroom(this.minimumPipe(), this.mtuBytes));
    } else if (isProbingCycle(this.state)) {
      boundBytes = Math.min(boundBytes, this.volume.inFlightBytes);
    }
    return boundBytes;
  }

  private probeRttWindow(): number {
    return Math.max(WINDOW_GAIN[BbrState.ProbeRtt]! * this.product(this.bandwidth), this.minimumPipe());
  }

  private targetBytes(): number {
    return Math.min(this.product(this.bandwidth), this.windowBytes);
  }

  /** Bytes that fill the path at a rate of bytes per microsecond. */
  private product(bandwidth: number): number {
    return this.minRtt.rttUs === Infinity ? initialWindow(this.mtuBytes) : bandwidth * this.minRtt.rttUs;
  }

  private volumeFor(gain: number): number {
    return this.quantized(gain * this.product(this.bandwidth));
  }

  // Room for trains: one being assembled, one on its way out, one not yet acknowledged.
  private quantized(volumeBytes: number): number {
    const leastBytes = this.pacingRate < SLOW_RATE ? this.mtuBytes : 2 * this.mtuBytes;
    const trainBytes = Math.max(Math.min(this.pacingRate / 1000, MAX_TRAIN_BYTES), leastBytes);
    const quantizedBytes = Math.max(volumeBytes, 3 * trainBytes, this.minimumPipe());
    return this.state === BbrState.ProbeUp ? quantizedBytes + 2 * this.mtuBytes : quantizedBytes;
  }

  /** More was lost, with this much in flight, than a probe may cost; a mark says so at once. */
  private isInFlightTooHigh(sample: AckSample): boolean {
    return sample.ceBytes > 0 || sample.lostBytes > this.affordableBytes(inFlightAtSend(sample));
  }

  /** What may be lost of so many bytes in flight. */
  private affordableBytes(bytes: number): number {
    return bytes * LOSS_THRESHOLD + this.background.explainedBytes(bytes, this.mtuBytes);
  }

  /** Enough to keep a receiver busy that acknowledges every other packet. */
  private minimumPipe(): number {
    return 4 * this.mtuBytes;
  }
}

function startupRate(windowBytes: number, rttUs: number): number {
  return (PACING_GAIN[BbrState.Startup]! * windowBytes * 1_000_000) / rttUs;
}

const STARTUP_GAIN = PACING_GAIN[BbrState.Startup]!;
const ALMOST = 0.95;
const UNKNOWN_RTT_US = 1000;
const PROBE_RTT_US = 200_000;
const LOSS_THRESHOLD = 0.02;
const BETA = 0.7;
const STARTUP_LOSSES = 6;
const AGGREGATION_ROUNDS = 10;
/** Pacing below the estimate lets queues drain on the whole. */
const PACING_MARGIN = 0.99;
/** 1.2 Mbit/s, bytes per second. */
const SLOW_RATE = 150_000;
const MAX_TRAIN_BYTES = 65_536;

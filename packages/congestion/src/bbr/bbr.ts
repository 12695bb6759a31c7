import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from '../controller.ts';
import { LongPathStart } from '../long-path.ts';
import { initialWindow, minimumWindow } from '../window.ts';
import { BoundsUndo } from './bounds-undo.ts';
import { deliveryRate, inFlightAtSend } from './delivery-rate.ts';
import { PathModel } from './path-model.ts';
import { ProbeClock } from './probe-clock.ts';
import { ProbeRtt } from './probe-rtt.ts';
import { BbrState, isProbingCycle, PACING_GAIN, WINDOW_GAIN } from './states.ts';

/**
 * BBR version 3: estimates the bandwidth and the round-trip time of the path, and sends at that rate with
 * about that volume in flight, instead of filling the queue until packets are lost. draft-ietf-ccwg-bbr
 *
 * Differs from the draft because its samples differ: losses are judged with the next ACK frame rather than
 * packet by packet, an ACK frame that declares losses counts as one range of them, and a CE mark counts like
 * a loss (RFC 3168 §5).
 */
export class Bbr implements CongestionController {
  readonly name = 'bbr';
  readonly ecnCodepoint = 2;
  windowBytes: number;
  pacingRate: number;
  inSlowStart = true;

  private state: BbrState = BbrState.Startup;
  private model: PathModel;
  private probeRtt: ProbeRtt = new ProbeRtt();
  private longPath: LongPathStart;
  private readonly longPaths: boolean;
  private readonly undo: BoundsUndo = new BoundsUndo();
  private readonly clock: ProbeClock;
  private hasRtt = false;

  private recoveryStartUs = -Infinity;
  private inRecovery = false;
  /** The window before recovery or ProbeRTT lowered it. */
  private priorWindowBytes = 0;
  private lossEvents = 0;
  private probeEndUs = -Infinity;
  /** When the window was full last. */
  private filledUs = -Infinity;
  /** Whether a packet has left since the last ACK frame while no other was in flight. */
  private isRestarting = false;

  /** `longPaths` tells whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    this.windowBytes = initialWindow(options.mtuBytes);
    this.pacingRate = startupRate(this.windowBytes, UNKNOWN_RTT_US);
    this.model = new PathModel(options.mtuBytes, options.nowUs);
    this.clock = new ProbeClock(options.seed ?? options.nowUs);
    this.longPaths = longPaths;
    this.longPath = new LongPathStart(STARTUP_GAIN, longPaths);
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const { model } = this;
    if (inFlightBytes + model.mtuBytes > this.windowBytes) this.filledUs = sentUs;
    if (inFlightBytes > bytes) return;
    this.isRestarting = true;
    model.aggregation.restart(sentUs);
    if (isProbingCycle(this.state)) this.paceAt(1);
    else if (this.state === BbrState.ProbeRtt) this.leaveProbeRttIfDone(sentUs);
  }

  onAck(sample: AckSample): void {
    const { model } = this;
    const rate = deliveryRate(sample);
    const appLimited = sample.appLimited || this.probeRtt.heldBack(sample);
    // One ACK frame may acknowledge many packets while the pacer holds back the next: the window counts as
    // full if it was at any time since the newest acknowledged packet left.
    const isWindowLimited = this.filledUs >= sample.newestSentUs;
    if (sample.newestSentUs > this.recoveryStartUs) this.endRecovery();
    model.update(sample, rate, appLimited, this.state, this.windowBytes, this.fullWindow());
    if (model.round.isStart) this.clock.onRound();
    this.startLongPath(sample);
    this.leaveStartupIfFull(sample, rate, appLimited);
    this.leaveDrainIfEmpty(sample);
    if (model.fullPipe.isReached) this.advanceProbing(sample, rate, appLimited, isWindowLimited);
    model.minRtt.add(sample.latestRttUs, sample.nowUs);
    this.advanceProbeRtt(sample);
    model.advance(sample, rate);
    this.updatePacing(sample.smoothedRttUs);
    this.updateWindow(sample);
  }

  onCongestion(event: CongestionEvent): void {
    const { background, shortTerm, volume, mtuBytes } = this.model;
    background.onLost(event.lostBytes);
    if (event.cePackets > 0) shortTerm.lossInRound = true;
    // Losses of a probe show where the limit is, and not that the path has changed.
    if (event.sentUs > this.probeEndUs) shortTerm.lostBytes += event.lostBytes;
    this.lossEvents++;
    if (event.sentUs <= this.recoveryStartUs) return;
    this.recoveryStartUs = event.nowUs;
    this.undo.remember(shortTerm, volume);
    // Losses that a probe may cost start no recovery, because the window would never grow on a path with some
    // loss in every round.
    const affordableBytes = this.model.affordableBytes(event.inFlightBytes + event.lostBytes);
    if (event.cePackets === 0 && event.lostBytes <= affordableBytes) return;
    this.longPath.end();
    this.priorWindowBytes = this.fullWindow();
    this.inRecovery = true;
    // For one round, as many bytes may leave as arrive, and one packet to repair the loss.
    const conservedBytes = Math.max(event.inFlightBytes + mtuBytes, this.model.minimumPipe);
    this.windowBytes = Math.min(this.windowBytes, conservedBytes);
  }

  onPersistentCongestion(_nowUs: number): void {
    this.longPath.end();
    this.priorWindowBytes = this.fullWindow();
    this.windowBytes = minimumWindow(this.model.mtuBytes);
    this.recoveryStartUs = -Infinity;
    this.inRecovery = false;
  }

  onSpuriousLoss(_nowUs: number): void {
    this.undo.restore(this.model.shortTerm, this.model.volume);
    this.endRecovery();
  }

  reset(nowUs: number, mtuBytes: number): void {
    this.model = new PathModel(mtuBytes, nowUs);
    this.probeRtt = new ProbeRtt();
    this.longPath = new LongPathStart(STARTUP_GAIN, this.longPaths);
    this.windowBytes = initialWindow(mtuBytes);
    this.pacingRate = startupRate(this.windowBytes, UNKNOWN_RTT_US);
    this.enter(BbrState.Startup);
    this.hasRtt = false;
    this.recoveryStartUs = this.probeEndUs = this.filledUs = -Infinity;
    this.inRecovery = false;
    this.priorWindowBytes = 0;
    this.lossEvents = 0;
    this.isRestarting = false;
  }

  setMtu(mtuBytes: number): void {
    this.model.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  // Part of a long round trip shows the rate sooner than the whole.
  private startLongPath(sample: AckSample): void {
    const { model, longPath } = this;
    if (model.fullPipe.isReached) return;
    longPath.onAck(sample, model.mtuBytes, !sample.windowUnused);
    if (longPath.capacity === 0 || this.state !== BbrState.Startup) return;
    model.maxBandwidth.add(longPath.capacity);
    // The capacity is known but not in flight yet: the pacing rate of Startup fills the pipe.
    if (sample.inFlightBytes < longPath.windowBytes * ALMOST && !model.round.isStart) return;
    model.fullPipe.isReached = true;
    // The next round probes for more bandwidth at once, in case the measured rate was too low.
    this.startDown(sample.nowUs);
    this.startRefill();
  }

  private leaveStartupIfFull(sample: AckSample, rate: number, appLimited: boolean): void {
    const { fullPipe, round, shortTerm } = this.model;
    fullPipe.onAck(rate, round.isStart, appLimited);
    if (this.state === BbrState.Startup) this.noticeOverflow(sample);
    if (this.state === BbrState.Startup && fullPipe.isReached) this.enter(BbrState.Drain);
    if (shortTerm.isRoundEnd) this.lossEvents = 0;
  }

  // Startup also ends when a shallow queue overflows before the rate stops growing, or when the queue marks
  // packets.
  private noticeOverflow(sample: AckSample): void {
    const { model } = this;
    const overflows =
      model.shortTerm.isRoundEnd && this.lossEvents >= STARTUP_LOSSES && model.isInFlightTooHigh(sample);
    if (!overflows && sample.ceBytes === 0) return;
    model.fullPipe.isReached = true;
    const pipeBytes = model.product(model.maxBandwidth.bandwidth);
    model.volume.lower(Math.max(pipeBytes, model.shortTerm.latestInFlightBytes));
  }

  private leaveDrainIfEmpty(sample: AckSample): void {
    if (this.state !== BbrState.Drain) return;
    if (sample.inFlightBytes <= this.quantized(this.model.product(this.model.bandwidth)))
      this.startDown(sample.nowUs);
  }

  private advanceProbing(
    sample: AckSample,
    rate: number,
    appLimited: boolean,
    isWindowLimited: boolean,
  ): void {
    const { fullPipe, round, volume } = this.model;
    // This is compared before the bound grows by the bytes that this ACK frame acknowledges.
    const isVolumeLimited = isWindowLimited && this.windowBytes >= volume.inFlightBytes;
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
        if (round.isStart) this.startUp(rate);
        break;
      case BbrState.ProbeUp:
        if (isVolumeLimited) fullPipe.restart(rate);
        else if (fullPipe.isReachedNow) this.startDown(sample.nowUs);
        break;
    }
  }

  private adaptVolume(sample: AckSample, appLimited: boolean, isVolumeLimited: boolean): void {
    const { model } = this;
    const { round, volume } = model;
    const isFeedbackOver = round.isStart && volume.onRound();
    if (isFeedbackOver && isProbingCycle(this.state) && !appLimited) model.maxBandwidth.advance();
    if (model.isInFlightTooHigh(sample)) {
      if (volume.isProbing) this.lowerVolume(sample, appLimited);
      return;
    }
    if (volume.inFlightBytes === Infinity) return;
    volume.inFlightBytes = Math.max(volume.inFlightBytes, inFlightAtSend(sample));
    if (this.state !== BbrState.ProbeUp || !isVolumeLimited) return;
    volume.grow(sample.ackedBytes, this.windowBytes, model.mtuBytes, round.isStart);
  }

  private lowerVolume(sample: AckSample, appLimited: boolean): void {
    const { volume } = this.model;
    const boundBytes = Math.max(inFlightAtSend(sample), this.targetBytes() * BETA);
    volume.lower(appLimited ? volume.inFlightBytes : boundBytes);
    if (this.state === BbrState.ProbeUp) this.startDown(sample.nowUs);
  }

  private startDown(nowUs: number): void {
    const { model } = this;
    this.probeEndUs = nowUs;
    model.shortTerm.forgetSignals();
    model.volume.stop();
    this.clock.start(nowUs);
    model.restartRound();
    this.enter(BbrState.ProbeDown);
  }

  private startRefill(): void {
    const { model } = this;
    model.shortTerm.lift();
    model.volume.startRefill();
    model.restartRound();
    this.enter(BbrState.ProbeRefill);
  }

  private startUp(rate: number): void {
    const { model } = this;
    model.volume.startUp(this.windowBytes);
    model.fullPipe.restart(rate);
    model.restartRound();
    this.enter(BbrState.ProbeUp);
  }

  private isProbeDue(nowUs: number): boolean {
    return this.clock.isDue(nowUs, this.targetBytes() / this.model.mtuBytes);
  }

  private hasRoom(inFlightBytes: number): boolean {
    const { model } = this;
    if (inFlightBytes > model.volume.withHeadroom(model.minimumPipe, model.mtuBytes)) return false;
    return inFlightBytes <= this.quantized(model.product(model.maxBandwidth.bandwidth));
  }

  private advanceProbeRtt(sample: AckSample): void {
    const { model, probeRtt } = this;
    if (this.state !== BbrState.ProbeRtt && model.minRtt.isProbeDue && !this.isRestarting) {
      this.priorWindowBytes = this.fullWindow();
      this.enter(BbrState.ProbeRtt);
      probeRtt.start();
      model.volume.stop();
      model.restartRound();
    }
    if (this.state === BbrState.ProbeRtt && probeRtt.onAck(sample, model))
      this.leaveProbeRttIfDone(sample.nowUs);
    this.isRestarting = false;
  }

  private leaveProbeRttIfDone(nowUs: number): void {
    if (!this.probeRtt.isOver(nowUs)) return;
    const { model } = this;
    model.minRtt.onProbed(nowUs);
    this.windowBytes = Math.max(this.windowBytes, this.priorWindowBytes);
    model.shortTerm.lift();
    if (!model.fullPipe.isReached) {
      this.enter(BbrState.Startup);
      return;
    }
    // A probe soon after might lose packets, so a whole cycle begins. The queue is empty already, so it
    // begins with ProbeCruise.
    this.startDown(nowUs);
    this.enter(BbrState.ProbeCruise);
  }

  private enter(state: BbrState): void {
    this.state = state;
    this.inSlowStart = state === BbrState.Startup;
  }

  private endRecovery(): void {
    if (!this.inRecovery) return;
    this.inRecovery = false;
    if (this.state !== BbrState.ProbeRtt)
      this.windowBytes = Math.max(this.windowBytes, this.priorWindowBytes);
  }

  /** The window as it was before recovery or ProbeRTT lowered it. */
  private fullWindow(): number {
    const isLowered = this.inRecovery || this.state === BbrState.ProbeRtt;
    return isLowered ? Math.max(this.priorWindowBytes, this.windowBytes) : this.windowBytes;
  }

  private updatePacing(smoothedRttUs: number): void {
    const { mtuBytes } = this.model;
    if (!this.hasRtt && smoothedRttUs > 0) {
      this.hasRtt = true;
      this.pacingRate = startupRate(initialWindow(mtuBytes), smoothedRttUs);
    }
    this.paceAt(PACING_GAIN[this.state]!);
    if (this.state === BbrState.Startup && this.longPath.pacingRate > this.pacingRate)
      this.pacingRate = this.longPath.pacingRate;
    // However low the estimates are, the smallest window leaves within a round.
    const floorRate = (1_000_000 * minimumWindow(mtuBytes)) / Math.max(smoothedRttUs, 1);
    if (this.pacingRate < floorRate) this.pacingRate = floorRate;
  }

  private paceAt(gain: number): void {
    const rate = gain * this.model.bandwidth * PACING_MARGIN * 1_000_000;
    if (rate > this.pacingRate || (rate > 0 && this.model.fullPipe.isReached)) this.pacingRate = rate;
  }

  private updateWindow(sample: AckSample): void {
    const { model } = this;
    let windowBytes = this.inRecovery
      ? Math.max(this.windowBytes, sample.inFlightBytes + sample.ackedBytes)
      : this.grownWindow(sample);
    if (this.state === BbrState.ProbeRtt) windowBytes = Math.min(windowBytes, model.probeRttWindow);
    const boundedBytes = Math.min(windowBytes, model.bound(this.state));
    this.windowBytes = Math.floor(Math.max(boundedBytes, model.minimumPipe));
  }

  private grownWindow(sample: AckSample): number {
    const { model, longPath } = this;
    const volumeBytes = WINDOW_GAIN[this.state]! * model.product(model.bandwidth);
    const mostBytes = this.quantized(volumeBytes + model.aggregation.extraBytes);
    // A window that was not full has not been tested, so it must not grow. RFC 9002 §7.8
    const grownBytes = this.windowBytes + (sample.windowUnused ? 0 : sample.ackedBytes);
    const isYoung = sample.deliveredTotalBytes < initialWindow(model.mtuBytes);
    let { windowBytes } = this;
    if (model.fullPipe.isReached) windowBytes = Math.min(grownBytes, mostBytes);
    else if (windowBytes < mostBytes || isYoung) windowBytes = grownBytes;
    windowBytes = Math.max(windowBytes, longPath.windowBytes);
    if (model.fullPipe.isReached) longPath.end();
    return windowBytes;
  }

  private quantized(volumeBytes: number): number {
    return this.model.quantized(volumeBytes, this.pacingRate, this.state);
  }

  private targetBytes(): number {
    return Math.min(this.model.product(this.model.bandwidth), this.windowBytes);
  }
}

function startupRate(windowBytes: number, rttUs: number): number {
  return (PACING_GAIN[BbrState.Startup]! * windowBytes * 1_000_000) / rttUs;
}

const STARTUP_GAIN = PACING_GAIN[BbrState.Startup]!;
/** The pipe of a long path counts as full when this share of its capacity is in flight. */
const ALMOST = 0.95;
/** The round trip time that pacing assumes before the first sample. */
const UNKNOWN_RTT_US = 1000;
/** A bound is multiplied by this after too much loss: BBR.Beta. */
const BETA = 0.7;
/** So many losses in one round end Startup: BBR.StartupFullLossCnt. */
const STARTUP_LOSSES = 6;
/** Pacing at 1 % below the estimate lets queues drain over time: BBR.PacingMarginPercent. */
const PACING_MARGIN = 0.99;

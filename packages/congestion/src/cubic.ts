import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { cubicWindow, secondsToPlateau } from './cubic-curve.ts';
import { IdleDecay } from './idle.ts';
import { SlowStart } from './slow-start.ts';
import { initialWindow, minimumWindow } from './window.ts';

/**
 * CUBIC: after a loss the window follows a cubic curve of time whose plateau is the window that was lost at, and
 * never falls behind what Reno would have. RFC 9438
 */
export class Cubic implements CongestionController {
  readonly name = 'cubic';
  readonly ecnCodepoint = 2;
  windowBytes: number;
  pacingRate = 0;
  inSlowStart = true;

  private mtuBytes: number;
  private recoveryStartUs = -Infinity;
  private smoothedRttUs = 0;
  private lastAckUs = -Infinity;
  /** When the present stage of congestion avoidance began, less the time that the application was the limit; or -Infinity. */
  private epochStartUs = -Infinity;
  private plateauBytes = 0;
  private plateauSeconds = 0;
  private renoBytes = 0;
  /** The window before the last reduction: where Reno's own slope takes over. */
  private priorWindowBytes = 0;
  /** Growth that is not a whole byte yet. */
  private fractionBytes = 0;
  private undo: CubicSnapshot = {
    windowBytes: 0,
    ssthreshBytes: 0,
    plateauBytes: 0,
    priorWindowBytes: 0,
    epochStartUs: -Infinity,
    plateauSeconds: 0,
    renoBytes: 0,
  };
  private readonly fastConvergence: boolean;
  private readonly slowStart: SlowStart;
  private readonly idle: IdleDecay = new IdleDecay();

  /** Fast convergence gives way to new flows by lowering the plateau after a loss below it. RFC 9438 §4.7 */
  constructor(options: CongestionOptions, fastConvergence: boolean = true, longPaths: boolean = true) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
    this.fastConvergence = fastConvergence;
    this.slowStart = new SlowStart(longPaths);
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const isAlone = inFlightBytes <= bytes;
    if (isAlone) this.leaveOutSilence(sentUs);
    const floorBytes = initialWindow(this.mtuBytes);
    const windowBytes = this.idle.onSent(sentUs, isAlone, this.windowBytes, floorBytes, this.smoothedRttUs);
    if (windowBytes === this.windowBytes) return;
    this.slowStart.end(Math.max(this.slowStart.thresholdBytes, Math.floor(this.windowBytes * 0.75)));
    this.epochStartUs = -Infinity;
    this.setWindow(windowBytes);
  }

  onAck(sample: AckSample): void {
    this.smoothedRttUs = sample.smoothedRttUs;
    const mayGrow = !sample.windowUnused && sample.newestSentUs > this.recoveryStartUs;
    if (this.inSlowStart)
      this.setWindow(this.slowStart.grow(this.windowBytes, sample, this.mtuBytes, mayGrow));
    else if (mayGrow) this.growAlongCurve(sample);
    if (sample.windowUnused) this.leaveOutSilence(sample.nowUs);
    this.lastAckUs = sample.nowUs;
  }

  onCongestion(event: CongestionEvent): void {
    if (event.sentUs <= this.recoveryStartUs) return;
    this.remember(event.lostBytes > 0);
    this.recoveryStartUs = event.nowUs;
    const shrinks = this.fastConvergence && this.windowBytes < this.plateauBytes;
    // Whole bytes, as the window that is to reach it: just short of it would count as a loss below it for ever.
    this.plateauBytes = shrinks ? Math.floor((this.windowBytes * (1 + BETA)) / 2) : this.windowBytes;
    this.priorWindowBytes = this.windowBytes;
    const reducedBytes = Math.max(Math.floor(this.windowBytes * BETA), minimumWindow(this.mtuBytes));
    this.epochStartUs = -Infinity;
    this.slowStart.end(reducedBytes);
    this.setWindow(reducedBytes);
  }

  onPersistentCongestion(_nowUs: number): void {
    this.recoveryStartUs = -Infinity;
    this.epochStartUs = -Infinity;
    // What the path carried before says nothing now: the next stage starts on its plateau. §4.8
    this.plateauBytes = 0;
    this.undo.windowBytes = 0;
    this.slowStart.forgetLongPath();
    this.setWindow(minimumWindow(this.mtuBytes));
  }

  onSpuriousLoss(_nowUs: number): void {
    const undo = this.undo;
    if (this.windowBytes >= undo.windowBytes) return;
    this.slowStart.end(undo.ssthreshBytes);
    this.plateauBytes = undo.plateauBytes;
    this.priorWindowBytes = undo.priorWindowBytes;
    this.epochStartUs = undo.epochStartUs;
    this.plateauSeconds = undo.plateauSeconds;
    this.renoBytes = undo.renoBytes;
    this.setWindow(undo.windowBytes);
    undo.windowBytes = 0;
  }

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.slowStart.reset();
    this.setWindow(initialWindow(mtuBytes));
    this.recoveryStartUs = -Infinity;
    this.smoothedRttUs = 0;
    this.lastAckUs = -Infinity;
    this.epochStartUs = -Infinity;
    this.plateauBytes = 0;
    this.priorWindowBytes = 0;
    this.fractionBytes = 0;
    this.undo.windowBytes = 0;
    this.idle.reset();
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  private setWindow(windowBytes: number): void {
    this.windowBytes = windowBytes;
    this.inSlowStart = this.slowStart.lasts(windowBytes);
    this.pacingRate = this.inSlowStart ? this.slowStart.pacingRate : 0;
  }

  private growAlongCurve(sample: AckSample): void {
    if (this.epochStartUs === -Infinity) this.startEpoch(sample.nowUs);
    const windowBytes = this.windowBytes;
    const seconds = (sample.nowUs - this.epochStartUs) / 1_000_000;
    const slope = this.renoBytes >= this.priorWindowBytes ? 1 : RENO_SLOPE;
    this.renoBytes += (slope * this.mtuBytes * sample.ackedBytes) / windowBytes;
    if (this.curveAt(seconds) < this.renoBytes) {
      this.windowBytes = Math.max(windowBytes, Math.floor(this.renoBytes));
      return;
    }
    const nextRound = this.curveAt(seconds + sample.smoothedRttUs / 1_000_000);
    const targetBytes = Math.min(Math.max(nextRound, windowBytes), 1.5 * windowBytes);
    this.fractionBytes += ((targetBytes - windowBytes) * sample.ackedBytes) / windowBytes;
    const wholeBytes = Math.floor(this.fractionBytes);
    this.fractionBytes -= wholeBytes;
    this.windowBytes = windowBytes + wholeBytes;
  }

  private startEpoch(nowUs: number): void {
    this.epochStartUs = nowUs;
    this.renoBytes = this.windowBytes;
    this.fractionBytes = 0;
    if (this.windowBytes > this.plateauBytes) this.plateauBytes = this.windowBytes;
    this.plateauSeconds = secondsToPlateau(this.plateauBytes, this.windowBytes, this.mtuBytes);
  }

  private curveAt(seconds: number): number {
    return cubicWindow(seconds, this.plateauSeconds, this.plateauBytes, this.mtuBytes);
  }

  // The curve must not run ahead while nothing tests it. §5.8
  private leaveOutSilence(nowUs: number): void {
    if (this.epochStartUs !== -Infinity && nowUs > this.lastAckUs)
      this.epochStartUs += nowUs - this.lastAckUs;
    this.lastAckUs = nowUs;
  }

  // A mark is never spurious, so only a loss leaves something to undo.
  private remember(canBeUndone: boolean): void {
    const undo = this.undo;
    undo.windowBytes = canBeUndone ? this.windowBytes : 0;
    undo.ssthreshBytes = this.slowStart.thresholdBytes;
    undo.plateauBytes = this.plateauBytes;
    undo.priorWindowBytes = this.priorWindowBytes;
    undo.epochStartUs = this.epochStartUs;
    undo.plateauSeconds = this.plateauSeconds;
    undo.renoBytes = this.renoBytes;
  }
}

/** What a spurious loss restores. RFC 9438 §4.9 */
interface CubicSnapshot {
  windowBytes: number;
  ssthreshBytes: number;
  plateauBytes: number;
  priorWindowBytes: number;
  epochStartUs: number;
  plateauSeconds: number;
  renoBytes: number;
}

/** What a reduction leaves of the window. §4.6 */
const BETA = 0.7;
/** Packets per round that give Reno's average window with this reduction: 3 (1 - β) / (1 + β). §4.3 */
const RENO_SLOPE = (3 * (1 - BETA)) / (1 + BETA);

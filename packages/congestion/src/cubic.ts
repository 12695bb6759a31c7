import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { cubicWindow, secondsToPlateau } from './cubic-curve.ts';
import { HyStart } from './hystart.ts';
import { IdleDecay } from './idle.ts';
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
  private ssthreshBytes = Infinity;
  private recoveryStartUs = -1;
  private smoothedRttUs = 0;
  private lastAckUs = -1;
  /** When the present stage of congestion avoidance began, less the time that the application was the limit; or -1. */
  private epochStartUs = -1;
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
    epochStartUs: -1,
    plateauSeconds: 0,
    renoBytes: 0,
  };
  private readonly fastConvergence: boolean;
  private readonly hystart: HyStart = new HyStart();
  private readonly idle: IdleDecay = new IdleDecay();

  /** Fast convergence gives way to new flows by lowering the plateau after a loss below it. RFC 9438 §4.7 */
  constructor(options: CongestionOptions, fastConvergence: boolean = true) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
    this.fastConvergence = fastConvergence;
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const isAlone = inFlightBytes <= bytes;
    if (isAlone) this.leaveOutSilence(sentUs);
    const floorBytes = initialWindow(this.mtuBytes);
    const windowBytes = this.idle.onSent(sentUs, isAlone, this.windowBytes, floorBytes, this.smoothedRttUs);
    if (windowBytes === this.windowBytes) return;
    this.ssthreshBytes = Math.max(this.ssthreshBytes, Math.floor(this.windowBytes * 0.75));
    this.windowBytes = windowBytes;
    this.epochStartUs = -1;
    this.inSlowStart = windowBytes < this.ssthreshBytes;
  }

  onAck(sample: AckSample): void {
    this.smoothedRttUs = sample.smoothedRttUs;
    if (this.ssthreshBytes === Infinity) this.hystart.onAck(sample);
    if (sample.appLimited) this.leaveOutSilence(sample.nowUs);
    else if (sample.newestSentUs > this.recoveryStartUs) this.grow(sample);
    this.lastAckUs = sample.nowUs;
  }

  onCongestion(event: CongestionEvent): void {
    if (event.sentUs <= this.recoveryStartUs) return;
    this.remember(event.lostBytes > 0);
    this.recoveryStartUs = event.nowUs;
    const shrinks = this.fastConvergence && this.windowBytes < this.plateauBytes;
    this.plateauBytes = shrinks ? (this.windowBytes * (1 + BETA)) / 2 : this.windowBytes;
    this.priorWindowBytes = this.windowBytes;
    this.ssthreshBytes = Math.max(Math.floor(this.windowBytes * BETA), minimumWindow(this.mtuBytes));
    this.windowBytes = this.ssthreshBytes;
    this.epochStartUs = -1;
    this.inSlowStart = false;
  }

  onPersistentCongestion(_nowUs: number): void {
    this.windowBytes = minimumWindow(this.mtuBytes);
    this.recoveryStartUs = -1;
    this.epochStartUs = -1;
    // What the path carried before says nothing now: the next stage starts on its plateau. §4.8
    this.plateauBytes = 0;
    this.undo.windowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  onSpuriousLoss(_nowUs: number): void {
    const undo = this.undo;
    if (this.windowBytes >= undo.windowBytes) return;
    this.windowBytes = undo.windowBytes;
    this.ssthreshBytes = undo.ssthreshBytes;
    this.plateauBytes = undo.plateauBytes;
    this.priorWindowBytes = undo.priorWindowBytes;
    this.epochStartUs = undo.epochStartUs;
    this.plateauSeconds = undo.plateauSeconds;
    this.renoBytes = undo.renoBytes;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
    undo.windowBytes = 0;
  }

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.ssthreshBytes = Infinity;
    this.recoveryStartUs = -1;
    this.smoothedRttUs = 0;
    this.lastAckUs = -1;
    this.epochStartUs = -1;
    this.plateauBytes = 0;
    this.priorWindowBytes = 0;
    this.fractionBytes = 0;
    this.undo.windowBytes = 0;
    this.inSlowStart = true;
    this.hystart.reset();
    this.idle.reset();
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  private grow(sample: AckSample): void {
    if (!this.inSlowStart) {
      this.growAlongCurve(sample);
      return;
    }
    this.windowBytes += Math.ceil(sample.ackedBytes / this.hystart.growthDivisor);
    if (this.hystart.isOver && this.ssthreshBytes === Infinity) this.ssthreshBytes = this.windowBytes;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  private growAlongCurve(sample: AckSample): void {
    if (this.epochStartUs < 0) this.startEpoch(sample.nowUs);
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
    if (this.epochStartUs >= 0 && nowUs > this.lastAckUs) this.epochStartUs += nowUs - this.lastAckUs;
    this.lastAckUs = nowUs;
  }

  // A mark is never spurious, so only a loss leaves something to undo.
  private remember(canBeUndone: boolean): void {
    const undo = this.undo;
    undo.windowBytes = canBeUndone ? this.windowBytes : 0;
    undo.ssthreshBytes = this.ssthreshBytes;
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

import type { AckSample, CongestionOptions } from './controller.ts';
import { cubicWindow, secondsToPlateau } from './cubic-curve.ts';
import { LossBased } from './loss-based.ts';
import { WindowLaw } from './window-law.ts';

/**
 * CUBIC: after a loss, the window follows a cubic function of time whose plateau is the window before the
 * loss, and is never below what Reno would have. RFC 9438
 */
export class Cubic extends LossBased<CubicLaw> {
  override readonly name = 'cubic';
  override readonly ecnCodepoint = 2;

  /** Fast convergence lowers the plateau after a loss below it, to make room for new flows. RFC 9438 §4.7 */
  constructor(options: CongestionOptions, fastConvergence: boolean = true, longPaths: boolean = true) {
    super(() => new CubicLaw(fastConvergence), options, longPaths);
  }
}

/** The window as a function of the time since the last reduction. RFC 9438 §4 */
class CubicLaw extends WindowLaw {
  /**
   * When this stage of congestion avoidance began, less the time in which the application was the limit; or
   * -Infinity.
   */
  private epochStartUs = -Infinity;
  private lastAckUs = 0;
  private plateauBytes = 0;
  private plateauSeconds = 0;
  /** W_est: the window that Reno would have now. RFC 9438 §4.3 */
  private renoBytes = 0;
  /** The window before the last reduction, at which growth at Reno's own slope begins. */
  private priorWindowBytes = 0;
  /** Growth below a whole byte. */
  private fractionBytes = 0;
  private readonly fastConvergence: boolean;
  private readonly saved: CubicSnapshot = {
    plateauBytes: 0,
    priorWindowBytes: 0,
    epochStartUs: -Infinity,
    plateauSeconds: 0,
    renoBytes: 0,
  };

  constructor(fastConvergence: boolean) {
    super();
    this.fastConvergence = fastConvergence;
  }

  override onSentAlone(sentUs: number): void {
    this.leaveOutTime(sentUs);
  }

  override onAck({ windowUnused, nowUs }: AckSample): void {
    if (windowUnused) this.leaveOutTime(nowUs);
    else this.lastAckUs = nowUs;
  }

  override grow(windowBytes: number, sample: AckSample, mtuBytes: number): number {
    if (this.epochStartUs === -Infinity) this.startEpoch(windowBytes, sample.nowUs, mtuBytes);
    const seconds = (sample.nowUs - this.epochStartUs) / 1_000_000;
    const slope = this.renoBytes >= this.priorWindowBytes ? 1 : RENO_SLOPE;
    this.renoBytes += (slope * mtuBytes * sample.ackedBytes) / windowBytes;
    if (this.curveAt(seconds, mtuBytes) < this.renoBytes)
      return Math.max(windowBytes, Math.floor(this.renoBytes));
    const nextRound = this.curveAt(seconds + sample.smoothedRttUs / 1_000_000, mtuBytes);
    const targetBytes = Math.min(Math.max(nextRound, windowBytes), MOST_GROWTH * windowBytes);
    this.fractionBytes += ((targetBytes - windowBytes) * sample.ackedBytes) / windowBytes;
    const wholeBytes = Math.floor(this.fractionBytes);
    this.fractionBytes -= wholeBytes;
    return windowBytes + wholeBytes;
  }

  override reduce(windowBytes: number): number {
    const shrinks = this.fastConvergence && windowBytes < this.plateauBytes;
    // Whole bytes, like the window: a window that is smaller only by a fraction would count as a loss below
    // the plateau.
    this.plateauBytes = shrinks ? Math.floor((windowBytes * (1 + BETA)) / 2) : windowBytes;
    this.priorWindowBytes = windowBytes;
    this.epochStartUs = -Infinity;
    return windowBytes * BETA;
  }

  override save(): void {
    const { saved } = this;
    saved.plateauBytes = this.plateauBytes;
    saved.priorWindowBytes = this.priorWindowBytes;
    saved.epochStartUs = this.epochStartUs;
    saved.plateauSeconds = this.plateauSeconds;
    saved.renoBytes = this.renoBytes;
  }

  override restore(): void {
    const { saved } = this;
    this.plateauBytes = saved.plateauBytes;
    this.priorWindowBytes = saved.priorWindowBytes;
    this.epochStartUs = saved.epochStartUs;
    this.plateauSeconds = saved.plateauSeconds;
    this.renoBytes = saved.renoBytes;
  }

  override restart(): void {
    this.epochStartUs = -Infinity;
  }

  override collapse(): void {
    this.epochStartUs = -Infinity;
    // The next stage starts at its plateau. RFC 9438 §4.8
    this.plateauBytes = 0;
  }

  private startEpoch(windowBytes: number, nowUs: number, mtuBytes: number): void {
    this.epochStartUs = nowUs;
    this.renoBytes = windowBytes;
    this.fractionBytes = 0;
    this.plateauBytes = Math.max(this.plateauBytes, windowBytes);
    this.plateauSeconds = secondsToPlateau(this.plateauBytes, windowBytes, mtuBytes);
  }

  private curveAt(seconds: number, mtuBytes: number): number {
    return cubicWindow(seconds, this.plateauSeconds, this.plateauBytes, mtuBytes);
  }

  // The time in which the application was the limit does not count in the curve. RFC 9438 §5.8
  private leaveOutTime(nowUs: number): void {
    this.epochStartUs += Math.max(nowUs - this.lastAckUs, 0);
    this.lastAckUs = nowUs;
  }
}

/** What a spurious loss restores. RFC 9438 §4.9 */
interface CubicSnapshot {
  plateauBytes: number;
  priorWindowBytes: number;
  epochStartUs: number;
  plateauSeconds: number;
  renoBytes: number;
}

/** The window is multiplied by this at a reduction. RFC 9438 §4.6 */
const BETA = 0.7;
/**
 * Packets per round that give the average window of Reno with this reduction: 3 (1 - β) / (1 + β). RFC 9438
 * §4.3
 */
const RENO_SLOPE = (3 * (1 - BETA)) / (1 + BETA);
/** The largest target, in multiples of the window. RFC 9438 §4.2 */
const MOST_GROWTH = 1.5;

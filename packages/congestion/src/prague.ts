import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { IdleDecay } from './idle.ts';
import { SlowStart } from './slow-start.ts';
import { initialWindow, minimumWindow } from './window.ts';

/**
 * Prague: answers CE marks of an L4S queue in proportion to how many there are, so that the queue stays below a
 * millisecond, and a loss by halving. draft-briscoe-iccrg-prague-congestion-control, RFC 9331 §4
 */
export class Prague implements CongestionController {
  readonly name = 'prague';
  readonly ecnCodepoint = 1;
  windowBytes: number;
  pacingRate = 0;
  inSlowStart = true;
  /** Moving average of the share of bytes that were marked. */
  markedShare = 1;

  private mtuBytes: number;
  private recoveryStartUs = -Infinity;
  private reducedAtUs = -Infinity;
  private smoothedRttUs = 0;
  private fractionBytes = 0;
  private roundEndBytes = 0;
  private roundStartUs: number;
  private roundAckedBytes = 0;
  private roundMarkedBytes = 0;
  private undoWindowBytes = 0;
  private undoSsthreshBytes = Infinity;
  private readonly slowStart: SlowStart;
  private readonly idle: IdleDecay = new IdleDecay();

  /** `longPaths` is whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
    this.slowStart = new SlowStart(longPaths);
    this.roundStartUs = options.nowUs;
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const floorBytes = initialWindow(this.mtuBytes);
    const isAlone = inFlightBytes <= bytes;
    const windowBytes = this.idle.onSent(sentUs, isAlone, this.windowBytes, floorBytes, this.smoothedRttUs);
    if (windowBytes === this.windowBytes) return;
    this.slowStart.end(Math.max(this.slowStart.thresholdBytes, Math.floor(this.windowBytes * 0.75)));
    this.setWindow(windowBytes);
  }

  onAck(sample: AckSample): void {
    this.smoothedRttUs = sample.smoothedRttUs;
    this.averageMarks(sample);
    // Marks do not stop growth as losses do: the two balance where the queue is short. A flow that paces at its very rate
    // need not fill its window to have tested it.
    const mayGrow = !sample.appLimited && sample.newestSentUs > this.recoveryStartUs;
    if (this.inSlowStart)
      this.setWindow(this.slowStart.grow(this.windowBytes, sample, this.mtuBytes, mayGrow));
    else if (mayGrow) this.growSteadily(Math.max(sample.ackedBytes - sample.ceBytes, 0));
    this.updatePacing();
  }

  onCongestion(event: CongestionEvent): void {
    if (event.lostBytes > 0) this.reduceForLoss(event);
    else this.reduceForMarks(event);
    this.updatePacing();
  }

  onPersistentCongestion(_nowUs: number): void {
    this.recoveryStartUs = -Infinity;
    this.undoWindowBytes = 0;
    this.slowStart.forgetLongPath();
    this.setWindow(minimumWindow(this.mtuBytes));
    this.updatePacing();
  }

  onSpuriousLoss(_nowUs: number): void {
    if (this.windowBytes >= this.undoWindowBytes) return;
    this.slowStart.end(this.undoSsthreshBytes);
    this.setWindow(this.undoWindowBytes);
    this.undoWindowBytes = 0;
    this.updatePacing();
  }

  reset(nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.slowStart.reset();
    this.setWindow(initialWindow(mtuBytes));
    this.pacingRate = 0;
    this.markedShare = 1;
    this.recoveryStartUs = -Infinity;
    this.reducedAtUs = -Infinity;
    this.smoothedRttUs = 0;
    this.fractionBytes = 0;
    this.roundEndBytes = 0;
    this.roundStartUs = nowUs;
    this.roundAckedBytes = 0;
    this.roundMarkedBytes = 0;
    this.undoWindowBytes = 0;
    this.idle.reset();
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  private averageMarks(sample: AckSample): void {
    this.roundAckedBytes += sample.ackedBytes;
    this.roundMarkedBytes += Math.min(sample.ceBytes, sample.ackedBytes);
    if (sample.deliveredAtSendBytes < this.roundEndBytes) return;
    // Rounds of short paths count together, so that all flows average over the same time.
    if (sample.nowUs - this.roundStartUs < VIRTUAL_RTT_US && sample.smoothedRttUs < VIRTUAL_RTT_US) return;
    const share = this.roundMarkedBytes / Math.max(this.roundAckedBytes, 1);
    // Before the first mark there is nothing to average: the first reduction is a full one.
    if (!this.inSlowStart || share > 0) this.markedShare += GAIN * (share - this.markedShare);
    this.roundEndBytes = sample.deliveredTotalBytes;
    this.roundStartUs = sample.nowUs;
    this.roundAckedBytes = 0;
    this.roundMarkedBytes = 0;
  }

  private setWindow(windowBytes: number): void {
    this.windowBytes = windowBytes;
    this.inSlowStart = this.slowStart.lasts(windowBytes);
  }

  private growSteadily(ackedBytes: number): void {
    // A flow on a short path gains rate as slowly as one at the virtual RTT. RFC 9331 §4.3
    const ratio = Math.min(this.smoothedRttUs / VIRTUAL_RTT_US, 1);
    this.fractionBytes += (ratio * ratio * this.mtuBytes * ackedBytes) / this.windowBytes;
    const wholeBytes = Math.floor(this.fractionBytes);
    this.fractionBytes -= wholeBytes;
    this.windowBytes += wholeBytes;
  }

  private reduceForMarks(event: CongestionEvent): void {
    if (event.sentUs <= Math.max(this.reducedAtUs, this.recoveryStartUs)) return;
    this.undoWindowBytes = 0;
    this.reduceTo(this.windowBytes * (1 - this.markedShare / 2), event.nowUs);
  }

  private reduceForLoss(event: CongestionEvent): void {
    if (event.sentUs <= this.recoveryStartUs) return;
    this.recoveryStartUs = event.nowUs;
    // What marks have taken off in this round already is part of the half.
    if (event.sentUs <= this.reducedAtUs) return;
    this.undoWindowBytes = this.windowBytes;
    this.undoSsthreshBytes = this.slowStart.thresholdBytes;
    this.reduceTo(this.windowBytes / 2, event.nowUs);
  }

  private reduceTo(windowBytes: number, nowUs: number): void {
    this.reducedAtUs = nowUs;
    const reducedBytes = Math.max(Math.floor(windowBytes), minimumWindow(this.mtuBytes));
    this.slowStart.end(reducedBytes);
    this.setWindow(reducedBytes);
  }

  // Bursts are what a short queue marks, so a flow in balance paces at its very rate.
  private updatePacing(): void {
    if (this.smoothedRttUs <= 0) return;
    const steadyRate = ((this.inSlowStart ? 2 : 1) * this.windowBytes * 1_000_000) / this.smoothedRttUs;
    this.pacingRate = Math.max(steadyRate, this.inSlowStart ? this.slowStart.pacingRate : 0);
  }
}

/** Weight of the newest round in the average. */
const GAIN = 1 / 16;
/** Flows with a shorter RTT grow, and average, as if theirs were this long. */
const VIRTUAL_RTT_US = 25_000;

import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { HyStart } from './hystart.ts';
import { IdleDecay } from './idle.ts';
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
  private ssthreshBytes = Infinity;
  private recoveryStartUs = -1;
  private reducedAtUs = -1;
  private smoothedRttUs = 0;
  private fractionBytes = 0;
  private roundEndBytes = 0;
  private roundStartUs = 0;
  private roundAckedBytes = 0;
  private roundMarkedBytes = 0;
  private undoWindowBytes = 0;
  private undoSsthreshBytes = Infinity;
  private readonly hystart: HyStart = new HyStart();
  private readonly idle: IdleDecay = new IdleDecay();

  constructor(options: CongestionOptions) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const floorBytes = initialWindow(this.mtuBytes);
    const isAlone = inFlightBytes <= bytes;
    const windowBytes = this.idle.onSent(sentUs, isAlone, this.windowBytes, floorBytes, this.smoothedRttUs);
    if (windowBytes === this.windowBytes) return;
    this.ssthreshBytes = Math.max(this.ssthreshBytes, Math.floor(this.windowBytes * 0.75));
    this.windowBytes = windowBytes;
    this.inSlowStart = windowBytes < this.ssthreshBytes;
  }

  onAck(sample: AckSample): void {
    this.smoothedRttUs = sample.smoothedRttUs;
    this.averageMarks(sample);
    if (this.ssthreshBytes === Infinity) this.hystart.onAck(sample);
    const unmarkedBytes = Math.max(sample.ackedBytes - sample.ceBytes, 0);
    // Marks do not stop growth as losses do: the two balance where the queue is short.
    if (!sample.appLimited && sample.newestSentUs > this.recoveryStartUs) this.grow(unmarkedBytes);
    this.updatePacing();
  }

  onCongestion(event: CongestionEvent): void {
    if (event.lostBytes > 0) this.reduceForLoss(event);
    else this.reduceForMarks(event);
    this.updatePacing();
  }

  onPersistentCongestion(_nowUs: number): void {
    this.windowBytes = minimumWindow(this.mtuBytes);
    this.recoveryStartUs = -1;
    this.undoWindowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
    this.updatePacing();
  }

  onSpuriousLoss(_nowUs: number): void {
    if (this.windowBytes >= this.undoWindowBytes) return;
    this.windowBytes = this.undoWindowBytes;
    this.ssthreshBytes = this.undoSsthreshBytes;
    this.undoWindowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
    this.updatePacing();
  }

  reset(nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.pacingRate = 0;
    this.inSlowStart = true;
    this.markedShare = 1;
    this.ssthreshBytes = Infinity;
    this.recoveryStartUs = -1;
    this.reducedAtUs = -1;
    this.smoothedRttUs = 0;
    this.fractionBytes = 0;
    this.roundEndBytes = 0;
    this.roundStartUs = nowUs;
    this.roundAckedBytes = 0;
    this.roundMarkedBytes = 0;
    this.undoWindowBytes = 0;
    this.hystart.reset();
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

  private grow(ackedBytes: number): void {
    if (this.inSlowStart) {
      this.windowBytes += Math.ceil(ackedBytes / this.hystart.growthDivisor);
      if (this.hystart.isOver && this.ssthreshBytes === Infinity) this.ssthreshBytes = this.windowBytes;
      this.inSlowStart = this.windowBytes < this.ssthreshBytes;
      return;
    }
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
    this.undoSsthreshBytes = this.ssthreshBytes;
    this.reduceTo(this.windowBytes / 2, event.nowUs);
  }

  private reduceTo(windowBytes: number, nowUs: number): void {
    this.reducedAtUs = nowUs;
    this.windowBytes = Math.max(Math.floor(windowBytes), minimumWindow(this.mtuBytes));
    this.ssthreshBytes = this.windowBytes;
    this.inSlowStart = false;
  }

  // Bursts are what a short queue marks, so a flow in balance paces at its very rate.
  private updatePacing(): void {
    if (this.smoothedRttUs <= 0) return;
    this.pacingRate = ((this.inSlowStart ? 2 : 1) * this.windowBytes * 1_000_000) / this.smoothedRttUs;
  }
}

/** Weight of the newest round in the average. */
const GAIN = 1 / 16;
/** Flows with a shorter RTT grow, and average, as if theirs were this long. */
const VIRTUAL_RTT_US = 25_000;

import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { IdleDecay } from './idle.ts';
import { SlowStart } from './slow-start.ts';
import type { WindowLaw } from './window-law.ts';
import { initialWindow, minimumWindow } from './window.ts';

/**
 * A congestion controller whose window depends on losses and marks: slow start, the recovery period,
 * persistent congestion and the undo of spurious losses, which all such controllers share. A law determines
 * how the window grows and shrinks. RFC 9002 §7
 */
export abstract class LossBased<Law extends WindowLaw> implements CongestionController {
  abstract readonly name: string;
  abstract readonly ecnCodepoint: number;
  windowBytes: number;
  pacingRate = 0;
  inSlowStart = true;

  protected law: Law;
  private readonly createLaw: (nowUs: number) => Law;
  private readonly longPaths: boolean;
  private slowStart: SlowStart;
  private idle: IdleDecay = new IdleDecay();
  private mtuBytes: number;
  private smoothedRttUs = 0;
  /** ACK frames for packets sent before the recovery period began do not grow the window. RFC 9002 §7.3.2 */
  private recoveryStartUs = -Infinity;
  /** Losses of packets sent before the last reduction do not reduce the window. */
  private reducedAtUs = -Infinity;
  /** The window that an undo restores; 0 when there is nothing to undo. */
  private undoWindowBytes = 0;
  private undoThresholdBytes = Infinity;

  /** `createLaw` makes the law of each path; `longPaths` tells whether long round trips start faster. */
  protected constructor(createLaw: (nowUs: number) => Law, options: CongestionOptions, longPaths: boolean) {
    this.createLaw = createLaw;
    this.longPaths = longPaths;
    this.mtuBytes = options.mtuBytes;
    this.law = createLaw(options.nowUs);
    this.slowStart = new SlowStart(longPaths);
    this.windowBytes = initialWindow(options.mtuBytes);
  }

  onSent(sentUs: number, bytes: number, inFlightBytes: number): void {
    const isAlone = inFlightBytes <= bytes;
    if (isAlone) this.law.onSentAlone(sentUs);
    const floorBytes = initialWindow(this.mtuBytes);
    const windowBytes = this.idle.onSent(sentUs, isAlone, this.windowBytes, floorBytes, this.smoothedRttUs);
    if (windowBytes === this.windowBytes) return;
    const { slowStart } = this;
    slowStart.end(Math.max(slowStart.thresholdBytes, Math.floor(this.windowBytes * IDLE_THRESHOLD)));
    this.law.restart();
    this.setWindow(windowBytes);
  }

  onAck(sample: AckSample): void {
    const { law } = this;
    this.smoothedRttUs = sample.smoothedRttUs;
    law.onAck(sample, this.inSlowStart);
    const mayGrow = sample.newestSentUs > this.recoveryStartUs && law.isTested(sample);
    const { windowBytes, mtuBytes } = this;
    if (this.inSlowStart) this.setWindow(this.slowStart.grow(windowBytes, sample, mtuBytes, mayGrow));
    else if (mayGrow) this.windowBytes = law.grow(windowBytes, sample, mtuBytes);
    this.updatePacing();
  }

  onCongestion(event: CongestionEvent): void {
    if (this.beginsEpisode(event)) this.reduce(event);
    // Careful resume sets the window before it passes on an event.
    this.updatePacing();
  }

  onPersistentCongestion(_nowUs: number): void {
    this.recoveryStartUs = this.reducedAtUs = -Infinity;
    this.undoWindowBytes = 0;
    this.law.collapse();
    this.slowStart.forgetLongPath();
    this.setWindow(minimumWindow(this.mtuBytes));
  }

  onSpuriousLoss(_nowUs: number): void {
    if (this.windowBytes >= this.undoWindowBytes) return;
    this.slowStart.end(this.undoThresholdBytes);
    this.law.restore();
    this.setWindow(this.undoWindowBytes);
    this.undoWindowBytes = 0;
  }

  reset(nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.law = this.createLaw(nowUs);
    this.slowStart = new SlowStart(this.longPaths);
    this.idle = new IdleDecay();
    this.smoothedRttUs = 0;
    this.recoveryStartUs = this.reducedAtUs = -Infinity;
    this.undoWindowBytes = 0;
    this.setWindow(initialWindow(mtuBytes));
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
    this.updatePacing();
  }

  /**
   * Whether the lost or marked packets were sent after the last reduction. Also begins the recovery period
   * when the law asks for it.
   */
  private beginsEpisode({ sentUs, nowUs, lostBytes }: CongestionEvent): boolean {
    if (sentUs <= this.recoveryStartUs) return false;
    // A loss in the same round as a reduction for marks begins a recovery period, without another reduction.
    if (lostBytes !== 0 || this.law.marksStartRecovery) this.recoveryStartUs = nowUs;
    return sentUs > this.reducedAtUs;
  }

  private reduce(event: CongestionEvent): void {
    this.reducedAtUs = event.nowUs;
    // CE marks are never spurious, so only a loss can be undone.
    this.undoWindowBytes = event.lostBytes === 0 ? 0 : this.windowBytes;
    this.undoThresholdBytes = this.slowStart.thresholdBytes;
    this.law.save();
    const leftBytes = Math.floor(this.law.reduce(this.windowBytes, event));
    const reducedBytes = Math.max(leftBytes, minimumWindow(this.mtuBytes));
    this.slowStart.end(reducedBytes);
    this.setWindow(reducedBytes);
  }

  private setWindow(windowBytes: number): void {
    this.windowBytes = windowBytes;
    this.inSlowStart = this.slowStart.lasts(windowBytes);
    this.updatePacing();
  }

  private updatePacing(): void {
    const rate = this.law.pacingRate(this.windowBytes, this.smoothedRttUs, this.inSlowStart);
    this.pacingRate = this.inSlowStart ? Math.max(rate, this.slowStart.pacingRate) : rate;
  }
}

/** Slow start restores a window that was reduced while idle to this share of it. RFC 2861 §2 */
const IDLE_THRESHOLD = 0.75;

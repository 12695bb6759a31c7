import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { IdleDecay } from './idle.ts';
import { SlowStart } from './slow-start.ts';
import { initialWindow, minimumWindow } from './window.ts';

/**
 * NewReno: doubles the window every round until loss or rising delay, then halves it on loss and adds one packet a
 * round. RFC 9002 §7
 */
export class NewReno implements CongestionController {
  readonly name = 'newreno';
  readonly ecnCodepoint = 2;
  windowBytes: number;
  pacingRate = 0;
  inSlowStart = true;

  private mtuBytes: number;
  private recoveryStartUs = -Infinity;
  private ackedTowardsGrowthBytes = 0;
  private smoothedRttUs = 0;
  private undoWindowBytes = 0;
  private undoSsthreshBytes = Infinity;
  private readonly slowStart: SlowStart;
  private readonly idle: IdleDecay = new IdleDecay();

  /** `longPaths` is whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
    this.slowStart = new SlowStart(longPaths);
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
    // A window that was not the limit has not been tested, and recovery freezes it. §7.8, §7.3.2
    const mayGrow = !sample.windowUnused && sample.newestSentUs > this.recoveryStartUs;
    if (this.inSlowStart)
      this.setWindow(this.slowStart.grow(this.windowBytes, sample, this.mtuBytes, mayGrow));
    else if (mayGrow) this.growByOnePacketPerWindow(sample.ackedBytes);
  }

  onCongestion(event: CongestionEvent): void {
    if (event.sentUs <= this.recoveryStartUs) return;
    // A mark is never spurious, so only a loss leaves something to undo.
    this.undoWindowBytes = event.lostBytes > 0 ? this.windowBytes : 0;
    this.undoSsthreshBytes = this.slowStart.thresholdBytes;
    this.recoveryStartUs = event.nowUs;
    const halfBytes = Math.max(Math.floor(this.windowBytes / 2), minimumWindow(this.mtuBytes));
    this.ackedTowardsGrowthBytes = 0;
    this.slowStart.end(halfBytes);
    this.setWindow(halfBytes);
  }

  onPersistentCongestion(_nowUs: number): void {
    this.recoveryStartUs = -Infinity;
    this.ackedTowardsGrowthBytes = 0;
    this.undoWindowBytes = 0;
    this.slowStart.forgetLongPath();
    this.setWindow(minimumWindow(this.mtuBytes));
  }

  onSpuriousLoss(_nowUs: number): void {
    if (this.windowBytes >= this.undoWindowBytes) return;
    this.slowStart.end(this.undoSsthreshBytes);
    this.setWindow(this.undoWindowBytes);
    this.undoWindowBytes = 0;
  }

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.slowStart.reset();
    this.setWindow(initialWindow(mtuBytes));
    this.recoveryStartUs = -Infinity;
    this.ackedTowardsGrowthBytes = 0;
    this.smoothedRttUs = 0;
    this.undoWindowBytes = 0;
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

  // Counting bytes keeps the promise of §7.3.3 exact where dividing by the window would round.
  private growByOnePacketPerWindow(ackedBytes: number): void {
    this.ackedTowardsGrowthBytes += ackedBytes;
    if (this.ackedTowardsGrowthBytes < this.windowBytes) return;
    this.ackedTowardsGrowthBytes -= this.windowBytes;
    this.windowBytes += this.mtuBytes;
  }
}

import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { HyStart } from './hystart.ts';
import { IdleDecay } from './idle.ts';
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
  private ssthreshBytes = Infinity;
  private recoveryStartUs = -1;
  private ackedTowardsGrowthBytes = 0;
  private smoothedRttUs = 0;
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
    if (this.ssthreshBytes === Infinity) this.hystart.onAck(sample);
    // A window that was not the limit has not been tested, and recovery freezes it. §7.8, §7.3.2
    if (sample.appLimited || sample.newestSentUs <= this.recoveryStartUs) return;
    if (this.inSlowStart) this.growInSlowStart(sample.ackedBytes);
    else this.growByOnePacketPerWindow(sample.ackedBytes);
  }

  onCongestion(event: CongestionEvent): void {
    if (event.sentUs <= this.recoveryStartUs) return;
    // A mark is never spurious, so only a loss leaves something to undo.
    this.undoWindowBytes = event.lostBytes > 0 ? this.windowBytes : 0;
    this.undoSsthreshBytes = this.ssthreshBytes;
    this.recoveryStartUs = event.nowUs;
    this.ssthreshBytes = Math.max(Math.floor(this.windowBytes / 2), minimumWindow(this.mtuBytes));
    this.windowBytes = this.ssthreshBytes;
    this.ackedTowardsGrowthBytes = 0;
    this.inSlowStart = false;
  }

  onPersistentCongestion(_nowUs: number): void {
    this.windowBytes = minimumWindow(this.mtuBytes);
    this.recoveryStartUs = -1;
    this.ackedTowardsGrowthBytes = 0;
    this.undoWindowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  onSpuriousLoss(_nowUs: number): void {
    if (this.windowBytes >= this.undoWindowBytes) return;
    this.windowBytes = this.undoWindowBytes;
    this.ssthreshBytes = this.undoSsthreshBytes;
    this.undoWindowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.ssthreshBytes = Infinity;
    this.recoveryStartUs = -1;
    this.ackedTowardsGrowthBytes = 0;
    this.smoothedRttUs = 0;
    this.undoWindowBytes = 0;
    this.inSlowStart = true;
    this.hystart.reset();
    this.idle.reset();
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }

  private growInSlowStart(ackedBytes: number): void {
    this.windowBytes += Math.ceil(ackedBytes / this.hystart.growthDivisor);
    if (this.hystart.isOver && this.ssthreshBytes === Infinity) this.ssthreshBytes = this.windowBytes;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  // Counting bytes keeps the promise of §7.3.3 exact where dividing by the window would round.
  private growByOnePacketPerWindow(ackedBytes: number): void {
    this.ackedTowardsGrowthBytes += ackedBytes;
    if (this.ackedTowardsGrowthBytes < this.windowBytes) return;
    this.ackedTowardsGrowthBytes -= this.windowBytes;
    this.windowBytes += this.mtuBytes;
  }
}

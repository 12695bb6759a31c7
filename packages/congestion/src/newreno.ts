import type { AckSample, CongestionController, CongestionEvent, CongestionOptions } from './controller.ts';
import { initialWindow, minimumWindow } from './window.ts';

/** NewReno: doubles every round until the first loss, then halves on loss and adds one packet a round. RFC 9002 §7 */
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
  private undoWindowBytes = 0;
  private undoSsthreshBytes = Infinity;

  constructor(options: CongestionOptions) {
    this.mtuBytes = options.mtuBytes;
    this.windowBytes = initialWindow(options.mtuBytes);
  }

  onSent(_sentUs: number, _bytes: number, _inFlightBytes: number): void {}

  onAck(sample: AckSample): void {
    // A window that was not the limit has not been tested, and recovery freezes it. §7.8, §7.3.2
    if (sample.appLimited || sample.newestSentUs <= this.recoveryStartUs) return;
    if (this.inSlowStart) {
      this.windowBytes += sample.ackedBytes;
      this.inSlowStart = this.windowBytes < this.ssthreshBytes;
    } else {
      this.growByOnePacketPerWindow(sample.ackedBytes);
    }
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
    if (this.undoWindowBytes === 0) return;
    this.windowBytes = Math.max(this.windowBytes, this.undoWindowBytes);
    this.ssthreshBytes = this.undoSsthreshBytes;
    this.recoveryStartUs = -1;
    this.undoWindowBytes = 0;
    this.inSlowStart = this.windowBytes < this.ssthreshBytes;
  }

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.ssthreshBytes = Infinity;
    this.recoveryStartUs = -1;
    this.ackedTowardsGrowthBytes = 0;
    this.undoWindowBytes = 0;
    this.inSlowStart = true;
  }

  // Counting bytes keeps the promise of §7.3.3 exact where dividing by the window would round.
  private growByOnePacketPerWindow(ackedBytes: number): void {
    this.ackedTowardsGrowthBytes += ackedBytes;
    if (this.ackedTowardsGrowthBytes < this.windowBytes) return;
    this.ackedTowardsGrowthBytes -= this.windowBytes;
    this.windowBytes += this.mtuBytes;
  }
}

import { initialWindow } from './window.ts';

/**
 * Spreads packets over time with a token bucket that fills at the pacing rate. RFC 9002 §7.7
 *
 * The bucket holds what timers of a millisecond need, and a drained bucket opens again only when a short train of
 * packets fits, so that a fast path costs one wake-up per train. Credit keeps its fraction: rounding never adds up.
 */
export class Pacer {
  private mtuBytes: number;
  private rateBytesPerUs = Infinity;
  private capacityBytes: number;
  private trainBytes: number;
  private creditBytes: number;
  private drained = false;
  private filledUs = 0;
  private readonly burstUs: number;

  /** `burstUs` is how late a wake-up may be before capacity is lost. */
  constructor(mtuBytes: number, burstUs: number = 2000) {
    this.mtuBytes = mtuBytes;
    this.burstUs = burstUs;
    this.capacityBytes = initialWindow(mtuBytes);
    this.trainBytes = mtuBytes;
    this.creditBytes = this.capacityBytes;
  }

  /**
   * Sets the rate: `pacingRate` bytes per second, or with 0 a multiple of the window per round trip. The multiple is
   * 1.25, so that a varying RTT leaves no window unused, and 2 in slow start, where the window doubles meanwhile.
   */
  update(windowBytes: number, pacingRate: number, smoothedRttUs: number, inSlowStart: boolean = false): void {
    this.rateBytesPerUs =
      pacingRate > 0
        ? pacingRate / 1_000_000
        : ((inSlowStart ? 2 : 1.25) * windowBytes) / Math.max(smoothedRttUs, 1);
    this.capacityBytes = Math.max(this.rateBytesPerUs * this.burstUs, initialWindow(this.mtuBytes));
    this.trainBytes = Math.min(
      Math.max(this.rateBytesPerUs * TRAIN_US, this.mtuBytes),
      TRAIN_PACKETS * this.mtuBytes,
      this.capacityBytes,
    );
  }

  /** When a full packet may leave: at or before `nowUs` means now. */
  nextSendUs(nowUs: number): number {
    this.fill(nowUs);
    const missingBytes = (this.drained ? this.trainBytes : this.mtuBytes) - this.creditBytes;
    if (missingBytes <= ROUNDING_BYTES) {
      this.drained = false;
      return nowUs;
    }
    return nowUs + Math.ceil((missingBytes - ROUNDING_BYTES) / this.rateBytesPerUs);
  }

  /** A packet left. Packets that no pacing holds back, probes say, count too and put the bucket in debt. */
  onSent(nowUs: number, bytes: number): void {
    this.fill(nowUs);
    this.creditBytes = Math.max(this.creditBytes - bytes, -this.capacityBytes);
    if (this.creditBytes + ROUNDING_BYTES < this.mtuBytes) this.drained = true;
  }

  /** The path's MTU changed; `update` brings the sizes derived from it up to date. */
  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.capacityBytes = Math.max(this.capacityBytes, initialWindow(mtuBytes));
    this.trainBytes = Math.max(this.trainBytes, mtuBytes);
  }

  private fill(nowUs: number): void {
    const elapsedUs = nowUs - this.filledUs;
    if (elapsedUs <= 0) return;
    this.filledUs = nowUs;
    this.creditBytes = Math.min(this.creditBytes + elapsedUs * this.rateBytesPerUs, this.capacityBytes);
  }
}

const TRAIN_PACKETS = 16;
const TRAIN_US = 1000;
const ROUNDING_BYTES = 0.001;

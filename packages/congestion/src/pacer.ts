import { initialWindow } from './window.ts';

/**
 * Spreads packets over time with a token bucket that fills at the pacing rate. RFC 9002 §7.7
 *
 * The bucket holds what timers of a millisecond need, and more when wake-ups come late: then the packets that
 * could not leave meanwhile leave at once, up to half of the window, which the path is known to hold. An
 * empty bucket opens again only when a short train of packets fits, so that a fast path needs one wake-up per
 * train. Credit keeps its fraction, so that rounding errors do not add up.
 */
export class Pacer {
  private mtuBytes: number;
  private rateBytesPerUs = Infinity;
  private capacityBytes: number;
  private mostBytes: number;
  private trainBytes: number;
  private creditBytes: number;
  private drained = false;
  private filledUs = -Infinity;
  private readonly burstUs: number;
  /** When a sender that waits was told to come, or Infinity. */
  private promisedUs = Infinity;
  /** How late wake-ups come: the latest lateness, or the rest of an earlier, greater one. */
  private latenessUs = 0;

  /** `burstUs` is how late wake-ups are assumed to come before any was measured. */
  constructor(mtuBytes: number, burstUs: number = 2000) {
    this.mtuBytes = mtuBytes;
    this.burstUs = burstUs;
    this.capacityBytes = this.mostBytes = initialWindow(mtuBytes);
    this.trainBytes = mtuBytes;
    this.creditBytes = this.capacityBytes;
  }

  /**
   * Set the rate: `pacingRate` bytes per second, or with 0 a multiple of the window per round trip. The
   * multiple is 1.25, so that a varying round-trip time leaves no window unused, and 2 in slow start, in
   * which the window doubles.
   */
  update(windowBytes: number, pacingRate: number, smoothedRttUs: number, inSlowStart: boolean = false): void {
    this.rateBytesPerUs =
      pacingRate > 0
        ? pacingRate / 1_000_000
        : ((inSlowStart ? 2 : 1.25) * windowBytes) / Math.max(smoothedRttUs, 1);
    this.mostBytes = windowBytes * BURST_SHARE;
    this.resize();
    this.trainBytes = Math.min(
      Math.max(this.rateBytesPerUs * TRAIN_US, this.mtuBytes),
      TRAIN_PACKETS * this.mtuBytes,
      this.capacityBytes,
    );
  }

  /** When a full packet may leave: at or before `nowUs` means now. */
  nextSendUs(nowUs: number): number {
    if (this.promisedUs <= nowUs) this.onKept(nowUs - this.promisedUs);
    this.fill(nowUs);
    const missingBytes = (this.drained ? this.trainBytes : this.mtuBytes) - this.creditBytes;
    if (missingBytes <= ROUNDING_BYTES) {
      this.drained = false;
      return nowUs;
    }
    return nowUs + Math.ceil((missingBytes - ROUNDING_BYTES) / this.rateBytesPerUs);
  }

  /**
   * The sender has packets to send and waits until `openUs` only for the pacer; Infinity when it does not.
   * How much later it asks again is how late its wake-ups come.
   */
  awaits(openUs: number): void {
    this.promisedUs = openUs;
  }

  /**
   * A packet left. Packets that leave without pacing, such as probes, count as well and may put the bucket
   * into debt.
   */
  onSent(nowUs: number, bytes: number): void {
    this.fill(nowUs);
    this.creditBytes = Math.max(this.creditBytes - bytes, -this.capacityBytes);
    if (this.creditBytes + ROUNDING_BYTES < this.mtuBytes) this.drained = true;
  }

  /** The path's MTU changed; `update` recomputes the sizes that depend on it. */
  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.capacityBytes = Math.max(this.capacityBytes, initialWindow(mtuBytes));
    this.trainBytes = Math.max(this.trainBytes, mtuBytes);
  }

  /** A sender that waited asks again, so much later than it was told to. */
  private onKept(lateUs: number): void {
    this.promisedUs = Infinity;
    // A longer absence, such as a suspended machine, does not show how late timers fire.
    if (lateUs > LONGEST_LATENESS_US) return;
    this.latenessUs += (lateUs - this.latenessUs) / (lateUs > this.latenessUs ? 1 : LATENESS_MEMORY);
    this.resize();
  }

  private resize(): void {
    const { rateBytesPerUs, burstUs, latenessUs, mtuBytes } = this;
    const usualBytes = Math.max(rateBytesPerUs * burstUs, initialWindow(mtuBytes));
    const lateBytes = Math.min(rateBytesPerUs * (burstUs + latenessUs), this.mostBytes);
    this.capacityBytes = Math.max(usualBytes, lateBytes);
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
/** Share of the window that may leave at once when a wake-up comes late. */
const BURST_SHARE = 0.5;
const LONGEST_LATENESS_US = 500_000;
/** Number of wake-ups after which a lateness that was not repeated has lost most of its weight. */
const LATENESS_MEMORY = 8;

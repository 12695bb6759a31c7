import { initialWindow } from './window.ts';

/**
 * Spreads packets over time with a token bucket that fills at the pacing rate. RFC 9002 §7.7
 *
 * The bucket holds what timers of a millisecond need, and more where the program comes later than it was told to: then
 * what it could not send meanwhile leaves at once, up to half of the window, which the path has shown to hold. A drained
 * bucket opens again only when a short train of packets fits, so that a fast path costs one wake-up per train. Credit
 * keeps its fraction: rounding never adds up.
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
  /** When a sender who waits was told to come, or Infinity. */
  private promisedUs = Infinity;
  /** How late it comes: the latest lateness, or what is left of an earlier and greater one. */
  private latenessUs = 0;

  /** `burstUs` is how late a wake-up may be before anything is known about wake-ups. */
  constructor(mtuBytes: number, burstUs: number = 2000) {
    this.mtuBytes = mtuBytes;
    this.burstUs = burstUs;
    this.capacityBytes = this.mostBytes = initialWindow(mtuBytes);
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
   * The sender has something to send and waits until `openUs` for the pacer alone, or with Infinity does not: how much
   * later it then asks is how late its wake-ups come.
   */
  awaits(openUs: number): void {
    this.promisedUs = openUs;
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

  /** Whoever waited is here, this much later than it was told. */
  private onKept(lateUs: number): void {
    this.promisedUs = Infinity;
    // A program that was away says nothing about how late it comes as a rule, and its path is another one by now.
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
/** Of the window, what may leave at once for a program that comes late. */
const BURST_SHARE = 0.5;
const LONGEST_LATENESS_US = 500_000;
/** Wake-ups in which a lateness that does not come again loses most of its weight. */
const LATENESS_MEMORY = 8;

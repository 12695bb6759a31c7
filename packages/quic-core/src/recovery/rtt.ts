/** Timer granularity, RFC 9002 §6.1.2. */
const GRANULARITY_US = 1000;
/** Whoever answers later than this is not waited for longer: all that lasts some probe timeouts ends some day. */
const MAX_PTO_US = 60_000_000;

/** The round-trip time of one path. RFC 9002 §5 */
export class RttEstimator {
  /** 0 before the first sample. */
  latestUs = 0;
  smoothedUs: number;
  varianceUs: number;
  /** Infinity before the first sample. */
  minUs: number = Infinity;
  /** When the first sample was taken, or Infinity: persistent congestion counts from there. RFC 9002 §7.6.2 */
  firstSampleUs: number = Infinity;

  private minimumIsOld = false;

  constructor(initialUs: number) {
    this.smoothedUs = initialUs;
    this.varianceUs = initialUs / 2;
  }

  get hasSample(): boolean {
    return this.latestUs > 0;
  }

  /**
   * One sample. RFC 9002 §5.3
   *
   * @param ackDelayUs - what the peer says it waited, already capped where the RFC caps it.
   */
  onSample(latestUs: number, ackDelayUs: number, nowUs: number): void {
    const sampleUs = Math.max(latestUs, 1);
    if (!this.hasSample) {
      this.latestUs = this.minUs = this.smoothedUs = sampleUs;
      this.varianceUs = sampleUs / 2;
      this.firstSampleUs = nowUs;
      return;
    }
    this.latestUs = sampleUs;
    this.minUs = this.minimumIsOld ? sampleUs : Math.min(this.minUs, sampleUs);
    this.minimumIsOld = false;
    const adjustedUs = sampleUs >= this.minUs + ackDelayUs ? sampleUs - ackDelayUs : sampleUs;
    this.varianceUs = (3 * this.varianceUs + Math.abs(this.smoothedUs - adjustedUs)) / 4;
    this.smoothedUs = (7 * this.smoothedUs + adjustedUs) / 8;
  }

  /** The path is another one than it was, for all we know: the next sample is the minimum. RFC 9002 §5.2 */
  renewMinimum(): void {
    this.minimumIsOld = true;
  }

  /** Probe timeout without backoff and without the peer's delay, bounded. RFC 9002 §6.2.1 */
  get ptoUs(): number {
    return Math.min(Math.ceil(this.smoothedUs + Math.max(4 * this.varianceUs, GRANULARITY_US)), MAX_PTO_US);
  }

  /** How much later than a newer one a packet may be acknowledged before it is lost. RFC 9002 §6.1.2 */
  get lossDelayUs(): number {
    return Math.ceil(Math.max((9 / 8) * Math.max(this.latestUs, this.smoothedUs), GRANULARITY_US));
  }
}

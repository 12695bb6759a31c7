/** Timer granularity, RFC 9002 §6.1.2. */
const GRANULARITY_US = 1000;
/**
 * Upper bound of the probe timeout: a peer that delays its acknowledgements must not stretch timers without
 * end.
 */
const MAX_PTO_US = 60_000_000;

/** The round-trip time of one path. RFC 9002 §5 */
export class RttEstimator {
  /** The latest sample; 0 before the first. */
  latestUs = 0;
  smoothedUs: number;
  varianceUs: number;
  /** The smallest sample; Infinity before the first. */
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
   * Take a sample. RFC 9002 §5.3
   *
   * @param ackDelayUs - the delay that the peer reports, already limited to max_ack_delay where the RFC does
   * so.
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

  /**
   * A PATH_CHALLENGE was answered after this time, which is the initial round-trip time where there is no
   * sample yet. It does not count as a sample itself. RFC 9002 §6.2.2
   */
  onFirstGlance(tookUs: number): void {
    if (this.hasSample) return;
    this.smoothedUs = Math.max(tookUs, 1);
    this.varianceUs = this.smoothedUs / 2;
  }

  /** The route of the path may have changed: the next sample is the new minimum. RFC 9002 §5.2 */
  renewMinimum(): void {
    this.minimumIsOld = true;
  }

  /** The probe timeout without backoff and without the peer's max_ack_delay, bounded. RFC 9002 §6.2.1 */
  get ptoUs(): number {
    return Math.min(Math.ceil(this.smoothedUs + Math.max(4 * this.varianceUs, GRANULARITY_US)), MAX_PTO_US);
  }

  /** A packet is lost when it is so much older than one that was acknowledged. RFC 9002 §6.1.2 */
  get lossDelayUs(): number {
    return Math.ceil(Math.max((9 / 8) * Math.max(this.latestUs, this.smoothedUs), GRANULARITY_US));
  }
}

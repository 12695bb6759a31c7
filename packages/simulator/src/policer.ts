/** A token bucket that drops what exceeds it instead of delaying it. */
export interface PolicerOptions {
  /** Rate at which the bucket fills. */
  readonly bytesPerSecond: number;
  /** Size of the bucket, which is full at first. */
  readonly burstBytes: number;
}

/** Limits a rate by loss, without a queue. */
export class Policer {
  /** Datagrams that exceeded the rate. */
  dropped = 0;
  private readonly options: PolicerOptions;
  private creditBytes: number;
  private filledUs = 0;

  constructor(options: PolicerOptions) {
    this.options = options;
    this.creditBytes = options.burstBytes;
  }

  /** Whether so many bytes are within the rate now. */
  passes(bytes: number, nowUs: number): boolean {
    const { bytesPerSecond, burstBytes } = this.options;
    const filledBytes = ((nowUs - this.filledUs) * bytesPerSecond) / 1e6;
    this.creditBytes = Math.min(this.creditBytes + filledBytes, burstBytes);
    this.filledUs = nowUs;
    if (bytes > this.creditBytes) {
      this.dropped++;
      return false;
    }
    this.creditBytes -= bytes;
    return true;
  }
}

/** The largest value of the last rounds, estimated from three candidates instead of all samples. */
export class WindowedMax {
  private best = 0;
  private bestAt = 0;
  private second = 0;
  private secondAt = 0;
  private third = 0;
  private thirdAt = 0;

  /** The largest value added within the last `windowLength` units of `at`. */
  add(value: number, at: number, windowLength: number): number {
    if (value >= this.best || at - this.thirdAt > windowLength) {
      this.restart(value, at);
      return value;
    }
    if (value >= this.second) {
      this.second = this.third = value;
      this.secondAt = this.thirdAt = at;
    } else if (value >= this.third) {
      this.third = value;
      this.thirdAt = at;
    }
    this.expire(value, at, windowLength);
    return this.best;
  }

  private restart(value: number, at: number): void {
    this.best = this.second = this.third = value;
    this.bestAt = this.secondAt = this.thirdAt = at;
  }

  private expire(value: number, at: number, windowLength: number): void {
    const age = at - this.bestAt;
    if (age > windowLength) {
      this.promoteSecond(value, at);
      if (at - this.bestAt > windowLength) this.promoteSecond(value, at);
    } else if (this.secondAt === this.bestAt && age > windowLength / 4) {
      // Candidates from each part of the window keep the maximum from collapsing when the best one expires.
      this.second = this.third = value;
      this.secondAt = this.thirdAt = at;
    } else if (this.thirdAt === this.secondAt && age > windowLength / 2) {
      this.third = value;
      this.thirdAt = at;
    }
  }

  private promoteSecond(value: number, at: number): void {
    this.best = this.second;
    this.bestAt = this.secondAt;
    this.second = this.third;
    this.secondAt = this.thirdAt;
    this.third = value;
    this.thirdAt = at;
  }
}

/** The largest bandwidth of this probing cycle and the one before, bytes per microsecond. */
export class MaxBandwidth {
  bandwidth = 0;
  private current = 0;
  private previous = 0;

  add(bandwidth: number): void {
    if (bandwidth > this.current) this.current = bandwidth;
    this.bandwidth = Math.max(this.current, this.previous);
  }

  /** A probing cycle is over. */
  advance(): void {
    // After a cycle without a sample, the values of the cycle before stay.
    if (this.current === 0) return;
    this.previous = this.current;
    this.current = 0;
    this.bandwidth = this.previous;
  }
}

/**
 * The round-trip time of the path without a queue: the smallest of the last ten seconds. Also tells when no
 * sample as small has come for so long that the queue should be emptied to measure again.
 */
export class MinRtt {
  /** Infinity before the first sample. */
  rttUs: number = Infinity;
  isProbeDue = false;
  private sampledUs = 0;
  private probeRttUs = Infinity;
  private probeSampledUs = 0;

  constructor(nowUs: number) {
    this.sampledUs = this.probeSampledUs = nowUs;
  }

  add(latestRttUs: number, nowUs: number): void {
    this.isProbeDue = nowUs > this.probeSampledUs + PROBE_INTERVAL_US;
    if (latestRttUs > 0 && (latestRttUs < this.probeRttUs || this.isProbeDue)) {
      this.probeRttUs = latestRttUs;
      this.probeSampledUs = nowUs;
    }
    if (this.probeRttUs < this.rttUs || nowUs > this.sampledUs + FILTER_LENGTH_US) {
      this.rttUs = this.probeRttUs;
      this.sampledUs = this.probeSampledUs;
    }
  }

  /** The queue was empty at `nowUs`: the next measurement is an interval away. */
  onProbed(nowUs: number): void {
    this.probeSampledUs = nowUs;
  }
}

const PROBE_INTERVAL_US = 5_000_000;
const FILTER_LENGTH_US = 10_000_000;

import type { AckSample } from './controller.ts';
import { HyStart } from './hystart.ts';
import { LongPathStart } from './long-path.ts';

/**
 * Growth until the capacity is reached for the first time: by the acknowledged bytes, by less once HyStart++
 * sees the delay rise, and by more while a long path starts. RFC 9002 §7.3.1, RFC 9406
 */
export class SlowStart {
  /** Slow start lasts while the window is below this, bytes. */
  thresholdBytes: number = Infinity;
  private readonly hystart: HyStart = new HyStart();
  private readonly longPath: LongPathStart;
  /** The window after the last ACK frame. */
  private grownBytes = Infinity;

  /** `longPaths` tells whether long round trips start faster. */
  constructor(longPaths: boolean) {
    this.longPath = new LongPathStart(GAIN, longPaths);
  }

  /** Bytes per second to send at, or 0 to let the pacer decide. */
  get pacingRate(): number {
    return this.longPath.pacingRate;
  }

  lasts(windowBytes: number): boolean {
    return windowBytes < this.thresholdBytes;
  }

  /** The window after an ACK frame in slow start; `mayGrow` is false when the ACK frame did not test it. */
  grow(windowBytes: number, sample: AckSample, mtuBytes: number, mayGrow: boolean): number {
    const { hystart, longPath } = this;
    if (this.thresholdBytes !== Infinity) return mayGrow ? windowBytes + sample.ackedBytes : windowBytes;
    hystart.onAck(sample);
    // A rising delay, or a window that careful resume has enlarged, counts more than the first samples.
    if (hystart.growthDivisor > 1 || windowBytes > this.grownBytes) longPath.end();
    longPath.onAck(sample, mtuBytes, mayGrow);
    const stepBytes = mayGrow ? Math.ceil(sample.ackedBytes / hystart.growthDivisor) : 0;
    const nextBytes = Math.max(windowBytes + stepBytes, longPath.windowBytes);
    this.grownBytes = nextBytes;
    if (longPath.capacity > 0)
      this.thresholdBytes = Math.max(nextBytes, Math.ceil(longPath.windowBytes * MARGIN));
    else if (hystart.isOver && mayGrow) this.thresholdBytes = nextBytes;
    return nextBytes;
  }

  /** Packets were lost or marked: slow start ends at `thresholdBytes`. */
  end(thresholdBytes: number): void {
    this.thresholdBytes = thresholdBytes;
    this.longPath.end();
  }

  /** What the start of a long path has measured is no longer true. */
  forgetLongPath(): void {
    this.longPath.end();
  }
}

/**
 * Slow start goes on to this multiple of the measured capacity of a long path, in case it was measured too
 * low.
 */
const MARGIN = 1.25;
/** Slow start doubles the measured rate. */
const GAIN = 2;

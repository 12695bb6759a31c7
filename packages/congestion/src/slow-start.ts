import type { AckSample } from './controller.ts';
import { HyStart } from './hystart.ts';
import { LongPathStart } from './long-path.ts';

/**
 * Growth until the capacity is first met: as many bytes as are acknowledged, less once HyStart++ sees the delay rise,
 * and more while a long path starts. RFC 9002 §7.3.1, RFC 9406
 */
export class SlowStart {
  /** Slow start lasts while the window is below, bytes. */
  thresholdBytes: number = Infinity;
  private readonly hystart: HyStart = new HyStart();
  private readonly longPaths: boolean;
  private longPath: LongPathStart;
  /** The window that the last ACK left. */
  private grownBytes = Infinity;

  /** `longPaths` is whether long round trips start faster. */
  constructor(longPaths: boolean) {
    this.longPaths = longPaths;
    this.longPath = new LongPathStart(GAIN, longPaths);
  }

  /** Bytes per second to send at, or 0 to leave that to the pacer. */
  get pacingRate(): number {
    return this.longPath.pacingRate;
  }

  lasts(windowBytes: number): boolean {
    return windowBytes < this.thresholdBytes;
  }

  /** The window after an ACK in slow start; `mayGrow` is false for one that did not test it. */
  grow(windowBytes: number, sample: AckSample, mtuBytes: number, mayGrow: boolean): number {
    const { hystart, longPath } = this;
    if (this.thresholdBytes !== Infinity) return mayGrow ? windowBytes + sample.ackedBytes : windowBytes;
    hystart.onAck(sample);
    // A delay that rises, or a window that somebody widened who remembers the path, says more than a first look.
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

  /** Loss or marks: from `thresholdBytes` on growth is careful. */
  end(thresholdBytes: number): void {
    this.thresholdBytes = thresholdBytes;
    this.longPath.end();
  }

  /** Whatever a long path has shown is no longer so. */
  forgetLongPath(): void {
    this.longPath.end();
  }

  reset(): void {
    this.thresholdBytes = Infinity;
    this.grownBytes = Infinity;
    this.hystart.reset();
    this.longPath = new LongPathStart(GAIN, this.longPaths);
  }
}

/** How far above the capacity that a long path has shown slow start still goes, lest it was measured too low. */
const MARGIN = 1.25;
/** Slow start doubles what was proven. */
const GAIN = 2;

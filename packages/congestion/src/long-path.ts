import type { AckSample } from './controller.ts';
import { initialWindow } from './window.ts';

/**
 * Start-up on a path with long round trips, which need not wait a whole round trip for what a shorter path
 * would show sooner.
 *
 * The initial window is ten packets for each 100 ms of round trip. A window leaves within 100 ms rather than
 * over a round trip, and the packets that arrive within 100 ms show a rate; the next window is `gain` times
 * what that rate carries in a round trip. So a long path never has more in flight than slow start would
 * reach, but gets there in fewer rounds. When packets arrive more slowly than they left, the capacity is
 * found: the window becomes what the path holds at that rate, and ordinary slow start continues. Paths of 100
 * ms or less are unaffected.
 */
export class LongPathStart {
  /** The window of start-up, bytes; 0 while it has none. */
  windowBytes = 0;
  /** Bytes per second at which that window leaves, or 0. */
  pacingRate = 0;
  /** The rate of delivery when the path turned out to be full, bytes per microsecond; 0 before. */
  capacity = 0;
  private isOver: boolean;
  private readonly gain: number;
  /** When a stretch of arrivals began; -Infinity before the first, which then ends without a result. */
  private startUs = -Infinity;
  /** When the packets left whose arrival began the stretch. */
  private startSentUs = 0;
  /** Bytes that arrived in the stretch. */
  private bytes = 0;

  /** `gain` is the next rate in multiples of the measured one. */
  constructor(gain: number, isEnabled: boolean) {
    this.gain = gain;
    this.isOver = !isEnabled;
  }

  /** Measure what arrived. `mayGrow` is false for an ACK frame that did not test the window. */
  onAck(sample: AckSample, mtuBytes: number, mayGrow: boolean): void {
    if (this.isOver || sample.minRttUs === 0) return;
    // On a short path whose first sample was high, the pacing of a long path would hold the sender back
    // without end.
    if (sample.minRttUs <= STRETCH_US) return this.end();
    const rttUs = Math.min(sample.minRttUs, LONGEST_RTT_US);
    this.raise(longPathInitialWindow(mtuBytes, rttUs));
    const arrivedUs = sample.nowUs - this.startUs;
    const queuedUs = arrivedUs - (sample.newestSentUs - this.startSentUs);
    this.bytes += sample.ackedBytes;
    if (arrivedUs < STRETCH_US) {
      // A path that pauses delivers many packets at once afterwards, so the end of the stretch counts.
      if (mayGrow && queuedUs <= QUEUE_US / 2) this.growBy(arrivedUs - queuedUs, rttUs);
    } else if (arrivedUs < 1.5 * STRETCH_US && queuedUs > QUEUE_US) {
      this.capacity = this.bytes / arrivedUs;
      this.windowBytes = Math.floor(this.capacity * rttUs);
      this.pacingRate = 0;
      this.isOver = true;
    } else {
      this.startStretch(sample);
    }
  }

  /** Start-up ends because of loss, marks or a queue. */
  end(): void {
    this.isOver = true;
    this.windowBytes = 0;
    this.pacingRate = 0;
  }

  private startStretch(sample: AckSample): void {
    this.startUs = sample.nowUs;
    this.startSentUs = sample.newestSentUs;
    this.bytes = 0;
  }

  private growBy(leftUs: number, rttUs: number): void {
    this.raise((this.gain * this.bytes * rttUs) / Math.max(leftUs, STRETCH_US));
  }

  private raise(windowBytes: number): void {
    this.windowBytes = Math.max(this.windowBytes, Math.floor(windowBytes));
    this.pacingRate = (this.gain * this.windowBytes * 1_000_000) / STRETCH_US;
  }
}

/** The window with which start-up may begin on a path with this round-trip time, bytes. */
export function longPathInitialWindow(mtuBytes: number, minRttUs: number): number {
  const times = Math.min(Math.max(minRttUs / STRETCH_US, 1), LONGEST_RTT_US / STRETCH_US);
  return Math.floor(initialWindow(mtuBytes) * times);
}

/** The round-trip time of the path with whose start-up a longer one keeps up. */
const STRETCH_US = 100_000;
/** The round-trip time of a geostationary satellite; longer ones are not scaled further. */
const LONGEST_RTT_US = 600_000;
/**
 * Packets that arrive so much further apart than they left have met a queue: delayed acknowledgements explain
 * half of it.
 */
const QUEUE_US = 50_000;

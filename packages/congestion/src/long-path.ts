import type { AckSample } from './controller.ts';
import { initialWindow } from './window.ts';

/**
 * Start-up on a path whose round trips are long: it need not wait a round trip to learn what a short path would have
 * shown it sooner.
 *
 * The initial window is ten packets for each 100 ms of round trip. A window leaves within 100 ms rather than over a
 * round trip, and what arrives within 100 ms proves a rate; the next window is `gain` times what that rate carries in
 * a round trip. So a long path never has more in flight than slow start would put there once the capacity is reached,
 * but gets there in fewer rounds. When packets arrive more slowly than they left, the capacity is found: the window
 * becomes what the path holds at that rate, and ordinary slow start takes over. Paths of 100 ms or less see none of it.
 */
export class LongPathStart {
  /** What start-up allows, bytes; 0 while it has nothing to say. */
  windowBytes = 0;
  /** Bytes per second at which to send that, or 0. */
  pacingRate = 0;
  /** The rate at which the path delivered when it proved full, bytes per microsecond; 0 before. */
  capacity = 0;
  private isOver: boolean;
  private readonly gain: number;
  /** When a stretch of arrivals began; -Infinity before the first: it has lasted too long to say anything. */
  private startUs = -Infinity;
  /** When the packets left whose arrival began it. */
  private startSentUs = 0;
  /** Bytes that arrived since. */
  private bytes = 0;

  /** `gain` is how much faster to send than what was proven. */
  constructor(gain: number, isEnabled: boolean) {
    this.gain = gain;
    this.isOver = !isEnabled;
  }

  /** Measures what arrived. `mayGrow` is false for what did not test the window. */
  onAck(sample: AckSample, mtuBytes: number, mayGrow: boolean): void {
    if (this.isOver || sample.minRttUs === 0) return;
    // A short path, which may have answered late at first: the pace of a long one would hold it back for ever.
    if (sample.minRttUs <= STRETCH_US) return this.end();
    const rttUs = Math.min(sample.minRttUs, LONGEST_RTT_US);
    this.raise(longPathInitialWindow(mtuBytes, rttUs));
    const arrivedUs = sample.nowUs - this.startUs;
    const queuedUs = arrivedUs - (sample.newestSentUs - this.startSentUs);
    this.bytes += sample.ackedBytes;
    if (arrivedUs < STRETCH_US) {
      // A path that stops for a moment delivers all at once afterwards, so the end of the stretch decides.
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

  /** Start-up is over for another reason: loss, marks or a queue. */
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

/** What start-up may begin with on a path of this RTT, bytes. */
export function longPathInitialWindow(mtuBytes: number, minRttUs: number): number {
  const times = Math.min(Math.max(minRttUs / STRETCH_US, 1), LONGEST_RTT_US / STRETCH_US);
  return Math.floor(initialWindow(mtuBytes) * times);
}

/** The round trip of the path whose start-up a longer one keeps up with. */
const STRETCH_US = 100_000;
/** A geostationary satellite; beyond it nothing is scaled further. */
const LONGEST_RTT_US = 600_000;
/** Packets that arrive this much further apart than they left have met a queue: acknowledgements that wait explain half of it. */
const QUEUE_US = 50_000;

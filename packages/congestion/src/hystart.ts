import type { AckSample } from './controller.ts';

/**
 * HyStart++: watches the RTT of each round in slow start, and slows growth when it rises, before a queue overflows.
 *
 * A rise leads to conservative slow start, which grows by a quarter; if the RTT falls below what it was then, the rise
 * was chance and slow start resumes, otherwise slow start is over after five such rounds. RFC 9406 §4.2
 */
export class HyStart {
  /** What to divide acknowledged bytes by before they grow the window. */
  growthDivisor = 1;
  /** Slow start has found the capacity: the window is the threshold from now on. */
  isOver = false;

  private roundEndBytes = 0;
  private lastRoundMinUs = Infinity;
  private roundMinUs = Infinity;
  private rttSamples = 0;
  private conservativeRounds = 0;
  private baselineUs = Infinity;

  onAck(sample: AckSample): void {
    if (this.isOver) return;
    if (sample.deliveredAtSendBytes >= this.roundEndBytes) this.startRound(sample.deliveredTotalBytes);
    if (sample.latestRttUs <= 0 || this.isOver) return;
    this.roundMinUs = Math.min(this.roundMinUs, sample.latestRttUs);
    if (++this.rttSamples < RTT_SAMPLES) return;
    if (this.growthDivisor === 1) this.enterConservativeIfDelayed();
    else if (this.roundMinUs < this.baselineUs) this.growthDivisor = 1;
  }

  reset(): void {
    this.growthDivisor = 1;
    this.isOver = false;
    this.roundEndBytes = 0;
    this.lastRoundMinUs = Infinity;
    this.roundMinUs = Infinity;
    this.rttSamples = 0;
  }

  private startRound(deliveredTotalBytes: number): void {
    this.roundEndBytes = deliveredTotalBytes;
    this.lastRoundMinUs = this.roundMinUs;
    this.roundMinUs = Infinity;
    this.rttSamples = 0;
    // The round in which growth slowed counts as one, although it was partly spent before.
    if (this.growthDivisor > 1 && ++this.conservativeRounds >= CONSERVATIVE_ROUNDS) this.isOver = true;
  }

  private enterConservativeIfDelayed(): void {
    if (this.lastRoundMinUs === Infinity) return;
    const thresholdUs = Math.max(MIN_THRESHOLD_US, Math.min(this.lastRoundMinUs / 8, MAX_THRESHOLD_US));
    if (this.roundMinUs < this.lastRoundMinUs + thresholdUs) return;
    this.baselineUs = this.roundMinUs;
    this.growthDivisor = CONSERVATIVE_DIVISOR;
    this.conservativeRounds = 0;
  }
}

// RFC 9406 §4.3
const MIN_THRESHOLD_US = 4000;
const MAX_THRESHOLD_US = 16_000;
const RTT_SAMPLES = 8;
const CONSERVATIVE_DIVISOR = 4;
const CONSERVATIVE_ROUNDS = 5;

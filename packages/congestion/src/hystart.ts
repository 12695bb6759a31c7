import type { AckSample } from './controller.ts';

/**
 * HyStart++: watches the round-trip time in slow start, and slows growth when it rises, before a queue
 * overflows.
 *
 * A rise leads to conservative slow start, which grows by a quarter. If the round-trip time falls below its
 * value then, slow start resumes; otherwise it is over after five such rounds. RFC 9406 §4.2
 */
export class HyStart {
  /** The window grows by the acknowledged bytes divided by this. */
  growthDivisor = 1;
  /** Whether slow start is over, so that the window becomes the threshold. */
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
    if (sample.latestRttUs <= 0) return;
    this.roundMinUs = Math.min(this.roundMinUs, sample.latestRttUs);
    if (++this.rttSamples < RTT_SAMPLES) return;
    if (this.growthDivisor === 1) this.enterConservativeIfDelayed();
    else if (this.roundMinUs < this.baselineUs) this.growthDivisor = 1;
  }

  private startRound(deliveredTotalBytes: number): void {
    this.roundEndBytes = deliveredTotalBytes;
    this.lastRoundMinUs = this.roundMinUs;
    this.roundMinUs = Infinity;
    this.rttSamples = 0;
    // The round in which growth slowed counts, although part of it was over.
    if (this.growthDivisor !== 1 && ++this.conservativeRounds >= CONSERVATIVE_ROUNDS) this.isOver = true;
  }

  private enterConservativeIfDelayed(): void {
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

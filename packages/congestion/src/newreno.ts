import type { AckSample, CongestionOptions } from './controller.ts';
import { LossBased } from './loss-based.ts';
import { WindowLaw } from './window-law.ts';

/**
 * NewReno: doubles the window every round until packets are lost or the delay rises, then halves it on loss
 * and adds one packet per round. RFC 9002 §7
 */
export class NewReno extends LossBased<RenoLaw> {
  override readonly name = 'newreno';
  override readonly ecnCodepoint = 2;

  /** `longPaths` tells whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    super(() => new RenoLaw(), options, longPaths);
  }
}

/** Grows by one packet for each acknowledged window, and shrinks to half of the window. RFC 9002 §7.3 */
class RenoLaw extends WindowLaw {
  private ackedTowardsGrowthBytes = 0;

  // Bytes are counted, because a division by the window would round the one packet per window of RFC 9002
  // §7.3.3.
  override grow(windowBytes: number, { ackedBytes }: AckSample, mtuBytes: number): number {
    this.ackedTowardsGrowthBytes += ackedBytes;
    if (this.ackedTowardsGrowthBytes < windowBytes) return windowBytes;
    this.ackedTowardsGrowthBytes -= windowBytes;
    return windowBytes + mtuBytes;
  }

  override reduce(windowBytes: number): number {
    this.ackedTowardsGrowthBytes = 0;
    return windowBytes * LOSS_REDUCTION_FACTOR;
  }

  override collapse(): void {
    this.ackedTowardsGrowthBytes = 0;
  }
}

/** The window is multiplied by this at a reduction. RFC 9002 §7.3.2, §B.1 */
const LOSS_REDUCTION_FACTOR = 0.5;

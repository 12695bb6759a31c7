import type { RttEstimator } from './rtt.ts';

/**
 * How far out of order a path delivers, and with that how long to wait before a packet counts as lost.
 *
 * Both thresholds are the usual ones until a packet arrives behind others that left after it. Then they grow to what was
 * seen and a margin, for what would have been declared lost was only late; and when several episodes of loss have gone
 * by without any of that, the path is taken for an orderly one again. RFC 9002 §6.1.1, §6.1.2, RFC 8985 §6.2
 */
export class Reordering {
  /** Newer packets that must be acknowledged before an older one is lost. */
  packetThreshold: number = PACKET_THRESHOLD;
  /** How much later than a round trip a packet may come, beyond the usual eighth; 0 where nothing came so late. */
  private windowUs = 0;
  private quietEpisodes = 0;

  /** How much later than a newer one a packet may be acknowledged before it is lost. RFC 9002 §6.1.2 */
  lossDelayUs(rtt: RttEstimator): number {
    const rttUs = Math.max(rtt.latestUs, rtt.smoothedUs);
    const windowUs = Math.min(this.windowUs, Math.max(rtt.smoothedUs, LEAST_BOUND_US));
    return Math.max(rtt.lossDelayUs, Math.ceil(rttUs + windowUs));
  }

  /**
   * A packet was acknowledged for the first time, though a newer one had been before.
   *
   * @param distance - how many numbers it is behind the largest that was acknowledged before.
   * @param tookUs - since it left.
   */
  onArrivedBehind(distance: number, tookUs: number, rtt: RttEstimator): void {
    if (distance * 2 >= this.packetThreshold) this.quietEpisodes = 0;
    this.packetThreshold = Math.max(this.packetThreshold, Math.ceil(distance * MARGIN) + 1);
    const lateUs = tookUs - Math.max(rtt.latestUs, rtt.smoothedUs);
    if (lateUs * 2 >= this.windowUs) this.quietEpisodes = 0;
    this.windowUs = Math.max(this.windowUs, lateUs * MARGIN);
  }

  /** Packets were lost that left after the last losses were found. */
  onEpisode(): void {
    if (++this.quietEpisodes < MEMORY_EPISODES) return;
    this.packetThreshold = PACKET_THRESHOLD;
    this.windowUs = 0;
  }
}

/** RFC 9002 §6.1.1 */
const PACKET_THRESHOLD = 3;
/** What comes after the latest of those that came late. */
const MARGIN = 1.5;
/** Nobody is waited for longer than two round trips, or this where they are short. RFC 8985 §6.2, step 4 */
const LEAST_BOUND_US = 25_000;
/** RFC 8985 §6.2, step 4 */
const MEMORY_EPISODES = 16;

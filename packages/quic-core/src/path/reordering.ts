import type { RttEstimator } from './rtt.ts';

/**
 * How much a path reorders packets, and so how long an unacknowledged packet is waited for before it is lost.
 *
 * Both thresholds have their usual values until a packet is acknowledged after others that left later. Then
 * they grow to the reordering that was seen and a margin, because the packets that the usual values declare
 * lost would only be late. After several episodes of loss without late packets, both return to their usual
 * values. RFC 9002 §6.1.1, §6.1.2, RFC 8985 §6.2
 */
export class Reordering {
  /** A packet is lost when so many newer ones were acknowledged. */
  packetThreshold: number = PACKET_THRESHOLD;
  /**
   * How much time beyond the usual nine eighths of a round trip a packet may take; 0 while no packet took
   * more.
   */
  private windowUs = 0;
  private quietEpisodes = 0;

  /** A packet is lost when it is so much older than one that was acknowledged. RFC 9002 §6.1.2 */
  lossDelayUs(rtt: RttEstimator): number {
    const rttUs = Math.max(rtt.latestUs, rtt.smoothedUs);
    const windowUs = Math.min(this.windowUs, Math.max(rtt.smoothedUs, LEAST_BOUND_US));
    return Math.max(rtt.lossDelayUs, Math.ceil(rttUs + windowUs));
  }

  /**
   * A packet was acknowledged for the first time, after a newer one.
   *
   * @param distance - how many numbers it is behind the largest that was acknowledged before.
   * @param tookUs - time since it left.
   */
  onArrivedBehind(distance: number, tookUs: number, rtt: RttEstimator): void {
    if (distance * 2 >= this.packetThreshold) this.quietEpisodes = 0;
    this.packetThreshold = Math.max(this.packetThreshold, Math.ceil(distance * MARGIN) + 1);
    const lateUs = tookUs - Math.max(rtt.latestUs, rtt.smoothedUs);
    if (lateUs * 2 >= this.windowUs) this.quietEpisodes = 0;
    this.windowUs = Math.max(this.windowUs, lateUs * MARGIN);
  }

  /** Packets were lost that left after the last loss was detected: a new episode of loss. */
  onEpisode(): void {
    if (++this.quietEpisodes < MEMORY_EPISODES) return;
    this.packetThreshold = PACKET_THRESHOLD;
    this.windowUs = 0;
  }
}

/** RFC 9002 §6.1.1 */
const PACKET_THRESHOLD = 3;
/** The thresholds are so many times the largest reordering seen. */
const MARGIN = 1.5;
/**
 * No packet is waited for longer than two round trips, or than this where they are shorter. RFC 8985 §6.2,
 * step 4
 */
const LEAST_BOUND_US = 25_000;
/**
 * So many episodes of loss without late packets return the thresholds to their usual values. RFC 8985 §6.2,
 * step 4
 */
const MEMORY_EPISODES = 16;

/**
 * Counts the losses of one congestion episode, and those that were none: when all turn out to have arrived,
 * the reaction was wrong. RFC 9002 leaves this open; RFC 9438 §4.9 asks for it.
 */
export class SpuriousLosses {
  /** Over the life of the connection. */
  total = 0;
  private lost = 0;
  private arrived = 0;
  private startUs = -Infinity;

  /** Packets were lost, the newest of them sent at `newestSentUs`. Returns whether an episode begins with them. */
  onLost(packets: number, newestSentUs: number, nowUs: number): boolean {
    const begins = newestSentUs > this.startUs;
    if (begins) {
      this.startUs = nowUs;
      this.lost = this.arrived = 0;
    }
    this.lost += packets;
    return begins;
  }

  /** A packet declared lost was acknowledged. Returns whether nothing of the episode is left. */
  onArrived(sentUs: number): boolean {
    this.total++;
    if (sentUs > this.startUs) return false;
    this.arrived++;
    return this.lost > 0 && this.arrived === this.lost;
  }
}

/**
 * Counts the losses of one congestion episode that turn out to be spurious: when all packets of the episode
 * were acknowledged late, there was no congestion, and the reaction to it can be undone. RFC 9002 leaves this
 * open; RFC 9438 §4.9 recommends it.
 */
export class SpuriousLosses {
  /** Spurious losses over the life of the connection. */
  total = 0;
  private lost = 0;
  private arrived = 0;
  private startUs = -Infinity;

  /** Packets were lost, the newest of them sent at `newestSentUs`. Returns whether they begin an episode. */
  onLost(packets: number, newestSentUs: number, nowUs: number): boolean {
    const begins = newestSentUs > this.startUs;
    if (begins) {
      this.startUs = nowUs;
      this.lost = this.arrived = 0;
    }
    this.lost += packets;
    return begins;
  }

  /**
   * A packet that was declared lost was acknowledged. Returns whether all losses of the episode were
   * spurious.
   */
  onArrived(sentUs: number): boolean {
    this.total++;
    if (sentUs > this.startUs) return false;
    this.arrived++;
    return this.lost > 0 && this.arrived === this.lost;
  }
}

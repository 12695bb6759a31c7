/** The first skipped number is below this. */
const FIRST_WITHIN = 256;

/**
 * Decides which packet numbers to skip, so that a peer that acknowledges packets it has not received is
 * detected. RFC 9000 §21.4
 */
export class NumberSkipper {
  private readonly random: (limit: number) => number;
  private nextSkip = -1;

  constructor(random: (limit: number) => number) {
    this.random = random;
  }

  isDue(packetNumber: number): boolean {
    if (this.nextSkip < 0) this.nextSkip = packetNumber + 16 + this.random(FIRST_WITHIN - 16);
    return packetNumber >= this.nextSkip;
  }

  /**
   * Choose the next number to skip, one to four windows ahead: often enough to detect such a peer, and seldom
   * enough to cost little.
   */
  onSkipped(packetNumber: number, windowPackets: number): void {
    const span = Math.max(FIRST_WITHIN, Math.ceil(windowPackets));
    this.nextSkip = packetNumber + span + this.random(3 * span);
  }
}

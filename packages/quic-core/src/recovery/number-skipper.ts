/** The first number left out is among this many. */
const FIRST_WITHIN = 256;

/**
 * Decides which packet numbers to leave out, so that a peer that acknowledges what it has not received is
 * found out. RFC 9000 §21.4
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

  /** Choose the next one, one to four windows on: often enough to matter, too rarely to cost. */
  onSkipped(packetNumber: number, windowPackets: number): void {
    const span = Math.max(FIRST_WITHIN, Math.ceil(windowPackets));
    this.nextSkip = packetNumber + span + this.random(3 * span);
  }
}

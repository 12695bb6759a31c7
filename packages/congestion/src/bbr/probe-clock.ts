/**
 * Decides when to probe for bandwidth again: after two to three seconds, or after as many rounds as Reno would need
 * to regain its window, whichever is sooner. draft-ietf-ccwg-bbr, "Time Scale for Bandwidth Probing"
 */
export class ProbeClock {
  private random: number;
  private startUs = 0;
  private waitUs = 0;
  private rounds = 0;

  constructor(seed: number) {
    // Xorshift needs a state other than zero.
    this.random = (seed ^ Math.floor(seed / 2 ** 32) ^ 0x9e3779b9) | 0 || 1;
  }

  /** A cycle begins: draw the time until its probe. */
  start(nowUs: number): void {
    this.startUs = nowUs;
    this.rounds = this.draw() < 0.5 ? 0 : 1;
    this.waitUs = 2_000_000 + Math.floor(this.draw() * 1_000_000);
  }

  onRound(): void {
    this.rounds++;
  }

  isDue(nowUs: number, targetPackets: number): boolean {
    return nowUs > this.startUs + this.waitUs || this.rounds >= Math.min(targetPackets, MAX_RENO_ROUNDS);
  }

  /**
   * A number in [0, 1) from Marsaglia's xorshift: it only has to differ between flows, and need not be
   * secret.
   */
  private draw(): number {
    let x = this.random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.random = x;
    return (x >>> 0) / 2 ** 32;
  }
}

const MAX_RENO_ROUNDS = 63;

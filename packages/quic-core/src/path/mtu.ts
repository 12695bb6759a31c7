/** What every path must carry. RFC 9000 §14 */
export const BASE_MTU = 1200;
/** Losses of a probe before its size is given up. RFC 8899 §5.1.2 */
const MAX_PROBES = 3;
/** A search that has come this close is over, bytes. */
const CLOSE_ENOUGH = 16;

/**
 * Search for the largest datagram that the path carries: a probe of the ceiling first, then by halves.
 * RFC 9000 §14.3, RFC 8899 §5.3
 */
export class MtuSearch {
  /** Largest size known to work. */
  mtuBytes: number;
  /** Smallest size believed not to work. */
  private tooLarge: number;
  /** Size of the probe to send next, 0 when there is nothing to learn. */
  private target = 0;
  private failures = 0;
  private inFlight = false;
  private started = false;

  constructor(ceilingBytes: number) {
    this.mtuBytes = Math.min(BASE_MTU, ceilingBytes);
    this.tooLarge = ceilingBytes + 1;
  }

  /** The peer takes datagrams up to this size. */
  limit(bytes: number): void {
    this.tooLarge = Math.min(this.tooLarge, bytes + 1);
  }

  /** The handshake is confirmed: probing may begin. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.target = this.tooLarge - 1;
    if (this.target <= this.mtuBytes) this.target = 0;
  }

  /** Size of the probe that should leave now, or 0. */
  get probeBytes(): number {
    return this.inFlight ? 0 : this.target;
  }

  onProbeSent(): void {
    this.inFlight = true;
  }

  /** Returns whether the MTU grew. */
  onProbeAcked(bytes: number): boolean {
    this.inFlight = false;
    this.failures = 0;
    if (bytes <= this.mtuBytes) return false;
    this.mtuBytes = bytes;
    this.chooseNext();
    return true;
  }

  /** The loss of a probe says nothing about congestion. RFC 9000 §14.4 */
  onProbeLost(bytes: number): void {
    this.inFlight = false;
    if (bytes !== this.target || ++this.failures < MAX_PROBES) return;
    this.failures = 0;
    this.tooLarge = bytes;
    this.chooseNext();
  }

  /**
   * Nothing comes through any more: perhaps only because it is too large. Back to what every path carries; the
   * size that worked is probed anew. Returns whether the MTU shrank. RFC 8899 §4.3
   */
  onBlackHole(): boolean {
    if (this.mtuBytes <= BASE_MTU) return false;
    this.target = this.mtuBytes;
    this.tooLarge = this.mtuBytes + 1;
    this.mtuBytes = BASE_MTU;
    this.failures = 0;
    this.inFlight = false;
    return true;
  }

  private chooseNext(): void {
    const span = this.tooLarge - 1 - this.mtuBytes;
    this.target = span <= CLOSE_ENOUGH ? 0 : this.mtuBytes + Math.ceil(span / 2);
  }
}

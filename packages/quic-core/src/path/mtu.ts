/** What every path must carry. RFC 9000 §14 */
export const BASE_MTU = 1200;
/** Losses of a probe before its size is given up. RFC 8899 §5.1.2 */
const MAX_PROBES = 3;
/** A search that has come this close is over, bytes. */
const CLOSE_ENOUGH = 16;
/** The result of a search holds this long, then the path may carry more: PMTU_RAISE_TIMER. RFC 8899 §5.1.1 */
const RAISE_AFTER_US = 600_000_000;

/**
 * Search for the largest datagram that the path carries: a probe of the ceiling first, then by halves.
 * RFC 9000 §14.3, RFC 8899 §5.3
 */
export class MtuSearch {
  /** Largest size known to work. */
  mtuBytes: number;
  /** The most that we and the peer want to try. */
  private ceilingBytes: number;
  /** Smallest size believed not to work. */
  private tooLarge: number;
  /** Size of the probe to send next, 0 when there is nothing to learn. */
  private target = 0;
  private failures = 0;
  private inFlight = false;
  private started = false;
  /** When to search again; Infinity while a search goes on. */
  private raiseUs: number = Infinity;

  constructor(ceilingBytes: number) {
    this.mtuBytes = Math.min(BASE_MTU, ceilingBytes);
    this.ceilingBytes = ceilingBytes;
    this.tooLarge = ceilingBytes + 1;
  }

  /** The peer takes datagrams up to this size. */
  limit(bytes: number): void {
    this.ceilingBytes = Math.min(this.ceilingBytes, bytes);
    this.tooLarge = Math.min(this.tooLarge, bytes + 1);
  }

  /** The handshake is confirmed: probing may begin. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.searchBelow(this.tooLarge);
  }

  /** The host takes datagrams up to this size now: larger ones are not even tried. */
  fit(roomBytes: number): void {
    if (this.target > roomBytes && !this.inFlight) this.searchBelow(roomBytes + 1);
  }

  /**
   * Whether the last search is so long ago that the path may carry more by now. Whoever asks sends something anyway:
   * no connection wakes up for this. RFC 8899 §5.1.1
   */
  isRaiseDue(roomBytes: number, nowUs: number): boolean {
    if (this.target > 0 || this.mtuBytes >= Math.min(this.ceilingBytes, roomBytes)) return false;
    if (this.raiseUs === Infinity && this.started) this.raiseUs = nowUs + RAISE_AFTER_US;
    return nowUs >= this.raiseUs;
  }

  /** Search anew, from the top. */
  raise(roomBytes: number): void {
    this.searchBelow(Math.min(this.ceilingBytes, roomBytes) + 1);
  }

  private searchBelow(tooLarge: number): void {
    this.tooLarge = tooLarge;
    this.target = tooLarge - 1 > this.mtuBytes ? tooLarge - 1 : 0;
    this.failures = 0;
    this.raiseUs = Infinity;
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
    const before = this.mtuBytes;
    this.mtuBytes = BASE_MTU;
    this.searchBelow(before + 1);
    this.inFlight = false;
    return true;
  }

  private chooseNext(): void {
    const span = this.tooLarge - 1 - this.mtuBytes;
    this.target = span <= CLOSE_ENOUGH ? 0 : this.mtuBytes + Math.ceil(span / 2);
  }
}

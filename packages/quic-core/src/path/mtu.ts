import { BASE_MTU } from '../packet/datagram-size.ts';

/** Losses of a probe before its size is given up. RFC 8899 §5.1.2 */
const MAX_PROBES = 3;
/** The search ends when the largest size known to work is so close below the smallest that failed, bytes. */
const CLOSE_ENOUGH = 16;
/**
 * A datagram with fewer unused bytes counts as full: the next frame's header may not have fitted.
 */
const NEARLY_FULL = 16;
/**
 * The result of a search holds for this long, then it is repeated in case the path's MTU has grown:
 * PMTU_RAISE_TIMER. RFC 8899 §5.1.1
 */
const RAISE_AFTER_US = 600_000_000;

/**
 * Search for the largest datagram that the path carries: a probe of the ceiling first, then by halves. It begins once
 * there is use for it, for a connection with little to say would send more in probes than in all other datagrams.
 * RFC 9000 §14.3, RFC 8899 §5.3
 */
export class MtuSearch {
  /** Largest size known to work. */
  mtuBytes: number;
  /** Largest size that our option and the peer's max_udp_payload_size allow. RFC 9000 §14.3 */
  private ceilingBytes: number;
  /** Smallest size whose probes were lost. */
  private tooLarge: number;
  /** Size of the probe to send next, 0 when no probe is due. */
  private target = 0;
  private failures = 0;
  private inFlight = false;
  private started = false;
  /** Whether a search may begin, and waits for something that larger datagrams would carry. */
  isWaiting = false;
  /** When to search again; Infinity while a search goes on. */
  private raiseUs: number = Infinity;

  constructor(ceilingBytes: number) {
    this.mtuBytes = Math.min(BASE_MTU, ceilingBytes);
    this.ceilingBytes = ceilingBytes;
    this.tooLarge = ceilingBytes + 1;
  }

  /** The peer accepts datagrams up to this size. */
  limit(bytes: number): void {
    this.ceilingBytes = Math.min(this.ceilingBytes, bytes);
    this.tooLarge = Math.min(this.tooLarge, bytes + 1);
  }

  /** The handshake is confirmed: probing may begin as soon as there is more to send than a datagram holds. */
  allow(): void {
    this.isWaiting = !this.started;
  }

  /** Larger datagrams would be of use: a search that waited begins. */
  start(): void {
    if (!this.isWaiting) return;
    this.isWaiting = false;
    this.started = true;
    this.searchBelow(this.tooLarge);
  }

  /** The host accepts datagrams up to this size now: larger ones are not probed. */
  fit(roomBytes: number): void {
    if (this.target > roomBytes && !this.inFlight) this.searchBelow(roomBytes + 1);
  }

  /**
   * Whether PMTU_RAISE_TIMER has expired, so that a new search may begin. This is asked only while a packet
   * is being sent: it is not a timer that wakes the connection. RFC 8899 §5.1.1
   */
  isRaiseDue(roomBytes: number, nowUs: number): boolean {
    if (this.target > 0 || this.mtuBytes >= Math.min(this.ceilingBytes, roomBytes)) return false;
    if (this.raiseUs === Infinity && this.started) this.raiseUs = nowUs + RAISE_AFTER_US;
    return nowUs >= this.raiseUs;
  }

  /** Begin a new search with a probe of the largest size. */
  raise(roomBytes: number): void {
    this.searchBelow(Math.min(this.ceilingBytes, roomBytes) + 1);
  }

  private searchBelow(tooLarge: number): void {
    this.tooLarge = tooLarge;
    this.target = tooLarge - 1 > this.mtuBytes ? tooLarge - 1 : 0;
    this.failures = 0;
    this.raiseUs = Infinity;
  }

  /** Whether a datagram of this length is as long as the path allows, or nearly. */
  isFull(bytes: number): boolean {
    return bytes <= this.mtuBytes && bytes > this.mtuBytes - NEARLY_FULL;
  }

  /** Size of the probe that should leave now, or 0. */
  get probeBytes(): number {
    return this.inFlight ? 0 : this.target;
  }

  onProbeSent(): void {
    this.inFlight = true;
  }

  /** A probe was acknowledged; returns whether the MTU grew. */
  onProbeAcked(bytes: number): boolean {
    this.inFlight = false;
    this.failures = 0;
    if (bytes <= this.mtuBytes) return false;
    this.mtuBytes = bytes;
    this.chooseNext();
    return true;
  }

  /**
   * A probe was lost; after three of one size, that size counts as too large. `spaces/loss.ts` hides the loss
   * from congestion control.
   */
  onProbeLost(bytes: number): void {
    this.inFlight = false;
    if (bytes !== this.target || ++this.failures < MAX_PROBES) return;
    this.failures = 0;
    this.tooLarge = bytes;
    this.chooseNext();
  }

  /**
   * Large datagrams are lost, perhaps because they no longer fit: return to the size that every path carries,
   * and probe the size that worked before. Returns whether the MTU shrank. RFC 8899 §4.3
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

/** This share of a window is worth a frame. */
const UPDATE_SHARE = 4;
/** A window has room for this many times what the application took in the last round trip. */
const ROOM = 4;
/** Round trips above this see larger steps, as senders take them there. */
const LONG_RTT_US = 100_000;
/** Steps are not more than this times larger. */
const MOST_TIMES = 6;

/**
 * What we allow the peer to send: a window that slides as the application consumes, and grows with what it consumes
 * in a round trip, so that a sender whose window doubles meanwhile is not held back. RFC 9000 §4.1, §4.2
 */
export class ReceiveWindow {
  /** Offset up to which the peer may send, as last announced or about to be. */
  limit: number;
  /** Bytes that the application has taken, or given up. */
  consumed = 0;
  /** Offset up to which the peer has sent. */
  used = 0;
  /** How far the limit may be ahead of what was consumed. */
  windowBytes: number;
  private readonly maxWindowBytes: number;
  private roundStartUs = -Infinity;
  private roundStartBytes = 0;

  constructor(windowBytes: number, maxWindowBytes: number) {
    this.windowBytes = windowBytes;
    this.maxWindowBytes = Math.max(windowBytes, maxWindowBytes);
    this.limit = windowBytes;
  }

  /**
   * A quarter of the window is free again: a new limit is worth a frame, and arrives long before the rest is used up.
   * Where the peer has no more left than is free, because the rest lies unread, less is worth one as well: it must never
   * wait for credit that there is. RFC 9000 §4.2
   */
  get needsUpdate(): boolean {
    const { freeBytes } = this;
    if (freeBytes <= 0) return false;
    return freeBytes >= this.windowBytes / UPDATE_SHARE || this.limit - this.used <= freeBytes;
  }

  /** What could be announced besides what was. */
  get freeBytes(): number {
    return this.consumed + this.windowBytes - this.limit;
  }

  /** The peer has used all of it, and the application has taken none of what could be announced. */
  get isUsedUp(): boolean {
    return this.used >= this.limit && this.freeBytes <= 0;
  }

  /** The application waits for bytes: if all room lies unread, double it, up to the maximum. RFC 9000 §4.2 */
  widen(): void {
    if (this.isUsedUp) this.windowBytes = Math.min(this.windowBytes * 2, this.maxWindowBytes);
  }

  /** Slide, and grow by need; returns the new limit. */
  advance(nowUs: number, rttUs: number): number {
    // The repetition of a lost frame says nothing about the window.
    if (this.needsUpdate) {
      const neededBytes = Math.ceil(roomFor(rttUs) * this.consumedInRound(nowUs, rttUs));
      this.windowBytes = Math.max(this.windowBytes, Math.min(neededBytes, this.maxWindowBytes));
    }
    this.limit = Math.max(this.limit, this.consumed + this.windowBytes);
    return this.limit;
  }

  /** Bytes taken in a round trip: those of the present one, or what a longer time comes to. */
  private consumedInRound(nowUs: number, rttUs: number): number {
    if (this.roundStartUs === -Infinity) this.roundStartUs = nowUs;
    const bytes = this.consumed - this.roundStartBytes;
    const elapsedUs = nowUs - this.roundStartUs;
    if (elapsedUs <= rttUs) return bytes;
    this.roundStartUs = nowUs;
    this.roundStartBytes = this.consumed;
    return (bytes * rttUs) / elapsedUs;
  }
}

function roomFor(rttUs: number): number {
  return ROOM * Math.min(Math.max(rttUs / LONG_RTT_US, 1), MOST_TIMES);
}

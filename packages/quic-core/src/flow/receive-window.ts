/** When this part of the window is free, a frame is sent. */
const UPDATE_SHARE = 4;
/** When the peer has no more left, so many free bytes, about those of one packet, are enough for a frame. */
const PACKET_BYTES = 1200;
/** The window grows to this many times the bytes that the application consumed in the last round trip. */
const ROOM = 4;
/** On longer round trips the factor is larger, because senders increase their window faster there. */
const LONG_RTT_US = 100_000;
/** The factor is at most this many times larger. */
const MOST_TIMES = 6;

/**
 * The limit for the peer: a window that slides as the application consumes data, and grows with what it
 * consumes in a round trip, so that flow control does not hold back a sender whose congestion window doubles.
 * RFC 9000 §4.1, §4.2
 */
export class ReceiveWindow {
  /** Offset up to which the peer may send, as announced or about to be. */
  limit!: number;
  /** Bytes that the application has read, or that were dropped. */
  consumed = 0;
  /** Offset up to which the peer has sent. */
  used = 0;
  /** How far the limit may be ahead of the consumed bytes. */
  windowBytes!: number;
  /** Whether credit follows only the program's grants. */
  private isManual = false;
  /** Offset up to which the program has granted credit. */
  private grantedBytes = 0;
  private maxWindowBytes!: number;
  private roundStartUs = -Infinity;
  private roundStartBytes = 0;

  constructor(windowBytes: number, maxWindowBytes: number) {
    this.resize(windowBytes, maxWindowBytes);
  }

  /** Begin with another size, before the peer knows the limit. */
  resize(windowBytes: number, maxWindowBytes: number): void {
    this.windowBytes = windowBytes;
    this.maxWindowBytes = Math.max(windowBytes, maxWindowBytes);
    this.limit = windowBytes;
  }

  /**
   * Whether a new limit should be sent: a quarter of the window is free, which is early enough for the frame
   * to arrive before the rest is used up. When the peer has no more left than is free, because the rest is
   * unread, the bytes of one packet are enough. RFC 9000 §4.2
   */
  get needsUpdate(): boolean {
    const { freeBytes } = this;
    if (freeBytes <= 0) return false;
    return freeBytes >= this.windowBytes / UPDATE_SHARE || (freeBytes >= PACKET_BYTES && this.isShort);
  }

  /**
   * Whether there is free credit that the peer may wait for, but too little for a frame of its own, because
   * frames for small changes are overhead. It is announced if no more is added for a while. RFC 9000 §4.2
   */
  get owesLittle(): boolean {
    return this.freeBytes > 0 && this.isShort && !this.needsUpdate;
  }

  /** Whether the peer has no more credit left than is free. */
  private get isShort(): boolean {
    return this.limit - this.used <= this.freeBytes;
  }

  /** Credit that could be announced; negative while a grant is ahead of the window. */
  get freeBytes(): number {
    return this.isManual
      ? this.grantedBytes - this.limit
      : Math.max(this.consumed + this.windowBytes, this.grantedBytes) - this.limit;
  }

  /** Set whether credit follows only the program's grants, or what the application consumes. */
  setManual(isManual: boolean): void {
    this.isManual = isManual;
  }

  /**
   * The program grants the peer this many bytes beyond those that were consumed. A limit never shrinks.
   * RFC 9000 §4.1
   */
  grant(bytes: number): void {
    this.grantedBytes = Math.max(this.grantedBytes, Math.min(this.consumed + bytes, Number.MAX_SAFE_INTEGER));
  }

  /** Whether the peer has used all credit and no more is free. */
  get isUsedUp(): boolean {
    return this.used >= this.limit && this.freeBytes <= 0;
  }

  /**
   * The application waits for data while all credit is used up by unread data: double the window, up to the
   * maximum. RFC 9000 §4.2
   */
  widen(): void {
    if (this.isUsedUp && !this.isManual)
      this.windowBytes = Math.min(this.windowBytes * 2, this.maxWindowBytes);
  }

  /** Move the limit, and enlarge the window when it is consumed fast; returns the new limit. */
  advance(nowUs: number, rttUs: number): number {
    // A lost frame that is sent again, and little credit for a peer that waits, do not show that the window
    // is too small.
    if (this.needsUpdate && !this.isManual) {
      const neededBytes = Math.ceil(roomFor(rttUs) * this.consumedInRound(nowUs, rttUs));
      this.windowBytes = Math.max(this.windowBytes, Math.min(neededBytes, this.maxWindowBytes));
    }
    this.limit += Math.max(this.freeBytes, 0);
    return this.limit;
  }

  /** Bytes consumed in a round trip: those of the current one, or the average of a longer time. */
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

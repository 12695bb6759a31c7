/** A window used up faster than this many round trips is too small. */
const FAST_ROUND_TRIPS = 4;

/**
 * What we allow the peer to send: a window that slides as the application consumes, and doubles while it
 * holds the peer back. RFC 9000 §4.1, §4.2
 */
export class ReceiveWindow {
  /** Offset up to which the peer may send, as last announced or about to be. */
  limit: number;
  /** Bytes that the application has taken, or given up. */
  consumed = 0;
  private windowBytes: number;
  private readonly maxWindowBytes: number;
  private announcedUs = -1;

  constructor(windowBytes: number, maxWindowBytes: number) {
    this.windowBytes = windowBytes;
    this.maxWindowBytes = Math.max(windowBytes, maxWindowBytes);
    this.limit = windowBytes;
  }

  /** Half of the window is used: a new limit is worth a frame. */
  get needsUpdate(): boolean {
    return this.limit - this.consumed <= this.windowBytes / 2;
  }

  /** Slide, and grow when the last half window went quickly; returns the new limit. */
  advance(nowUs: number, rttUs: number): number {
    // The repetition of a lost frame says nothing about the window.
    if (this.needsUpdate) {
      if (this.announcedUs >= 0 && nowUs - this.announcedUs < FAST_ROUND_TRIPS * rttUs)
        this.windowBytes = Math.min(this.windowBytes * 2, this.maxWindowBytes);
      this.announcedUs = nowUs;
    }
    this.limit = Math.max(this.limit, this.consumed + this.windowBytes);
    return this.limit;
  }
}

/** A limit that the peer sets: bytes of a stream or of the connection, or streams of a kind. RFC 9000 §4 */
export class SendLimit {
  /** The largest limit that the peer has announced. */
  limit: number;
  /** How much of it is used. */
  used = 0;
  /** The limit at which a *_BLOCKED frame was sent last, -1 for never: one frame is sent for each limit. */
  private blockedAt = -1;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * The server rejected 0-RTT: what was sent does not count, and the limit is that of its new parameters.
   * RFC 9001 §4.6.2
   */
  restart(limit: number): void {
    this.limit = limit;
    this.used = 0;
    this.blockedAt = -1;
  }

  get left(): number {
    return this.limit - this.used;
  }

  /** Take a limit from the peer, which counts only if it is larger; returns whether it is. RFC 9000 §4.1 */
  raise(limit: number): boolean {
    if (limit <= this.limit) return false;
    this.limit = limit;
    return true;
  }

  /** Whether a *_BLOCKED frame was sent at this limit. */
  get isBlockedSaid(): boolean {
    return this.blockedAt === this.limit;
  }

  onBlockedSaid(): void {
    this.blockedAt = this.limit;
  }

  /**
   * The *_BLOCKED frame at `limit` was lost; returns whether it is still true and must be sent again.
   * RFC 9000 §13.3
   */
  onBlockedLost(limit: number): boolean {
    if (this.blockedAt !== limit || limit !== this.limit) return false;
    this.blockedAt = -1;
    return true;
  }

  /** Send the *_BLOCKED frame again, although it is not known to be lost. RFC 9000 §4.1 */
  repeatBlocked(): void {
    this.blockedAt = -1;
  }
}

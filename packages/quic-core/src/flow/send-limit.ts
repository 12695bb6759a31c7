/** What the peer allows us: bytes of a stream or of the connection, or streams of a kind. RFC 9000 §4 */
export class SendLimit {
  /** The peer's latest word; only ever grows. */
  limit: number;
  /** What we have used of it. */
  used = 0;
  /** The limit at which we were last found wanting more, -1 for never: one *_BLOCKED frame for each. */
  blockedAt = -1;

  constructor(limit: number) {
    this.limit = limit;
  }

  get left(): number {
    return this.limit - this.used;
  }

  /** Returns whether the limit grew. */
  raise(limit: number): boolean {
    if (limit <= this.limit) return false;
    this.limit = limit;
    return true;
  }
}

/** Stateless resets a second. */
const PER_SECOND = 10;

/** Bounds how many stateless resets leave: forged packets must not make us a source of traffic. RFC 9000 §10.3 */
export class ResetLimit {
  private windowUs = -Infinity;
  private sent = 0;

  /** Whether one more may leave now. */
  take(nowUs: number): boolean {
    if (nowUs - this.windowUs >= 1_000_000) {
      this.windowUs = nowUs;
      this.sent = 0;
    }
    return ++this.sent <= PER_SECOND;
  }
}

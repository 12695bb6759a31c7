/** The idle timeout is never shorter than this many probe timeouts. RFC 9000 §10.1 */
const MIN_PTOS = 3;

/** A connection that is kept alive is heard this often in an idle timeout, however seldom was asked for. RFC 9000 §10.1.2 */
const KEEP_ALIVES = 2;

/** A sender that waits for credit is heard this often in an idle timeout. RFC 9000 §4.1 */
const REMINDERS = 3;

/** Silence after which memory is given back, and as many probe timeouts more as lost packets are remembered. */
const REST_AFTER_US = 1_000_000;
const REST_PTOS = 3;

/** Idle timeout and keep-alive, RFC 9000 §10.1; and when a quiet connection should hold no more than it must. */
export class Idle {
  private readonly localMs: number;
  private readonly keepAliveUs: number;
  private timeoutMs: number;
  private lastActivityUs: number;
  private lastSentUs = -Infinity;
  /** An ack-eliciting packet left since the last one came: later ones do not restart the timer. */
  private sentSince = false;
  /** A PING should leave. */
  pingPending = false;
  /** Memory was given back since the last packet came. */
  rested = false;

  constructor(localMs: number, keepAliveMs: number, nowUs: number) {
    this.localMs = this.timeoutMs = localMs;
    this.keepAliveUs = keepAliveMs === 0 ? Infinity : keepAliveMs * 1000;
    this.lastActivityUs = nowUs;
  }

  /** The smaller of both sides' timeouts counts; 0 is none. RFC 9000 §10.1 */
  onPeerTimeout(peerMs: number): void {
    if (peerMs > 0) this.timeoutMs = this.localMs === 0 ? peerMs : Math.min(this.localMs, peerMs);
  }

  onReceived(nowUs: number): void {
    this.lastActivityUs = nowUs;
    this.sentSince = false;
    this.rested = false;
  }

  onElicitingSent(nowUs: number): void {
    if (!this.sentSince) this.lastActivityUs = nowUs;
    this.lastSentUs = nowUs;
    this.sentSince = true;
    this.pingPending = false;
  }

  /** How long silence may last: what both sides agreed on, and no less than a few probe timeouts. RFC 9000 §10.1 */
  periodUs(ptoUs: number): number {
    return this.timeoutMs === 0 ? Infinity : Math.max(this.timeoutMs * 1000, MIN_PTOS * ptoUs);
  }

  /** When the connection dies of silence. */
  timeoutUs(ptoUs: number): number {
    return this.lastActivityUs + this.periodUs(ptoUs);
  }

  /** When to give back what was taken for more than lies there now. */
  restTimeUs(ptoUs: number): number {
    if (this.rested) return Infinity;
    return Math.max(this.lastActivityUs, this.lastSentUs) + REST_AFTER_US + REST_PTOS * ptoUs;
  }

  /**
   * When to send a PING, unless something else leaves before.
   *
   * @param blocked - data waits for credit: the connection must not end before there is some.
   */
  keepAliveTimeUs(blocked: boolean, ptoUs: number): number {
    if (this.pingPending) return Infinity;
    const periodUs = this.periodUs(ptoUs);
    // An interval that the program chose may be longer than what the peer agreed to.
    const keptUs =
      this.keepAliveUs === Infinity ? Infinity : Math.min(this.keepAliveUs, periodUs / KEEP_ALIVES);
    const remindedUs = blocked ? periodUs / REMINDERS : Infinity;
    return Math.max(this.lastActivityUs, this.lastSentUs) + Math.floor(Math.min(keptUs, remindedUs));
  }
}

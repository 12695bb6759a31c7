/** The idle timeout is never shorter than this many probe timeouts. RFC 9000 §10.1 */
const MIN_PTOS = 3;

/**
 * A keep-alive PING is sent at least this often in an idle timeout, however long an interval the program
 * chose. RFC 9000 §10.1.2
 */
const KEEP_ALIVES = 2;

/** A sender that flow control blocks sends at least this often in an idle timeout. RFC 9000 §4.1 */
const REMINDERS = 3;

/**
 * Memory is given back after this long without a packet, and as many probe timeouts as lost packets are
 * remembered.
 */
const REST_AFTER_US = 1_000_000;
const REST_PTOS = 3;

/**
 * Idle timeout and keep-alive (RFC 9000 §10.1), and the time at which a quiet connection gives back memory.
 */
export class Idle {
  private localMs!: number;
  private keepAliveUs!: number;
  private timeoutMs!: number;
  private lastActivityUs: number;
  private lastSentUs = -Infinity;
  /** An ack-eliciting packet left since the last one came: later ones do not restart the timer. */
  private sentSince = false;
  /** Whether a PING is to be sent. */
  pingPending = false;
  /** Memory was given back since the last packet came. */
  rested = false;

  constructor(localMs: number, keepAliveMs: number, nowUs: number) {
    this.lastActivityUs = nowUs;
    this.retune(localMs, keepAliveMs);
  }

  /** This end's timeout and interval of keep-alive are others. */
  retune(localMs: number, keepAliveMs: number): void {
    this.localMs = this.timeoutMs = localMs;
    this.keepAliveUs = keepAliveMs === 0 ? Infinity : keepAliveMs * 1000;
  }

  /** The smaller of the two max_idle_timeout values counts; 0 means none. RFC 9000 §10.1 */
  onPeerTimeout(peerMs: number): void {
    if (peerMs === 0) this.timeoutMs = this.localMs;
    else this.timeoutMs = this.localMs === 0 ? peerMs : Math.min(this.localMs, peerMs);
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

  /**
   * The idle timeout: the one that both ends agreed on, but no shorter than three probe timeouts.
   * RFC 9000 §10.1
   */
  periodUs(ptoUs: number): number {
    return this.timeoutMs === 0 ? Infinity : Math.max(this.timeoutMs * 1000, MIN_PTOS * ptoUs);
  }

  /** When the connection ends by the idle timeout. */
  timeoutUs(ptoUs: number): number {
    return this.lastActivityUs + this.periodUs(ptoUs);
  }

  /** When empty buffers give back their memory. */
  restTimeUs(ptoUs: number): number {
    if (this.rested) return Infinity;
    return Math.max(this.lastActivityUs, this.lastSentUs) + REST_AFTER_US + REST_PTOS * ptoUs;
  }

  /**
   * When to send a PING, unless another ack-eliciting packet leaves before.
   *
   * @param blocked - flow control holds back data: the connection must not time out before credit comes.
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

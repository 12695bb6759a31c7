import { equalBytes } from '@tsquic/bytes';
import type { PacketWriter } from '../packet/writer.ts';
import { encodePathFrame } from '../frame/path.ts';
import { FrameType } from '../frame/rules.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import type { RttEstimator } from './rtt.ts';

/** PATH_RESPONSE frames that may wait to be sent; further challenges replace the oldest. */
const MAX_RESPONSES = 4;
const MAX_CHALLENGES = 3;
/**
 * So many challenges go to the only address that is left before the connection is given up, which takes about
 * half a minute. RFC 9000 §9.3.2
 */
const MAX_LAST_CHALLENGES = 10;
/**
 * The probe timeout of a path without samples, without the peer's max_ack_delay: kInitialRtt and four times half of it.
 * RFC 9002 §6.2.2
 */
const INITIAL_PTO_US = 999_000;
/** Three challenges wait for one, two and four periods, which are seven together. */
const PERIODS = 7;
/** Validation goes on for at least so many probe timeouts. RFC 9000 §8.2.4 */
const LEAST_PTOS = 3;

/**
 * Path validation of one path: the challenges sent on it, and the responses that this end owes. RFC 9000 §8.2
 */
export class PathValidation {
  /** When the outstanding challenge is repeated or given up; Infinity when none is. */
  timerUs: number = Infinity;
  /** Whether no challenge was answered in time. */
  failed = false;
  /** Whether frames were written whose datagram has to be expanded to 1200 bytes. RFC 9000 §8.2.1, §8.2.2 */
  padded = false;
  /**
   * Whether the challenge left in a datagram below 1200 bytes: a response validates the address, but not the
   * MTU. RFC 9000 §8.2.1
   */
  wasShort = false;
  private readonly sent: Uint8Array[] = [];
  /** When each outstanding challenge was sent first. */
  private readonly sentUs: number[] = [];
  private pending: Uint8Array | undefined;
  private justAsked = false;
  /** Number of challenges since validation began. */
  private asked = 0;
  /** The least period of the timer: the response may come on a longer path. */
  private leastPeriodUs = INITIAL_PTO_US;
  private maxAckDelayUs = 0;
  private readonly responses: Uint8Array[] = [];
  private readonly rtt: RttEstimator;

  /** @param rtt - the round-trip time of the path. */
  constructor(rtt: RttEstimator) {
    this.rtt = rtt;
  }

  /**
   * Send a challenge.
   *
   * @param data - eight unpredictable bytes.
   * @param currentPtoUs - the longest probe timeout of the connection's paths: validation goes on for at
   * least three of them. RFC 9000 §8.2.4
   * @param maxAckDelayUs - the peer's max_ack_delay, a part of every probe timeout of application data. RFC 9002 §6.2.1
   */
  challenge(data: Uint8Array, currentPtoUs: number, maxAckDelayUs: number): void {
    this.pending = data;
    this.asked = 0;
    this.maxAckDelayUs = maxAckDelayUs;
    const currentUs = currentPtoUs + maxAckDelayUs;
    this.leastPeriodUs = Math.max(
      INITIAL_PTO_US + maxAckDelayUs,
      Math.ceil((LEAST_PTOS * currentUs) / PERIODS),
    );
    this.wasShort = false;
  }

  get isChallenging(): boolean {
    return this.pending !== undefined || this.sent.length > 0;
  }

  /** Whether frames wait that must leave on this path. */
  get hasFrames(): boolean {
    return this.pending !== undefined || this.responses.length > 0;
  }

  /** A PATH_CHALLENGE came: the response repeats its data. RFC 9000 §8.2.2 */
  onChallenge(data: Uint8Array): void {
    if (this.responses.length === MAX_RESPONSES) this.responses.shift();
    this.responses.push(data);
  }

  /** A PATH_RESPONSE came; returns when the challenge left that it answers, or -1 when it answers none. */
  onResponse(data: Uint8Array): number {
    const index = this.sent.findIndex((challenge) => equalBytes(challenge, data));
    if (index < 0) return -1;
    const askedUs = this.sentUs[index]!;
    this.stop();
    return askedUs;
  }

  /**
   * No response came in time: send another challenge with new data, or give up. RFC 9000 §8.2.1, §8.2.4
   *
   * @param isLast - whether there is no other address to return to.
   */
  onTimer(data: Uint8Array, isLast = false): void {
    this.timerUs = Infinity;
    // Each challenge waits twice as long as the one before, like an Initial packet that is sent again.
    // RFC 9000 §8.2.1
    if (this.asked < (isLast ? MAX_LAST_CHALLENGES : MAX_CHALLENGES)) this.pending = data;
    else {
      this.failed = true;
      this.pending = undefined;
      this.sent.length = this.sentUs.length = 0;
    }
  }

  stop(): void {
    this.sent.length = this.sentUs.length = 0;
    this.pending = undefined;
    this.timerUs = Infinity;
  }

  /** A datagram of `bytes` left with frames of this path validation. */
  onSent(bytes: number): void {
    if (this.justAsked && bytes < BASE_MTU) this.wasShort = true;
    this.justAsked = this.padded = false;
  }

  /** Write the challenge and the responses that wait. */
  write(packet: PacketWriter, nowUs: number): void {
    if (!this.hasFrames) return;
    this.padded = true;
    if (this.pending !== undefined && encodePathFrame(packet.frames, FrameType.PathChallenge, this.pending)) {
      this.startWaiting(this.pending, nowUs);
      this.pending = undefined;
      this.justAsked = true;
      packet.markEliciting();
    }
    while (
      this.responses.length > 0 &&
      encodePathFrame(packet.frames, FrameType.PathResponse, this.responses[0]!)
    ) {
      this.responses.shift();
      packet.markEliciting();
    }
  }

  /**
   * The anti-amplification limit does not let the waiting frames leave. A challenge that is blocked times out
   * nevertheless: otherwise, an attacker that sent one copied packet from that address would keep the
   * connection on it.
   */
  onBlocked(nowUs: number): void {
    if (this.pending !== undefined && this.timerUs === Infinity) this.startWaiting(this.pending, nowUs);
  }

  /** A challenge is sent again after a period, and given up after seven. RFC 9000 §8.2.4, §9.4 */
  private startWaiting(challenge: Uint8Array, nowUs: number): void {
    if (!this.sent.includes(challenge)) {
      this.sent.push(challenge);
      this.sentUs.push(nowUs);
      this.asked++;
    }
    if (this.sent.length > MAX_CHALLENGES) {
      this.sent.shift();
      this.sentUs.shift();
    }
    const ptoUs = this.rtt.ptoUs + this.maxAckDelayUs;
    this.timerUs = nowUs + Math.max(ptoUs, this.leastPeriodUs) * 2 ** (this.sent.length - 1);
  }
}

import { equalBytes } from '@tsquic/bytes';
import type { PacketWriter } from '../packet/writer.ts';
import { encodePathFrame } from '../frame/path.ts';
import { FrameType } from '../frame/rules.ts';
import { BASE_MTU } from './mtu.ts';

/** Responses that may wait; further challenges replace the oldest. */
const MAX_RESPONSES = 4;
const MAX_CHALLENGES = 3;

/** Challenges we put to one path, and answers we owe it. RFC 9000 §8.2 */
export class PathValidation {
  /** When the outstanding challenge is repeated or given up; Infinity when none is. */
  timerUs: number = Infinity;
  /** All challenges were in vain. */
  failed = false;
  /** Frames written last belong into a datagram of full size. RFC 9000 §8.2.1, §8.2.2 */
  padded = false;
  /** A challenge left in a datagram below full size: an answer proves the address alone. RFC 9000 §8.2.1 */
  wasShort = false;
  private readonly sent: Uint8Array[] = [];
  private pending: Uint8Array | undefined;
  private justAsked = false;
  private readonly responses: Uint8Array[] = [];

  /** Ask the peer to prove that it is there. @param data - eight unpredictable bytes. */
  challenge(data: Uint8Array): void {
    this.pending = data;
    this.wasShort = false;
  }

  get isChallenging(): boolean {
    return this.pending !== undefined || this.sent.length > 0;
  }

  /** Something must leave on this very path. */
  get hasFrames(): boolean {
    return this.pending !== undefined || this.responses.length > 0;
  }

  onChallenge(data: Uint8Array): void {
    if (this.responses.length === MAX_RESPONSES) this.responses.shift();
    this.responses.push(data);
  }

  /** Returns whether this answers a challenge of ours. */
  onResponse(data: Uint8Array): boolean {
    if (!this.sent.some((challenge) => equalBytes(challenge, data))) return false;
    this.stop();
    return true;
  }

  /**
   * The answer did not come in time: ask again with other data, or give up. RFC 9000 §8.2.1, §8.2.4
   *
   * @param goesOn - never give up.
   */
  onTimer(data: Uint8Array, goesOn = false): void {
    this.timerUs = Infinity;
    if (this.sent.length < MAX_CHALLENGES || goesOn) this.pending = data;
    else {
      this.failed = true;
      this.pending = undefined;
      this.sent.length = 0;
    }
  }

  stop(): void {
    this.sent.length = 0;
    this.pending = undefined;
    this.timerUs = Infinity;
  }

  /** A datagram of `bytes` left with frames written here. */
  onSent(bytes: number): void {
    if (this.justAsked && bytes < BASE_MTU) this.wasShort = true;
    this.justAsked = false;
  }

  /** Write what is owed. @param timeoutUs - how long to wait for an answer. */
  write(packet: PacketWriter, timeoutUs: number, nowUs: number): void {
    if (this.pending !== undefined && encodePathFrame(packet.frames, FrameType.PathChallenge, this.pending)) {
      this.startWaiting(this.pending, timeoutUs, nowUs);
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
   * What is owed cannot leave: so little came from there that nothing may be sent. A challenge that waits for more
   * runs out of time all the same, or whoever copied one packet to that address would hold the connection there.
   */
  onBlocked(timeoutUs: number, nowUs: number): void {
    if (this.pending !== undefined && this.timerUs === Infinity)
      this.startWaiting(this.pending, timeoutUs, nowUs);
  }

  private startWaiting(challenge: Uint8Array, timeoutUs: number, nowUs: number): void {
    if (!this.sent.includes(challenge)) this.sent.push(challenge);
    if (this.sent.length > MAX_CHALLENGES) this.sent.shift();
    this.timerUs = nowUs + timeoutUs * 2 ** (this.sent.length - 1);
  }
}

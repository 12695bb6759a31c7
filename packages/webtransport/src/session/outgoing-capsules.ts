import type { Http3Stream } from '@tsquic/http3';
import { type CapsuleType, encodeClose, encodeDrain, encodeLimit, type SessionClose } from './capsules.ts';

/** Types of capsules whose value is a limit, of which the newest counts. */
export type LimitType =
  | typeof CapsuleType.MaxData
  | typeof CapsuleType.MaxStreamsBidi
  | typeof CapsuleType.MaxStreamsUni
  | typeof CapsuleType.DataBlocked
  | typeof CapsuleType.StreamsBlockedBidi
  | typeof CapsuleType.StreamsBlockedUni;

/**
 * The capsules that this side owes. What waits for room on the CONNECT stream is one of each type, however long the peer takes to give
 * credit: a newer limit takes the place of an older one.
 */
export class OutgoingCapsules {
  private readonly limits = new Map<LimitType, number>();
  private owesDrain = false;
  private closing: SessionClose | undefined = undefined;
  private hasEnded = false;

  oweLimit(type: LimitType, limit: number): void {
    this.limits.set(type, limit);
  }

  oweDrain(): void {
    this.owesDrain = true;
  }

  /** WT_CLOSE_SESSION and the end, after which nothing is sent. draft-ietf-webtrans-http3 §6 */
  oweClose(close: SessionClose): void {
    this.closing ??= close;
    this.limits.clear();
    this.owesDrain = false;
  }

  /** The end without a capsule. */
  end(stream: Http3Stream): void {
    if (!this.hasEnded && !stream.hasEnded) stream.write(NOTHING, true);
    this.hasEnded = true;
  }

  /** Hand over what the stream takes. */
  flush(stream: Http3Stream): void {
    if (this.hasEnded || stream.hasEnded) return;
    for (const [type, limit] of this.limits) {
      if (!send(stream, encodeLimit(type, limit))) return;
      this.limits.delete(type);
    }
    if (this.owesDrain && !send(stream, encodeDrain())) return;
    this.owesDrain = false;
    if (this.closing !== undefined) this.hasEnded = send(stream, encodeClose(this.closing), true);
  }
}

/** A capsule is smaller than what a stream takes at once: all of it, or nothing. */
function send(stream: Http3Stream, capsule: Uint8Array, ends = false): boolean {
  return stream.write(capsule, ends) === capsule.length;
}

const NOTHING = new Uint8Array(0);

import { type Capsule, CapsuleReader } from '@tsquic/http3';
import {
  CAPSULE_TYPES,
  CapsuleType,
  decodeClose,
  MOST_CAPSULE_BYTES,
  type SessionClose,
} from './capsules.ts';
import { malformed } from './session-error.ts';

/** Who is told of the peer's capsules. May throw a `SessionError`. */
export interface CapsuleReceiver {
  onClose(close: SessionClose): void;
  onDrain(): void;
  /** A capsule of flow control. */
  onLimit(capsule: Capsule): void;
}

/** The capsules that the peer sends on a CONNECT stream. draft-ietf-webtrans-http3 §4.7, §5.6, §6 */
export class IncomingCapsules {
  private readonly receiver: CapsuleReceiver;
  private readonly reader = new CapsuleReader({ types: CAPSULE_TYPES, maxBytes: MOST_CAPSULE_BYTES });
  /** Whether WT_CLOSE_SESSION was read. */
  private hasClose = false;

  constructor(receiver: CapsuleReceiver) {
    this.receiver = receiver;
  }

  /** Whether the stream may end here: no capsule is cut short. RFC 9297 §3.3 */
  get mayEnd(): boolean {
    return this.reader.mayEnd;
  }

  /** Read on. Throws a `SessionError` for what breaks the rules. */
  read(bytes: Uint8Array): void {
    if (this.hasClose) throw malformed('data follows WT_CLOSE_SESSION');
    const capsules = this.reader.read(bytes);
    if (capsules === undefined) throw malformed('a capsule is too long');
    for (const capsule of capsules) {
      if (this.hasClose) throw malformed('a capsule follows WT_CLOSE_SESSION');
      this.onCapsule(capsule);
    }
    if (this.hasClose && !this.reader.mayEnd) throw malformed('data follows WT_CLOSE_SESSION');
  }

  private onCapsule(capsule: Capsule): void {
    switch (capsule.type) {
      case CapsuleType.CloseSession: {
        const close = decodeClose(capsule.value);
        if (close === undefined) throw malformed('WT_CLOSE_SESSION has no code, or a text that is no UTF-8');
        this.hasClose = true;
        return this.receiver.onClose(close);
      }
      case CapsuleType.DrainSession:
        return this.receiver.onDrain();
      case CapsuleType.MaxStreamData:
      case CapsuleType.StreamDataBlocked:
        // QUIC has these limits: over HTTP/3 the capsules are forbidden. draft-ietf-webtrans-http3 §5.4
        throw malformed('a capsule stands for a limit that QUIC has');
      default:
        return this.receiver.onLimit(capsule);
    }
  }
}

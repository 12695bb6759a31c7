import { alertOf, closeErrorCode, type CloseReason, transportCodeName } from '@tsquic/quic-core';
import { QuicApplicationError, QuicError, QuicTransportError, TlsAlertError } from './errors.ts';

/** How an application closed a connection. */
export interface CloseInfo {
  /** Application error code; 0 for none. RFC 9000 §20.2 */
  readonly code: number;
  readonly reason: string;
  /** Whether the peer closed it. */
  readonly remote: boolean;
}

/** What the end of a connection means for the program. */
export interface CloseOutcome {
  /** The error of unfinished work. */
  readonly error: QuicError;
  /** Undefined when the end itself is a failure. */
  readonly info: CloseInfo | undefined;
}

/** Translate the core's close reason. */
export function closeOutcome(reason: CloseReason): CloseOutcome {
  const outcome = outcomeOf(reason);
  reasons.set(outcome.error, reason);
  return outcome;
}

/** The core's close reason in an error; undefined for other errors. */
export function closeReasonOf(error: unknown): CloseReason | undefined {
  return error instanceof QuicError ? reasons.get(error) : undefined;
}

function outcomeOf(reason: CloseReason): CloseOutcome {
  switch (reason.kind) {
    case 'application': {
      const { code, text, remote } = reason;
      return {
        error: new QuicApplicationError(code, text, remote),
        info: { code, reason: text, remote },
      };
    }
    case 'transport': {
      const info = reason.code === 0 ? { code: 0, reason: reason.text, remote: reason.remote } : undefined;
      return { error: transportError(reason), info };
    }
    case 'version-negotiation': {
      const offered = reason.offered.map((version) => `0x${version.toString(16)}`).join(', ');
      return failure(reason, `the server speaks other versions: ${offered || 'none named'}`);
    }
    default:
      return failure(reason, MESSAGES[reason.kind]);
  }
}

function transportError(reason: Extract<CloseReason, { kind: 'transport' }>): QuicTransportError {
  const { code, frameType, text, remote, cause } = reason;
  const who = remote ? 'the peer' : 'this side';
  const message = `${who} ended the connection: ${transportCodeName(code)}${text === '' ? '' : `: ${text}`}`;
  const detail = { errorCode: code, frameType, remote, cause };
  const alert = alertOf(code);
  return alert === undefined
    ? new QuicTransportError(message, detail)
    : new TlsAlertError(message, { ...detail, alert });
}

function failure(reason: CloseReason, message: string): CloseOutcome {
  return { error: new QuicError(closeErrorCode(reason), message), info: undefined };
}

const reasons = new WeakMap<QuicError, CloseReason>();

const MESSAGES = {
  'idle-timeout':
    'nothing came from the peer for the idle timeout: it is gone, or the connection was quiet, which transport.keepAliveMs prevents',
  'handshake-timeout': 'the handshake took longer than transport.handshakeTimeoutMs',
  'stateless-reset': 'the peer has forgotten the connection',
  unreachable: 'nobody listens at this address and UDP port',
} as const;

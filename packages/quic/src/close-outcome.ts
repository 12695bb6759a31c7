import { alertOf, closeErrorCode, type CloseReason, transportCodeName } from '@tsquic/quic-core';
import { QuicApplicationError, QuicError, QuicTransportError, TlsAlertError } from './errors.ts';

/** How a connection ended in good order. */
export interface CloseInfo {
  /** Application error code; 0 for none. RFC 9000 §20.2 */
  readonly code: number;
  readonly reason: string;
  /** The peer closed it. */
  readonly remote: boolean;
}

/** What the end of a connection means. */
export interface CloseOutcome {
  /** What unfinished work fails with. */
  readonly error: QuicError;
  /** Undefined where the end itself is a failure. */
  readonly info: CloseInfo | undefined;
}

/** Translate the core's close reason. */
export function closeOutcome(reason: CloseReason): CloseOutcome {
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

const MESSAGES = {
  'idle-timeout': 'the peer has gone silent',
  'handshake-timeout': 'the handshake took too long',
  'stateless-reset': 'the peer has forgotten the connection',
  unreachable: 'nobody listens there',
} as const;

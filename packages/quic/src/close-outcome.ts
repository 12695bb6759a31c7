import type { CloseReason } from '@tsquic/quic-core';
import { Alert } from '@tsquic/tls13';
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
    case 'idle-timeout':
      return failure('ERR_QUIC_IDLE_TIMEOUT', 'the peer has gone silent');
    case 'handshake-timeout':
      return failure('ERR_QUIC_HANDSHAKE_TIMEOUT', 'the handshake took too long');
    case 'stateless-reset':
      return failure('ERR_QUIC_STATELESS_RESET', 'the peer has forgotten the connection');
    case 'unreachable':
      return failure('ERR_QUIC_CONNECTION_REFUSED', 'nobody listens there');
    case 'version-negotiation':
      return failure(
        'ERR_QUIC_VERSION_NEGOTIATION',
        `the server speaks other versions: ${reason.offered.map(hexadecimal).join(', ') || 'none named'}`,
      );
  }
}

function transportError(reason: Extract<CloseReason, { kind: 'transport' }>): QuicTransportError {
  const { code, frameType, text, remote, cause } = reason;
  const alert = code - CRYPTO_BASE;
  const isTls = alert >= 0 && alert <= 255;
  const name = isTls ? alertName(alert) : (TRANSPORT_NAMES[code] ?? `transport error ${hexadecimal(code)}`);
  const message = `${remote ? 'the peer' : 'this side'} ended the connection: ${name}${text === '' ? '' : `: ${text}`}`;
  const detail = { errorCode: code, frameType, remote, cause };
  return isTls ? new TlsAlertError(message, { ...detail, alert }) : new QuicTransportError(message, detail);
}

function alertName(alert: number): string {
  const name = Object.keys(Alert).find((key) => Alert[key as keyof typeof Alert] === alert);
  return name === undefined ? `alert ${alert}` : name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase();
}

function failure(code: string, message: string): CloseOutcome {
  return { error: new QuicError(code, message), info: undefined };
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

/** RFC 9001 §4.8 */
const CRYPTO_BASE = 0x100;

/** RFC 9000 §20.1 */
const TRANSPORT_NAMES: readonly string[] = [
  'NO_ERROR',
  'INTERNAL_ERROR',
  'CONNECTION_REFUSED',
  'FLOW_CONTROL_ERROR',
  'STREAM_LIMIT_ERROR',
  'STREAM_STATE_ERROR',
  'FINAL_SIZE_ERROR',
  'FRAME_ENCODING_ERROR',
  'TRANSPORT_PARAMETER_ERROR',
  'CONNECTION_ID_LIMIT_ERROR',
  'PROTOCOL_VIOLATION',
  'INVALID_TOKEN',
  'APPLICATION_ERROR',
  'CRYPTO_BUFFER_EXCEEDED',
  'KEY_UPDATE_ERROR',
  'AEAD_LIMIT_REACHED',
  'NO_VIABLE_PATH',
];

import type { CloseReason } from '@tsquic/quic-core';
import { Failure } from './failure.ts';

/** What the user tried, for the sentence and the advice. */
export interface Attempt {
  /** HOST:PORT. */
  readonly authority: string;
  readonly serverName: string;
  readonly alpn: string;
  readonly timeoutMs: number;
}

/** A closed connection as a failure: which code, what happened, and what to do about it. */
export function closeFailure(reason: CloseReason, attempt: Attempt): Failure {
  const { authority } = attempt;
  switch (reason.kind) {
    case 'transport':
      return transportFailure(reason, attempt);
    case 'application':
      return new Failure(
        `ERR_QUIC_APPLICATION (${hex(reason.code)})`,
        `${authority} closed the connection${quoted(reason.text)}`,
      );
    case 'idle-timeout':
      return new Failure('ERR_QUIC_IDLE_TIMEOUT', `${authority} has gone silent`);
    case 'handshake-timeout':
      return new Failure(
        'ERR_QUIC_HANDSHAKE_TIMEOUT',
        `${authority} did not answer within ${attempt.timeoutMs / 1000} s`,
        'does it speak QUIC there, and do firewalls pass UDP?',
      );
    case 'stateless-reset':
      return new Failure(
        'ERR_QUIC_STATELESS_RESET',
        `${authority} has forgotten the connection`,
        'it may have restarted',
      );
    case 'unreachable':
      return new Failure(
        'ERR_QUIC_CONNECTION_REFUSED',
        `nobody listens at ${authority}`,
        'is the UDP port right?',
      );
    case 'version-negotiation':
      return new Failure(
        'ERR_QUIC_VERSION_NEGOTIATION',
        `${authority} speaks other versions of QUIC: ${reason.offered.map(hex).join(', ') || 'none named'}`,
      );
  }
}

function transportFailure(reason: Extract<CloseReason, { kind: 'transport' }>, attempt: Attempt): Failure {
  const { code, text, remote } = reason;
  const alert = code - CRYPTO_BASE;
  const isTls = alert >= 0 && alert <= 255;
  const [name, advice] = isTls ? (ALERTS[alert] ?? [`ALERT_${alert}`]) : [TRANSPORT_CODES[code] ?? 'ERROR'];
  const who = remote ? `${attempt.authority} refused` : attempt.authority;
  return new Failure(
    `ERR_QUIC_${isTls ? 'TLS' : 'TRANSPORT'}_${name} (${hex(code)})`,
    `${who}: ${text === '' ? name.toLowerCase().replaceAll('_', ' ') : text}`,
    (advice ?? '').replace('SERVER_NAME', attempt.serverName).replace('ALPN', attempt.alpn),
  );
}

function hex(code: number): string {
  return `0x${code.toString(16)}`;
}

function quoted(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

const CRYPTO_BASE = 0x100;

/** RFC 9000 §20.1. */
const TRANSPORT_CODES: Readonly<Record<number, string>> = {
  0x00: 'NO_ERROR',
  0x01: 'INTERNAL_ERROR',
  0x02: 'CONNECTION_REFUSED',
  0x03: 'FLOW_CONTROL_ERROR',
  0x04: 'STREAM_LIMIT_ERROR',
  0x05: 'STREAM_STATE_ERROR',
  0x06: 'FINAL_SIZE_ERROR',
  0x07: 'FRAME_ENCODING_ERROR',
  0x08: 'TRANSPORT_PARAMETER_ERROR',
  0x09: 'CONNECTION_ID_LIMIT_ERROR',
  0x0a: 'PROTOCOL_VIOLATION',
  0x0b: 'INVALID_TOKEN',
  0x0c: 'APPLICATION_ERROR',
  0x0d: 'CRYPTO_BUFFER_EXCEEDED',
  0x0e: 'KEY_UPDATE_ERROR',
  0x0f: 'AEAD_LIMIT_REACHED',
  0x10: 'NO_VIABLE_PATH',
};

/** RFC 8446 §6: name, and what a user of this program can do. */
const ALERTS: Readonly<Record<number, readonly [name: string, advice?: string]>> = {
  10: ['UNEXPECTED_MESSAGE'],
  40: ['HANDSHAKE_FAILURE', 'no cipher suite, group or signature suits both sides'],
  42: ['BAD_CERTIFICATE'],
  43: ['UNSUPPORTED_CERTIFICATE'],
  44: ['CERTIFICATE_REVOKED'],
  45: ['CERTIFICATE_EXPIRED', 'the server needs a new certificate, or this clock is wrong'],
  46: ['CERTIFICATE_UNKNOWN'],
  47: ['ILLEGAL_PARAMETER'],
  48: ['UNKNOWN_CA', '--ca FILE trusts this issuer'],
  49: ['ACCESS_DENIED'],
  50: ['DECODE_ERROR'],
  51: ['DECRYPT_ERROR', 'somebody in between, or a server with a certificate that is not its own'],
  70: ['PROTOCOL_VERSION'],
  71: ['INSUFFICIENT_SECURITY'],
  80: ['INTERNAL_ERROR'],
  86: ['INAPPROPRIATE_FALLBACK'],
  90: ['USER_CANCELED'],
  109: ['MISSING_EXTENSION'],
  110: ['UNSUPPORTED_EXTENSION'],
  112: ['UNRECOGNIZED_NAME', 'the server has no certificate for SERVER_NAME'],
  113: ['BAD_CERTIFICATE_STATUS_RESPONSE'],
  115: ['UNKNOWN_PSK_IDENTITY'],
  116: ['CERTIFICATE_REQUIRED', 'the server wants a client certificate, which this program has not'],
  120: ['NO_APPLICATION_PROTOCOL', 'the server does not speak ALPN: choose another with --alpn'],
};

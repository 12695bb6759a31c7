import { Alert } from '@tsquic/tls13';
import type { CloseReason } from '../events.ts';
import { TRANSPORT_CODE_NAMES, TransportCode } from './transport-error.ts';
import type { UsageCode } from './usage-error.ts';

/** What happened, by the `code` that programs and users meet: the same in every package, and from version to version. */
export const ERROR_CODES = {
  ERR_QUIC_TRANSPORT: 'one side broke the protocol, or refused: RFC 9000 §20.1',
  ERR_QUIC_TLS_ALERT: 'the handshake failed: RFC 9001 §4.8',
  ERR_QUIC_APPLICATION: 'an application ended the connection: RFC 9000 §20.2',
  ERR_QUIC_IDLE_TIMEOUT: 'the peer was silent for the idle timeout: RFC 9000 §10.1',
  ERR_QUIC_HANDSHAKE_TIMEOUT: 'the handshake took too long',
  ERR_QUIC_STATELESS_RESET: 'the peer has forgotten the connection: RFC 9000 §10.3',
  ERR_QUIC_CONNECTION_REFUSED: 'nobody listens there',
  ERR_QUIC_VERSION_NEGOTIATION: 'the server speaks other versions of QUIC: RFC 9000 §6',
  ERR_QUIC_STREAM_RESET: 'the peer gave up sending on a stream: RFC 9000 §19.4',
  ERR_QUIC_STREAM_STOPPED: 'the peer wants no more of a stream: RFC 9000 §19.5',
  ERR_QUIC_STREAMS_UNAVAILABLE: 'the peer allows no more streams now: RFC 9000 §4.6',
  ERR_QUIC_MIGRATION: 'the connection may not move, or nobody answers on its new path: RFC 9000 §9',
  ERR_QUIC_EARLY_DATA_REJECTED: 'what was sent in 0-RTT packets was for another protocol: RFC 9001 §4.6.2',
  ERR_QUIC_CLOSED: 'the connection or listener had ended, or was finishing, before the call',
  ERR_QUIC_INVALID_OPTION: 'an option that is none, or that cannot work',
  ERR_QUIC_BUFFER_TOO_SMALL: 'misuse: a buffer that holds no datagram',
  ERR_QUIC_CONTEXT_FREED: 'misuse: the context was freed',
  ERR_QUIC_RE_ENTRANT: 'misuse: a call from inside another that must not be interrupted',
  ERR_QUIC_NOT_CONNECTED: 'misuse: the handshake is still under way',
  ERR_QUIC_NOT_A_CLIENT: 'misuse: only clients move',
  ERR_QUIC_NO_CERTIFICATE: 'misuse: no certificate waits for a verdict',
  ERR_QUIC_NO_EARLY_DATA_USE: 'misuse: no use of a ticket waits for a verdict',
  ERR_QUIC_NOT_WRITABLE: 'the stream only receives, or was ended or given up before',
  ERR_QUIC_INVALID_CHUNK: 'misuse: what is written to a stream, or sent as a datagram, is a Uint8Array',
  ERR_QUIC_NOT_READABLE: 'the stream only sends',
  ERR_QUIC_NO_SERVER_CERTIFICATE: 'misuse: a server needs a certificate',
  ERR_QUIC_NO_CERTIFICATE_CHECK: 'misuse: a client needs a way to judge certificates',
  ERR_QUIC_TOO_MANY_CONNECTIONS: 'the context holds as many connections as it may',
} as const;
/** One of `ERROR_CODES`. */
export type QuicErrorCode = keyof typeof ERROR_CODES;

/** The code for the end of a connection. */
export function closeErrorCode(reason: CloseReason): QuicErrorCode {
  switch (reason.kind) {
    case 'application':
      return 'ERR_QUIC_APPLICATION';
    case 'transport':
      return alertOf(reason.code) === undefined ? 'ERR_QUIC_TRANSPORT' : 'ERR_QUIC_TLS_ALERT';
    case 'idle-timeout':
      return 'ERR_QUIC_IDLE_TIMEOUT';
    case 'handshake-timeout':
      return 'ERR_QUIC_HANDSHAKE_TIMEOUT';
    case 'stateless-reset':
      return 'ERR_QUIC_STATELESS_RESET';
    case 'unreachable':
      return 'ERR_QUIC_CONNECTION_REFUSED';
    case 'version-negotiation':
      return 'ERR_QUIC_VERSION_NEGOTIATION';
  }
}

/** The code for misuse: `ERR_QUIC_` and what the core's `QuicUsageError` says. */
export function usageErrorCode(code: UsageCode): QuicErrorCode {
  return `ERR_QUIC_${code.replaceAll('-', '_').toUpperCase()}` as QuicErrorCode;
}

/** The TLS alert in a transport error code, or undefined. RFC 9001 §4.8 */
export function alertOf(code: number): number | undefined {
  const alert = code - TransportCode.CryptoBase;
  return alert >= 0 && alert <= 255 ? alert : undefined;
}

/** The name of a transport error code in its RFC, as in 'PROTOCOL_VIOLATION' or, of an alert, 'unknown_ca'. */
export function transportCodeName(code: number): string {
  const alert = alertOf(code);
  if (alert === undefined) return TRANSPORT_CODE_NAMES[code] ?? `transport error 0x${code.toString(16)}`;
  const name = Object.keys(Alert).find((key) => Alert[key as keyof typeof Alert] === alert);
  return name?.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase() ?? UNSENT_ALERTS[alert] ?? `alert ${alert}`;
}

/** Alerts that only others send. RFC 8446 §6 */
const UNSENT_ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  20: 'bad_record_mac',
  22: 'record_overflow',
  90: 'user_canceled',
};

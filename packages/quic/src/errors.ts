/**
 * What goes wrong between two endpoints, and what a program asks for that cannot be. `code` says which, and stays
 * the same from version to version; the classes below carry more.
 *
 * | `code` | what happened |
 * |---|---|
 * | `ERR_QUIC_TRANSPORT` | `QuicTransportError` |
 * | `ERR_QUIC_TLS_ALERT` | `TlsAlertError` |
 * | `ERR_QUIC_APPLICATION` | `QuicApplicationError` |
 * | `ERR_QUIC_STREAM_RESET`, `ERR_QUIC_STREAM_STOPPED` | `QuicStreamError` |
 * | `ERR_QUIC_IDLE_TIMEOUT` | the peer was silent for `transport.idleTimeoutMs` |
 * | `ERR_QUIC_HANDSHAKE_TIMEOUT` | the handshake took longer than `transport.handshakeTimeoutMs` |
 * | `ERR_QUIC_CONNECTION_REFUSED` | no program receives at that address |
 * | `ERR_QUIC_STATELESS_RESET` | the peer has forgotten the connection |
 * | `ERR_QUIC_VERSION_NEGOTIATION` | the server speaks other versions of QUIC |
 * | `ERR_QUIC_STREAMS_UNAVAILABLE` | the peer allows no more streams now |
 * | `ERR_QUIC_CLOSED` | the connection or listener had ended before the call |
 * | `ERR_QUIC_CONNECT_TIMEOUT`, `ERR_QUIC_HEADERS_TIMEOUT`, `ERR_QUIC_BODY_TIMEOUT` | a time limit of an `Http3Agent` |
 * | `ERR_QUIC_STALLED`, `ERR_QUIC_BODY_TOO_LARGE` | a limit of `serve` of `tsquic/http3` |
 * | `ERR_QUIC_INVALID_CHUNK` | a `TypeError`: what was written is no `Uint8Array` |
 * | `ERR_QUIC_INVALID_OPTION` and others | misuse; named after the codes of the core's `QuicUsageError` |
 */
export class QuicError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    // Written as a string, because class names change when programs are minified.
    this.name = 'QuicError';
    this.code = code;
  }
}

/** One side broke the protocol, or refused the connection: CONNECTION_CLOSE of type 0x1c. RFC 9000 §20.1 */
export class QuicTransportError extends QuicError {
  readonly errorCode: number;
  /** Type of the frame that caused the error, 0 when none did. */
  readonly frameType: number;
  /** Whether the peer sent the error. */
  readonly remote: boolean;

  constructor(message: string, detail: TransportDetail) {
    super(detail.alert === undefined ? 'ERR_QUIC_TRANSPORT' : 'ERR_QUIC_TLS_ALERT', message, detail);
    this.name = 'QuicTransportError';
    this.errorCode = detail.errorCode;
    this.frameType = detail.frameType;
    this.remote = detail.remote;
  }
}

/**
 * The handshake failed, for example because no authority has issued the certificate, or there is no common
 * protocol. RFC 9001 §4.8
 */
export class TlsAlertError extends QuicTransportError {
  /** The alert, RFC 8446 §6. */
  readonly alert: number;

  constructor(message: string, detail: TransportDetail & { readonly alert: number }) {
    super(message, detail);
    this.name = 'TlsAlertError';
    this.alert = detail.alert;
  }
}

/** An application closed the connection while other work was unfinished. RFC 9000 §20.2 */
export class QuicApplicationError extends QuicError {
  readonly errorCode: number;
  /** The reason text of the CONNECTION_CLOSE. */
  readonly reason: string;
  readonly remote: boolean;

  constructor(errorCode: number, reason: string, remote: boolean) {
    const who = remote ? 'the peer' : 'this program';
    super(
      'ERR_QUIC_APPLICATION',
      `${who} closed the connection with code ${errorCode}${reason === '' ? '' : `: ${reason}`}`,
    );
    this.name = 'QuicApplicationError';
    this.errorCode = errorCode;
    this.reason = reason;
    this.remote = remote;
  }
}

/**
 * The peer abandoned one direction of a stream: it does not send the rest (`ERR_QUIC_STREAM_RESET`), or does
 * not want it (`ERR_QUIC_STREAM_STOPPED`). Passed to `cancel` or `abort`, it makes its `errorCode` be sent.
 */
export class QuicStreamError extends QuicError {
  readonly errorCode: number;

  constructor(
    errorCode: number,
    message: string = `given up with code ${errorCode}`,
    code: 'ERR_QUIC_STREAM_RESET' | 'ERR_QUIC_STREAM_STOPPED' = 'ERR_QUIC_STREAM_RESET',
  ) {
    super(code, message);
    this.name = 'QuicStreamError';
    this.errorCode = errorCode;
  }
}

/** Details of a transport error besides its message. */
export interface TransportDetail {
  readonly errorCode: number;
  readonly frameType: number;
  readonly remote: boolean;
  readonly alert?: number;
  readonly cause?: unknown;
}

/** The error code to abandon a stream with: the reason's own, its `errorCode`, or 0. */
export function errorCodeOf(reason: unknown): number {
  if (isErrorCode(reason)) return reason;
  if (typeof reason !== 'object' || reason === null || !('errorCode' in reason)) return 0;
  return isErrorCode(reason.errorCode) ? reason.errorCode : 0;
}

function isErrorCode(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

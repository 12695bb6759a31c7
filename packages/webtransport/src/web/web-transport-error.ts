import { DomException } from './dom-exception.ts';
import { numberFrom } from './web-idl.ts';

/** Options of a `WebTransportError`. */
export interface WebTransportErrorOptions {
  /** What failed. Default: 'stream'. */
  readonly source?: 'stream' | 'session';
  /** The application's code of a stream, 0 to 2^32-1. Default: null. */
  readonly streamErrorCode?: number | null;
}

/**
 * Why a session or a stream ended, https://www.w3.org/TR/webtransport/#web-transport-error-interface. Passed to `abort` or `cancel` of a
 * stream, its `streamErrorCode` is what the peer is told.
 */
export class WebTransportError extends DomException {
  readonly source: 'stream' | 'session';
  readonly streamErrorCode: number | null;

  constructor(message = '', options: WebTransportErrorOptions = {}) {
    super(message, 'WebTransportError');
    const { source = 'stream', streamErrorCode = null } = options;
    this.source = source;
    // As a browser clamps it. Web IDL, [Clamp] unsigned long.
    this.streamErrorCode =
      streamErrorCode === null
        ? null
        : Math.min(Math.max(Math.round(numberFrom(streamErrorCode)) || 0, 0), 0xffff_ffff);
  }
}

/** The code that a stream is given up with: the error's own, or 0. */
export function streamCodeOf(reason: unknown): number {
  return (reason instanceof WebTransportError ? reason.streamErrorCode : null) ?? 0;
}

/** A peer gave a stream up. */
export function streamError(message: string, code: number | undefined): WebTransportError {
  const text = code === undefined ? message : `${message} with code ${code}`;
  return new WebTransportError(text, { source: 'stream', streamErrorCode: code ?? null });
}

/** A session has ended, or could not begin. */
export function sessionError(message: string, cause?: unknown): WebTransportError {
  const error = new WebTransportError(message, { source: 'session' });
  if (cause !== undefined)
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  return error;
}

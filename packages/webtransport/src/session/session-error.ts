import { Http3Code } from '@tsquic/http3';

/** The peer broke the rules of one session, which ends with this code on its CONNECT stream. Caught by the session. */
export class SessionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'SessionError';
    this.code = code;
  }
}

/** A message that is malformed. RFC 9297 §3.3, RFC 9114 §4.1.2 */
export function malformed(message: string): SessionError {
  return new SessionError(Http3Code.MessageError, message);
}

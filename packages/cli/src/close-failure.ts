import { alertOf, closeErrorCode, type CloseReason, transportCodeName } from '@tsquic/quic-core';
import { Failure } from './failure.ts';

/** The connection that failed, for the sentence and the advice. */
export interface Attempt {
  /** HOST:PORT. */
  readonly authority: string;
  readonly serverName: string;
  readonly alpn: string;
  readonly timeoutMs: number;
  readonly stallMs: number;
}

/** The failure of a closed connection: its code, what happened, and what the user can do. */
export function closeFailure(reason: CloseReason, attempt: Attempt): Failure {
  const { authority } = attempt;
  const code = closeErrorCode(reason);
  switch (reason.kind) {
    case 'transport':
      return transportFailure(reason, attempt);
    case 'application':
      return new Failure(
        code,
        `${authority} closed the connection with ${hex(reason.code)}${quoted(reason.text)}`,
      );
    case 'idle-timeout':
      return new Failure(code, `${authority} has gone silent`);
    case 'handshake-timeout':
      return new Failure(
        code,
        `${authority} did not answer within ${attempt.timeoutMs / 1000} s`,
        'does it speak QUIC there, and do firewalls pass UDP?',
      );
    case 'stateless-reset':
      return new Failure(code, `${authority} has forgotten the connection`, 'it may have restarted');
    case 'unreachable':
      return new Failure(code, `nobody listens at ${authority}`, 'is the UDP port right?');
    case 'version-negotiation':
      return new Failure(
        code,
        `${authority} speaks other versions of QUIC: ${reason.offered.map(hex).join(', ') || 'none named'}`,
      );
  }
}

/** The failure of a server that acknowledges, so that the connection lives, and sends nothing of what it was asked for. */
export function stallFailure({ authority, stallMs }: Attempt): Failure {
  return new Failure(
    'ERR_TSQUIC_STALLED',
    `${authority} acknowledges, but has sent nothing of an answer for ${stallMs / 1000} s`,
    'wait longer with --timeout',
  );
}

function transportFailure(reason: Extract<CloseReason, { kind: 'transport' }>, attempt: Attempt): Failure {
  const { code, text, remote } = reason;
  const who = remote ? `${attempt.authority} refused` : attempt.authority;
  return new Failure(
    closeErrorCode(reason),
    `${who}: ${transportCodeName(code)} (${hex(code)})${quoted(text)}`,
    (ADVICE[alertOf(code) ?? -1] ?? '')
      .replace('SERVER_NAME', attempt.serverName)
      .replace('ALPN', attempt.alpn),
  );
}

function hex(code: number): string {
  return `0x${code.toString(16)}`;
}

function quoted(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

/** What a user can do about a TLS alert. RFC 8446 §6 */
const ADVICE: Readonly<Record<number, string>> = {
  40: 'no cipher suite, group or signature suits both sides',
  51: 'somebody in between, or a server with a certificate that is not its own',
  112: 'the server has no certificate for SERVER_NAME',
  116: 'the server wants a client certificate: show one with --cert FILE --key FILE',
  120: 'the server does not speak ALPN: choose another with --alpn',
};

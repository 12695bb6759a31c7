import { Http3Code } from '@tsquic/http3';
import type { CloseReason } from '@tsquic/quic-core';
import { WebTransportCode } from '../session/error-code.ts';
import type { SessionEnd } from '../session/session-end.ts';

/** How a session ended, as a sentence. */
export function endText(end: SessionEnd): string {
  switch (end.kind) {
    case 'closed': {
      const who = end.remote ? 'the peer' : 'this side';
      return `${who} closed the session with code ${end.code}${end.reason === '' ? '' : `: ${end.reason}`}`;
    }
    case 'rejected':
      return `the server answered with status ${end.head.status}`;
    case 'failed': {
      const who = end.remote ? 'the peer' : 'this side';
      return `${who} gave the session up with ${codeName(end.code)}: ${end.text}`;
    }
    default:
      return `the connection ended: ${reasonText(end.reason)}`;
  }
}

/** Why a connection ended, as a phrase. */
export function reasonText(reason: CloseReason): string {
  switch (reason.kind) {
    case 'application':
      return `${whoOf(reason)} closed it with ${codeName(reason.code)}${textOf(reason)}`;
    case 'transport': {
      const alert = reason.code - CRYPTO_ERROR;
      const name =
        alert >= 0 && alert < 256 ? `TLS alert ${alert}` : `transport error 0x${reason.code.toString(16)}`;
      return `${whoOf(reason)} closed it with ${name}${textOf(reason)}`;
    }
    case 'idle-timeout':
      return 'the peer fell silent';
    case 'handshake-timeout':
      return 'the handshake took too long';
    case 'stateless-reset':
      return 'the peer has forgotten it';
    case 'unreachable':
      return 'nobody listens there';
    default:
      return 'no version of QUIC is common';
  }
}

/** A code of HTTP/3 with its name, where it has one. */
function codeName(code: number): string {
  const found = NAMES.find(([, value]) => value === code);
  return found === undefined ? `code 0x${code.toString(16)}` : found[0];
}

function whoOf({ remote }: { readonly remote: boolean }): string {
  return remote ? 'the peer' : 'this side';
}

function textOf({ text }: { readonly text: string }): string {
  return text === '' ? '' : ` (${text})`;
}

const NAMES: readonly (readonly [name: string, code: number])[] = [
  ...Object.entries(Http3Code).map(([name, code]) => [`H3_${upperCased(name)}`, code] as const),
  ...Object.entries(WebTransportCode).map(([name, code]) => [`WT_${upperCased(name)}`, code] as const),
];

function upperCased(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, '_$&').toUpperCase();
}

/** RFC 9001 §4.8 */
const CRYPTO_ERROR = 0x100;

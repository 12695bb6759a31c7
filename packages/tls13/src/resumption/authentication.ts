import { readOutline } from '../certificate/outline.ts';
import { DerError } from '../certificate/der.ts';
import { readValidity } from '../certificate/validity.ts';

/** When the ends of a session proved who they are, and until when resumption may stand for that. */
export interface Authentication {
  /** Of the handshake with certificates, whatever was resumed since. Unix time in milliseconds. */
  readonly authenticatedAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * A handshake with certificates, just made. It holds for seven days (RFC 8446 §4.6.1), and no longer than any of the
 * certificates in it that hold now.
 *
 * @param chains - DER, of both ends as far as they are known.
 */
export function authenticate(chains: readonly (readonly Uint8Array[])[], nowMs: number): Authentication {
  let expiresAtMs = nowMs + MAX_AGE_MS;
  for (const certificate of chains.flat()) {
    const notAfterMs = notAfterOf(certificate);
    // What has expired already was of no account, or was accepted all the same.
    if (notAfterMs !== undefined && notAfterMs >= nowMs) expiresAtMs = Math.min(expiresAtMs, notAfterMs);
  }
  return { authenticatedAtMs: nowMs, expiresAtMs };
}

/** Whether resumption may stand for the handshake with certificates at this time. */
export function isAuthentic({ authenticatedAtMs, expiresAtMs }: Authentication, nowMs: number): boolean {
  // A session whose expiry was written by another hand still ends after seven days.
  return nowMs <= expiresAtMs && nowMs <= authenticatedAtMs + MAX_AGE_MS;
}

function notAfterOf(certificate: Uint8Array): number | undefined {
  try {
    return readValidity(readOutline(certificate).validity).notAfterMs;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const MAX_AGE_MS = 7 * 86_400_000;

import { DerError } from '@tsquic/bytes/der';
import { readOutline } from '../certificate/outline.ts';
import { readValidity } from '../certificate/validity.ts';

/**
 * When the ends of a session proved their identity, and until when the session may be resumed on that proof.
 */
export interface Authentication {
  /**
   * When the handshake with certificates was made, Unix time in milliseconds. Later resumptions do not change
   * it.
   */
  readonly authenticatedAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * A handshake with certificates was made. Sessions may resume for seven days (RFC 8446 §4.6.1), and not after
 * any of the certificates that are valid now has expired.
 *
 * @param chains - DER, of both ends as far as they are known.
 */
export function authenticate(chains: readonly (readonly Uint8Array[])[], nowMs: number): Authentication {
  let expiresAtMs = nowMs + MAX_AGE_MS;
  for (const certificate of chains.flat()) {
    const notAfterMs = notAfterOf(certificate);
    // A certificate that has expired already was not checked, or was accepted in spite of it.
    if (notAfterMs !== undefined && notAfterMs >= nowMs) expiresAtMs = Math.min(expiresAtMs, notAfterMs);
  }
  return { authenticatedAtMs: nowMs, expiresAtMs };
}

/** Whether a session may be resumed at this time. */
export function isAuthentic({ authenticatedAtMs, expiresAtMs }: Authentication, nowMs: number): boolean {
  // The seven days count even if the session contains a later end.
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

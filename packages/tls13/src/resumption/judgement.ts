import type { CryptoProvider } from '@tsquic/crypto';
import type { CertificateVerifier } from '../config.ts';

/**
 * By what a peer was judged, as bytes that a session or ticket keeps: it resumes only where the peer would be judged
 * by the same. RFC 8446 §4.6.1 leaves open what resumption vouches for; it cannot be more than the first handshake did.
 *
 * A verifier with a fingerprint is known by that, in every process. One without is known as this very object, by bytes
 * that come from the first secret it is recorded with: in another process it is another one.
 *
 * @param secret - known to nobody who could make a session: the PSK of this one.
 */
export function recordJudgement(
  verifier: CertificateVerifier | undefined,
  crypto: CryptoProvider,
  secret: Uint8Array,
): Uint8Array {
  const known = knownJudgement(verifier, crypto);
  if (known !== undefined || verifier === undefined) return known ?? BY_PROGRAM;
  const marks = Uint8Array.of(BY_OBJECT, ...crypto.hash('sha256', secret));
  OBJECT_MARKS.set(verifier, marks);
  return marks;
}

/** By what a peer would be judged now; undefined for a verifier that no session can know. */
export function knownJudgement(
  verifier: CertificateVerifier | undefined,
  crypto: CryptoProvider,
): Uint8Array | undefined {
  if (verifier === undefined) return BY_PROGRAM;
  if (verifier.fingerprint === undefined) return OBJECT_MARKS.get(verifier);
  return Uint8Array.of(BY_FINGERPRINT, ...crypto.hash('sha256', verifier.fingerprint(crypto)));
}

/** Lives with the verifiers. */
const OBJECT_MARKS = new WeakMap<CertificateVerifier, Uint8Array>();

/** The program judges each handshake by itself, and so also which session it gives to which connection. */
const BY_PROGRAM: Uint8Array = Uint8Array.of(0);
const BY_FINGERPRINT = 1;
const BY_OBJECT = 2;

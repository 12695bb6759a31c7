import type { CryptoProvider } from '@tsquic/crypto';
import type { CertificateVerifier } from '../config.ts';

/**
 * What a peer was judged by, as bytes that a session or ticket contains: it resumes only if the peer would be
 * judged by the same now. RFC 8446 §4.6.1 does not say what resumption proves; it cannot be more than the
 * first handshake did.
 *
 * A verifier with a fingerprint is identified by it, in every process. A verifier without one is identified
 * as an object, by bytes derived from the first secret that it is recorded with; in another process it is a
 * different one.
 *
 * @param secret - the PSK of this session, which no peer can choose.
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

/** What a peer would be judged by now; undefined for a verifier that no session can name. */
export function knownJudgement(
  verifier: CertificateVerifier | undefined,
  crypto: CryptoProvider,
): Uint8Array | undefined {
  if (verifier === undefined) return BY_PROGRAM;
  if (verifier.fingerprint === undefined) return OBJECT_MARKS.get(verifier);
  return Uint8Array.of(BY_FINGERPRINT, ...crypto.hash('sha256', verifier.fingerprint(crypto)));
}

/** The bytes live as long as the verifiers. */
const OBJECT_MARKS = new WeakMap<CertificateVerifier, Uint8Array>();

/** The program judges each handshake itself, and also chooses which session it uses for which connection. */
const BY_PROGRAM: Uint8Array = Uint8Array.of(0);
const BY_FINGERPRINT = 1;
const BY_OBJECT = 2;

import type { CryptoProvider } from '@tsquic/crypto';
import type { TlsClientOptions } from '../config.ts';

/**
 * What a session keeps of our answer to a CertificateRequest: SHA-256 of the leaf that we show, or one byte when we
 * have none. Who resumes is taken for the one who answered, so the answer must still be the same.
 */
export function shownCertificate({ identity }: TlsClientOptions, crypto: CryptoProvider): Uint8Array {
  const leaf = identity?.chain[0];
  return leaf === undefined ? NONE : crypto.hash('sha256', leaf);
}

const NONE: Uint8Array = Uint8Array.of(0);

import type { CryptoProvider } from '@tsquic/crypto';
import type { TlsClientOptions } from '../config.ts';

/**
 * What a session stores of the client's answer to a CertificateRequest: SHA-256 of the leaf, or one byte when
 * the client has no certificate. On resumption the server takes the client for the one that answered, so the
 * answer must still be the same.
 */
export function shownCertificate({ identity }: TlsClientOptions, crypto: CryptoProvider): Uint8Array {
  const leaf = identity?.chain[0];
  return leaf === undefined ? NONE : crypto.hash('sha256', leaf);
}

const NONE: Uint8Array = Uint8Array.of(0);

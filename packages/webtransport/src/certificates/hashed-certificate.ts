import { X509Certificate } from 'node:crypto';
import { QuicError } from 'tsquic';
import { createSelfSigned } from 'tsquic/certificates';
import { certificateFaults, MOST_DAYS, sha256 } from '../web/certificate-hashes.ts';

/** Options of `createHashedCertificate`. */
export interface HashedCertificateOptions {
  /** DNS names and IP addresses to certify; browsers that trust a hash do not look at them. Default: ['localhost', '127.0.0.1']. */
  readonly hosts?: readonly string[];
  /** Days of validity, above 0 and at most 14. Default: 13, so that clocks may differ. */
  readonly days?: number;
}

/** A certificate that browsers trust by its hash, with its key. */
export interface HashedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The certificate as DER. */
  readonly der: Uint8Array;
  /** SHA-256 of `der`: the `value` of one of `serverCertificateHashes`. */
  readonly hash: Uint8Array;
  /** The end of its validity. */
  readonly notAfter: Date;
}

/** A certificate as browsers judge it that are given its hash. */
export interface JudgedCertificate {
  readonly der: Uint8Array;
  /** SHA-256 of `der`. */
  readonly hash: Uint8Array;
  readonly notAfter: Date;
  /** The rules that it breaks, as sentences; none for a certificate that browsers take. */
  readonly faults: readonly string[];
}

/**
 * Make a certificate with an ECDSA key on P-256 that is valid for two weeks at most: what browsers ask for when they trust a hash.
 * Rejects with `ERR_QUIC_INVALID_OPTION` for more days, and for hosts that cannot be.
 */
export async function createHashedCertificate(
  options: HashedCertificateOptions = {},
): Promise<HashedCertificate> {
  const { hosts = ['localhost', '127.0.0.1'], days = 13 } = options;
  if (!(days > 0 && days <= MOST_DAYS))
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      `days must be above 0 and at most ${MOST_DAYS}: browsers refuse the hash of a certificate that is valid for longer`,
    );
  const pair = await createSelfSigned({ hosts, days });
  const { der, hash, notAfter } = readHashedCertificate(pair.certificatePem);
  return { ...pair, der, hash, notAfter };
}

/** Read a certificate, PEM or DER, and judge it as browsers do. Throws `ERR_QUIC_INVALID_OPTION` for what is none. */
export function readHashedCertificate(
  certificate: string | Uint8Array,
  unixTimeMs: number = Date.now(),
): JudgedCertificate {
  try {
    const read = new X509Certificate(certificate);
    const der = Uint8Array.from(read.raw);
    const faults = certificateFaults(der, unixTimeMs);
    return { der, hash: sha256(der), notAfter: new Date(read.validTo), faults };
  } catch (error) {
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'the certificate cannot be read', { cause: error });
  }
}

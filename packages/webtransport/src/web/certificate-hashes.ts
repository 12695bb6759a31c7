import { createHash, X509Certificate } from 'node:crypto';
import { equalBytes } from '@tsquic/bytes';
import type { ConnectOptions } from 'tsquic';
import { bytesOf, type BufferSource } from './buffer-source.ts';
import { stringFrom } from './web-idl.ts';

/** A hash of a certificate that a client trusts, https://www.w3.org/TR/webtransport/#dictdef-webtransporthash. */
export interface WebTransportHash {
  /** 'sha-256'; hashes of other kinds are ignored. */
  readonly algorithm: string;
  /** Of the certificate as DER. */
  readonly value: BufferSource;
}

/** Days for which a certificate that is trusted by its hash may be valid. */
export const MOST_DAYS = 14;

type Verifier = NonNullable<ConnectOptions['verifier']>;

/**
 * Trusts a certificate whose hash is one of these, and no other: it need not be issued by an authority nor name the host, but must be
 * valid now, for two weeks at most, and have an ECDSA key. https://www.w3.org/TR/webtransport/#verify-a-certificate-hash
 */
export function createHashVerifier(hashes: readonly WebTransportHash[]): Verifier {
  const trusted = hashes
    .filter(({ algorithm }) => stringFrom(algorithm).toLowerCase() === 'sha-256')
    .map(({ value }) => Uint8Array.from(bytesOf(value)));
  return {
    verify(chain, _serverName, unixTimeMs) {
      const [leaf] = chain;
      if (leaf === undefined) return { alert: BAD_CERTIFICATE, message: 'the server shows no certificate' };
      const hash = sha256(leaf);
      if (!trusted.some((one) => equalBytes(one, hash)))
        return {
          alert: CERTIFICATE_UNKNOWN,
          message: `the hash of the certificate, ${hexOf(hash)}, is none of serverCertificateHashes`,
        };
      const fault = certificateFaults(leaf, unixTimeMs)[0];
      return fault === undefined ? undefined : { alert: BAD_CERTIFICATE, message: fault };
    },
  };
}

/** The rules of browsers for certificates that are trusted by their hash which this one breaks, as sentences. */
export function certificateFaults(der: Uint8Array, unixTimeMs: number): string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    return ['the certificate cannot be read'];
  }
  const beginMs = Date.parse(certificate.validFrom);
  const endMs = Date.parse(certificate.validTo);
  const days = (endMs - beginMs) / DAY_MS;
  const faults: string[] = [];
  // Exactly 14 days pass: browsers were seen to count so.
  if (!(days <= MOST_DAYS))
    faults.push(
      `the certificate is valid for ${Math.round(10 * days) / 10} days, and ${MOST_DAYS} are the most`,
    );
  if (!(unixTimeMs >= beginMs)) faults.push(`the certificate is valid only from ${certificate.validFrom} on`);
  if (!(unixTimeMs <= endMs)) faults.push(`the certificate has expired, on ${certificate.validTo}`);
  const kind = keyKindOf(certificate);
  if (!ACCEPTED_KEYS.includes(kind)) faults.push(`the key is ${kind}, and must be ECDSA with P-256`);
  return faults;
}

/** SHA-256 of a certificate as DER. */
export function sha256(der: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(der).digest());
}

/** Pairs of digits, as people compare them. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function keyKindOf({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails } = publicKey;
  return asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType;
}

/** Names of P-256 and P-384, which Chromium 156 and Firefox 153 take. */
const ACCEPTED_KEYS = ['prime256v1', 'secp384r1', 'P-256', 'P-384'];
const DAY_MS = 86_400_000;
/** RFC 8446 §6.2 */
const BAD_CERTIFICATE = 42;
const CERTIFICATE_UNKNOWN = 46;

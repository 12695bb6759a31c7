import { toHex } from '@tsquic/bytes';
import { CertificateScheme, SignatureScheme } from '@tsquic/crypto';
import { DerError, DerReader, DerTag } from './der.ts';

/**
 * How a certificate is signed: by its AlgorithmIdentifier (DER) and the kind of the issuer's key (SubjectPublicKeyInfo,
 * DER). Undefined for what is not supported.
 *
 * Unlike a scheme of TLS 1.3, an AlgorithmIdentifier ties neither the hash of ECDSA to a curve nor PSS to a kind of RSA
 * key. RFC 5758 §3.2, RFC 8017 Appendix A, RFC 8410, RFC 4055 §3.1
 */
export function signatureScheme(
  algorithm: Uint8Array,
  issuerKey: Uint8Array,
): SignatureScheme | CertificateScheme | undefined {
  if (algorithm.length > MAX_ALGORITHM) return undefined;
  const scheme = SCHEMES.get(toHex(algorithm));
  if (scheme === undefined || keyAlgorithm(issuerKey) !== RSASSA_PSS) return scheme;
  return PSS_KEYS.get(scheme);
}

/** What a check by this key counts for, a P-256 key with a short certificate counting 1. Measured over node:crypto. */
export function signatureCost(issuerKey: Uint8Array, signedLength: number): number {
  return (signedLength >> 14) + keyCost(issuerKey);
}

function keyCost(issuerKey: Uint8Array): number {
  const { length } = issuerKey;
  if (keyAlgorithm(issuerKey) !== EC_PUBLIC_KEY) return length > LARGE_RSA_KEY ? 2 : 1;
  if (length <= P256_KEY) return 1;
  return length <= P384_KEY ? 3 : 6;
}

/** The object identifier in a SubjectPublicKeyInfo, hexadecimal; '' for a malformed one. */
function keyAlgorithm(publicKey: Uint8Array): string {
  try {
    return new DerReader(publicKey).enter(DerTag.Sequence).enter(DerTag.Sequence).identifier();
  } catch (error) {
    if (error instanceof DerError) return '';
    throw error;
  }
}

/** Lengths of SubjectPublicKeyInfo on these curves; beyond is P-521. */
const P256_KEY = 91;
const P384_KEY = 120;
/** A modulus of 4096 bits with what is around it. */
const LARGE_RSA_KEY = 560;

const EC_PUBLIC_KEY = '2a8648ce3d0201';
const RSASSA_PSS = '2a864886f70d01010a';
/** The longest AlgorithmIdentifier below has 67 bytes. */
const MAX_ALGORITHM = 80;

/** RSASSA-PSS with the hash in both places and a salt of its length; either hash's NULL may be left out (RFC 4055 §2.1). */
function pss(hashArc: string, saltLength: string, scheme: SignatureScheme): [string, SignatureScheme][] {
  const sequence = (content: string): string => tagged('30', content);
  const oid = `060960864801650304020${hashArc}`;
  const hashes = [sequence(`${oid}0500`), sequence(oid)];
  return hashes.flatMap((hash) =>
    hashes.map((maskHash): [string, SignatureScheme] => {
      const mask = sequence(`06092a864886f70d010108${maskHash}`);
      const fields = tagged('a0', hash) + tagged('a1', mask) + tagged('a2', `0201${saltLength}`);
      return [sequence(`0609${RSASSA_PSS}${sequence(fields)}`), scheme];
    }),
  );
}

/** DER of a short element, hexadecimal. */
function tagged(tag: string, content: string): string {
  return tag + (content.length / 2 + 0x100).toString(16).slice(1) + content;
}

const SCHEMES: ReadonlyMap<string, SignatureScheme | CertificateScheme> = new Map<
  string,
  SignatureScheme | CertificateScheme
>([
  ['300a06082a8648ce3d040302', CertificateScheme.EcdsaSha256],
  ['300a06082a8648ce3d040303', CertificateScheme.EcdsaSha384],
  ['300a06082a8648ce3d040304', CertificateScheme.EcdsaSha512],
  ['300506032b6570', SignatureScheme.Ed25519],
  ['300d06092a864886f70d01010b0500', SignatureScheme.RsaPkcs1Sha256],
  ['300d06092a864886f70d01010c0500', SignatureScheme.RsaPkcs1Sha384],
  ['300d06092a864886f70d01010d0500', SignatureScheme.RsaPkcs1Sha512],
  ...pss('1', '20', SignatureScheme.RsaPssRsaeSha256),
  ...pss('2', '30', SignatureScheme.RsaPssRsaeSha384),
  ...pss('3', '40', SignatureScheme.RsaPssRsaeSha512),
]);

/** The same signatures by keys that are for RSASSA-PSS alone. PKCS #1 v1.5 is not for them. */
const PSS_KEYS: ReadonlyMap<SignatureScheme | CertificateScheme, SignatureScheme> = new Map<
  SignatureScheme | CertificateScheme,
  SignatureScheme
>([
  [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssPssSha256],
  [SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssPssSha384],
  [SignatureScheme.RsaPssRsaeSha512, SignatureScheme.RsaPssPssSha512],
]);

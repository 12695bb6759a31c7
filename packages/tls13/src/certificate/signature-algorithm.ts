import { toHex } from '@tsquic/bytes';
import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import { CertificateScheme, SignatureScheme } from '@tsquic/crypto';

/** The signature scheme of a certificate. */
export interface CertificateSignature {
  readonly scheme: SignatureScheme | CertificateScheme;
  /** Salt length of RSASSA-PSS; undefined for other signatures. */
  readonly saltLength: number | undefined;
}

/**
 * The scheme that a certificate is signed with, from its AlgorithmIdentifier (DER) and the kind of the
 * issuer's key (SubjectPublicKeyInfo, DER). Undefined for one that is not supported.
 *
 * Unlike a scheme of TLS 1.3, an AlgorithmIdentifier ties neither the hash of ECDSA to a curve, nor PSS to a
 * kind of RSA key, nor the length of its salt to the hash: OpenSSL makes it as long as possible. RFC 5758
 * §3.2, RFC 8017 Appendix A, RFC 8410, RFC 4055 §3.1
 */
export function readCertificateSignature(
  algorithm: Uint8Array,
  issuerKey: Uint8Array,
): CertificateSignature | undefined {
  if (algorithm.length > MAX_ALGORITHM) return undefined;
  const scheme = SCHEMES.get(toHex(algorithm));
  const isPssKey = keyAlgorithm(issuerKey) === RSASSA_PSS;
  // A key that is restricted to RSASSA-PSS makes no other signatures.
  if (scheme !== undefined) return isPssKey ? undefined : { scheme, saltLength: undefined };
  try {
    const { hash, saltLength } = readPss(algorithm);
    const [rsaKey, pssKey] = hash;
    return { scheme: isPssKey ? pssKey : rsaKey, saltLength };
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** The schemes of a hash, for unrestricted RSA keys and for those restricted to RSASSA-PSS. */
type PssSchemes = readonly [rsaKey: SignatureScheme, pssKey: SignatureScheme];

/**
 * Read RSASSA-PSS-params, RFC 4055 §3.1, which must name the same hash twice. Throws a DerError for anything
 * else.
 */
function readPss(algorithm: Uint8Array): { readonly hash: PssSchemes; readonly saltLength: number } {
  const outer = new DerReader(algorithm).enter(DerTag.Sequence);
  if (outer.identifier() !== RSASSA_PSS) throw new DerError('the algorithm is not supported');
  const fields = outer.enter(DerTag.Sequence);
  outer.finish();
  const hash = readHash(fields.enter(0xa0));
  const mask = fields.enter(0xa1).enter(DerTag.Sequence);
  if (mask.identifier() !== MGF1 || readHash(mask) !== hash) throw new DerError('the mask is not supported');
  const saltLength = fields.enterOptional(0xa2)?.unsigned() ?? DEFAULT_SALT_LENGTH;
  const trailer = fields.enterOptional(0xa3)?.unsigned() ?? 1;
  fields.finish();
  if (trailer !== 1 || saltLength > MAX_SALT_LENGTH) throw new DerError('the parameters are not supported');
  return { hash, saltLength };
}

/** Read an AlgorithmIdentifier of SHA-2, whose NULL may be left out. RFC 4055 §2.1 */
function readHash(reader: DerReader): PssSchemes {
  const fields = reader.enter(DerTag.Sequence);
  reader.finish();
  const schemes = PSS_HASHES[fields.identifier()];
  if (!fields.isAtEnd) fields.null();
  fields.finish();
  // The default is SHA-1, which is not accepted.
  if (schemes === undefined) throw new DerError('the hash is not supported');
  return schemes;
}

/**
 * The cost of checking a signature by this key, in multiples of that of a P-256 key and a short certificate.
 * Measured over node:crypto.
 */
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

/** Lengths of SubjectPublicKeyInfo on these curves; a longer one is of P-521. */
const P256_KEY = 91;
const P384_KEY = 120;
/** Length of SubjectPublicKeyInfo with a modulus of 4096 bits. */
const LARGE_RSA_KEY = 560;

const EC_PUBLIC_KEY = '2a8648ce3d0201';
const RSASSA_PSS = '2a864886f70d01010a';
const MGF1 = '2a864886f70d010108';
/** Bound on an AlgorithmIdentifier; RSASSA-PSS with all its parameters has about 70 bytes. */
const MAX_ALGORITHM = 100;
const DEFAULT_SALT_LENGTH = 20;
/** The longest salt, for the longest key. */
const MAX_SALT_LENGTH = 1024;

const PSS_HASHES: Readonly<Record<string, PssSchemes>> = {
  '608648016503040201': [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssPssSha256],
  '608648016503040202': [SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssPssSha384],
  '608648016503040203': [SignatureScheme.RsaPssRsaeSha512, SignatureScheme.RsaPssPssSha512],
};

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
]);

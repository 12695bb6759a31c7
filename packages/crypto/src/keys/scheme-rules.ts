import { HASH_LENGTH } from '../hash-length.ts';
import type { HashName } from '../provider.ts';
import { CertificateScheme, SignatureScheme } from '../provider.ts';
import type { CurveName, PssRestriction } from './algorithm.ts';
import { COORDINATE_LENGTH } from './algorithm.ts';
import type { PrivateKey } from './private-key.ts';
import type { PublicKey } from './public-key.ts';

/** The key that a signature scheme needs, and how the scheme signs. RFC 8446 §4.2.3 */
export type SchemeRule =
  | { readonly kind: 'ecdsa'; readonly curve: CurveName | 'any'; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'rsa-pkcs1'; readonly key: 'rsa'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly key: 'rsa' | 'rsa-pss'; readonly hash: HashName };

/** The rule of a scheme; undefined for an unsupported code point. */
export function schemeRule(scheme: SignatureScheme | CertificateScheme): SchemeRule | undefined {
  return RULES.get(scheme as SignatureScheme) ?? CERTIFICATE_RULES.get(scheme as CertificateScheme);
}

/**
 * Whether the scheme signs with keys of this kind.
 *
 * @param saltLength - length of the salt of RSASSA-PSS. Default: the length of the hash.
 */
export function keySuitsRule(key: PublicKey | PrivateKey, rule: SchemeRule, saltLength?: number): boolean {
  switch (rule.kind) {
    case 'ecdsa':
      return key.kind === 'ecdsa' && (rule.curve === 'any' || key.curve === rule.curve);
    case 'ed25519':
      return key.kind === 'ed25519';
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return (
        (key.kind === 'rsa' || key.kind === 'rsa-pss') &&
        key.kind === rule.key &&
        restrictionAllows(key, rule.hash, saltLength ?? HASH_LENGTH[rule.hash])
      );
  }
}

/**
 * Whether a signature may be by such a key, judged by its length alone: an integer of a megabyte would
 * otherwise be read in full before it turns out to be too large. ECDSA signatures are two integers in a
 * SEQUENCE.
 */
export function signatureLengthSuits(key: PublicKey, signature: Uint8Array): boolean {
  switch (key.kind) {
    case 'ecdsa':
      return signature.length <= 2 * (COORDINATE_LENGTH[key.curve] + 3) + 3;
    case 'ed25519':
      return signature.length === 64;
    case 'rsa':
    case 'rsa-pss':
      return signature.length === key.modulus.length;
  }
}

/**
 * The schemes that a private key can sign TLS 1.3 handshakes with, preferred ones first; PKCS #1 v1.5 is for
 * certificates only. RFC 8446 §4.4.3
 */
export function signingSchemes(key: PrivateKey): readonly SignatureScheme[] {
  const schemes: SignatureScheme[] = [];
  for (const [scheme, rule] of RULES) {
    if (rule.kind !== 'rsa-pkcs1' && keySuitsRule(key, rule)) schemes.push(scheme);
  }
  if (schemes.length === 0) throw new Error('a private key that no TLS 1.3 signature scheme accepts');
  return schemes;
}

/**
 * Whether the restrictions of a key allow this hash and salt: it may name its hash and a least length of the
 * salt. RFC 4055 §3.3
 */
function restrictionAllows(
  key: { readonly restriction: PssRestriction | undefined },
  hash: HashName,
  saltLength: number,
): boolean {
  const restriction = key.restriction;
  return restriction === undefined || (restriction.hash === hash && restriction.saltLength <= saltLength);
}

const RULES: ReadonlyMap<SignatureScheme, SchemeRule> = new Map<SignatureScheme, SchemeRule>([
  [SignatureScheme.EcdsaSecp256r1Sha256, { kind: 'ecdsa', curve: 'P-256', hash: 'sha256' }],
  [SignatureScheme.EcdsaSecp384r1Sha384, { kind: 'ecdsa', curve: 'P-384', hash: 'sha384' }],
  [SignatureScheme.EcdsaSecp521r1Sha512, { kind: 'ecdsa', curve: 'P-521', hash: 'sha512' }],
  [SignatureScheme.Ed25519, { kind: 'ed25519' }],
  [SignatureScheme.RsaPssRsaeSha256, { kind: 'rsa-pss', key: 'rsa', hash: 'sha256' }],
  [SignatureScheme.RsaPssRsaeSha384, { kind: 'rsa-pss', key: 'rsa', hash: 'sha384' }],
  [SignatureScheme.RsaPssRsaeSha512, { kind: 'rsa-pss', key: 'rsa', hash: 'sha512' }],
  [SignatureScheme.RsaPssPssSha256, { kind: 'rsa-pss', key: 'rsa-pss', hash: 'sha256' }],
  [SignatureScheme.RsaPssPssSha384, { kind: 'rsa-pss', key: 'rsa-pss', hash: 'sha384' }],
  [SignatureScheme.RsaPssPssSha512, { kind: 'rsa-pss', key: 'rsa-pss', hash: 'sha512' }],
  [SignatureScheme.RsaPkcs1Sha256, { kind: 'rsa-pkcs1', key: 'rsa', hash: 'sha256' }],
  [SignatureScheme.RsaPkcs1Sha384, { kind: 'rsa-pkcs1', key: 'rsa', hash: 'sha384' }],
  [SignatureScheme.RsaPkcs1Sha512, { kind: 'rsa-pkcs1', key: 'rsa', hash: 'sha512' }],
]);

const CERTIFICATE_RULES: ReadonlyMap<CertificateScheme, SchemeRule> = new Map<CertificateScheme, SchemeRule>([
  [CertificateScheme.EcdsaSha256, { kind: 'ecdsa', curve: 'any', hash: 'sha256' }],
  [CertificateScheme.EcdsaSha384, { kind: 'ecdsa', curve: 'any', hash: 'sha384' }],
  [CertificateScheme.EcdsaSha512, { kind: 'ecdsa', curve: 'any', hash: 'sha512' }],
]);

import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import type { CurveName, PssRestriction } from './algorithm.ts';
import { COORDINATE_LENGTH, readKeyAlgorithm } from './algorithm.ts';
import { checkRsaNumbers } from './public-key.ts';

/** A private key from a PKCS #8 structure; byte strings are views into it. */
export type PrivateKey =
  | { readonly kind: 'ecdsa'; readonly curve: CurveName; readonly scalar: Uint8Array }
  | { readonly kind: 'ed25519'; readonly seed: Uint8Array }
  | RsaPrivateKey;

/** Numbers of RFC 8017 §3.2, unsigned and big-endian; `encoded` is the DER RSAPrivateKey. */
export interface RsaPrivateKey {
  readonly kind: 'rsa' | 'rsa-pss';
  readonly restriction: PssRestriction | undefined;
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  readonly prime1: Uint8Array;
  readonly prime2: Uint8Array;
  readonly exponent1: Uint8Array;
  readonly exponent2: Uint8Array;
  readonly coefficient: Uint8Array;
  readonly encoded: Uint8Array;
}

/** Read an unencrypted PKCS #8 private key. Throws a DerError that says what is wrong. RFC 5958 §2 */
export function readPrivateKey(pkcs8: Uint8Array): PrivateKey {
  const outer = new DerReader(pkcs8);
  const sequence = outer.enter(DerTag.Sequence);
  outer.finish();
  if (sequence.unsigned() > 1) throw new DerError('unsupported PKCS #8 version');
  const algorithm = readKeyAlgorithm(sequence);
  const key = sequence.element(DerTag.OctetString).content;
  // Attributes and a copy of the public key may follow, which are not needed.
  if (sequence.nextTag === ATTRIBUTES) sequence.element();
  if (sequence.nextTag === PUBLIC_KEY) sequence.element();
  sequence.finish();
  switch (algorithm.kind) {
    case 'ecdsa':
      return { kind: 'ecdsa', curve: algorithm.curve, scalar: readEcScalar(key, algorithm.curve) };
    case 'ed25519':
      return { kind: 'ed25519', seed: readEd25519Seed(key) };
    case 'rsa':
      return readRsaPrivateKey('rsa', undefined, key);
    case 'rsa-pss':
      return readRsaPrivateKey('rsa-pss', algorithm.restriction, key);
  }
}

/** ECPrivateKey, RFC 5915 §3; its optional fields repeat what the PKCS #8 structure says. */
function readEcScalar(key: Uint8Array, curve: CurveName): Uint8Array {
  const sequence = new DerReader(key).enter(DerTag.Sequence);
  if (sequence.unsigned() !== 1) throw new DerError('unsupported EC private key version');
  const scalar = sequence.element(DerTag.OctetString).content;
  if (scalar.length !== COORDINATE_LENGTH[curve]) throw new DerError('EC private key of a wrong length');
  return scalar;
}

/** CurvePrivateKey, RFC 8410 §7. */
function readEd25519Seed(key: Uint8Array): Uint8Array {
  const reader = new DerReader(key);
  const seed = reader.element(DerTag.OctetString).content;
  reader.finish();
  if (seed.length !== 32) throw new DerError('Ed25519 private key of a wrong length');
  return seed;
}

/** RSAPrivateKey, RFC 8017 §A.1.2. */
function readRsaPrivateKey(
  kind: RsaPrivateKey['kind'],
  restriction: PssRestriction | undefined,
  encoded: Uint8Array,
): RsaPrivateKey {
  const sequence = new DerReader(encoded).enter(DerTag.Sequence);
  if (sequence.unsigned() !== 0) throw new DerError('RSA private key with more than two primes');
  const modulus = sequence.unsignedBytes();
  const exponent = sequence.unsignedBytes();
  checkRsaNumbers(modulus, exponent);
  sequence.unsignedBytes();
  const prime1 = sequence.unsignedBytes();
  const prime2 = sequence.unsignedBytes();
  const exponent1 = sequence.unsignedBytes();
  const exponent2 = sequence.unsignedBytes();
  const coefficient = sequence.unsignedBytes();
  sequence.finish();
  return { kind, restriction, modulus, exponent, prime1, prime2, exponent1, exponent2, coefficient, encoded };
}

const ATTRIBUTES = 0xa0;
const PUBLIC_KEY = 0x81;

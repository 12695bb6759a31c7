import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import type { CurveName, PssRestriction } from './algorithm.ts';
import { COORDINATE_LENGTH, readKeyAlgorithm } from './algorithm.ts';

/** A public key from a SubjectPublicKeyInfo; byte strings are views into it. */
export type PublicKey =
  | { readonly kind: 'ecdsa'; readonly curve: CurveName; readonly point: Uint8Array }
  | { readonly kind: 'ed25519'; readonly point: Uint8Array }
  | RsaPublicKey;

/** Modulus and exponent are unsigned and big-endian; `encoded` is the DER RSAPublicKey. */
export interface RsaPublicKey {
  readonly kind: 'rsa' | 'rsa-pss';
  readonly restriction: PssRestriction | undefined;
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  readonly encoded: Uint8Array;
}

/**
 * Read a SubjectPublicKeyInfo. Throws a DerError for one that is malformed or unsupported: curve points must
 * be uncompressed, RSA moduli of 2048 to 8192 bits, RSA exponents odd and of at most four bytes, which bounds
 * the time that a peer can make a verification take. Whether a point is on its curve is not checked here.
 * RFC 5280 §4.1
 */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const outer = new DerReader(spki);
  const sequence = outer.enter(DerTag.Sequence);
  outer.finish();
  const algorithm = readKeyAlgorithm(sequence);
  const key = sequence.bitString();
  sequence.finish();
  switch (algorithm.kind) {
    case 'ecdsa':
      if (key.length !== 1 + 2 * COORDINATE_LENGTH[algorithm.curve] || key[0] !== UNCOMPRESSED) {
        throw new DerError('not an uncompressed point of the curve');
      }
      return { kind: 'ecdsa', curve: algorithm.curve, point: key };
    case 'ed25519':
      if (key.length !== 32) throw new DerError('Ed25519 key of a wrong length');
      return { kind: 'ed25519', point: key };
    case 'rsa':
      return readRsaPublicKey('rsa', undefined, key);
    case 'rsa-pss':
      return readRsaPublicKey('rsa-pss', algorithm.restriction, key);
  }
}

function readRsaPublicKey(
  kind: RsaPublicKey['kind'],
  restriction: PssRestriction | undefined,
  encoded: Uint8Array,
): RsaPublicKey {
  const outer = new DerReader(encoded);
  const sequence = outer.enter(DerTag.Sequence);
  outer.finish();
  const modulus = sequence.unsignedBytes();
  const exponent = sequence.unsignedBytes();
  sequence.finish();
  checkRsaNumbers(modulus, exponent);
  return { kind, restriction, modulus, exponent, encoded };
}

/** Throws a DerError for an RSA modulus or exponent outside the supported range. */
export function checkRsaNumbers(modulus: Uint8Array, exponent: Uint8Array): void {
  const bits = 8 * modulus.length - Math.clz32(modulus[0]!) + 24;
  if (bits < 2048 || bits > 8192) throw new DerError(`RSA modulus of ${bits} bits`);
  if (modulus[modulus.length - 1]! % 2 === 0) throw new DerError('even RSA modulus');
  const lastByte = exponent[exponent.length - 1]!;
  if (exponent.length > 4 || lastByte % 2 === 0 || (exponent.length === 1 && lastByte === 1)) {
    throw new DerError('unsupported RSA exponent');
  }
}

const UNCOMPRESSED = 4;

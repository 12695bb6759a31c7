import { equalBytes, toHex } from '@tsquic/bytes';
import { HASH_LENGTH } from '../hash-length.ts';
import type { RsaPrivateKey } from '../keys/private-key.ts';
import type { RsaPublicKey } from '../keys/public-key.ts';
import type { HashName, RandomSource } from '../provider.ts';
import { NOBLE_HASHES } from './hashes.ts';
import { encodePkcs1, encodePss, isPssEncoding } from './rsa-encoding.ts';

/** Whether `signature` is RSASSA-PSS with MGF1 and a salt of this length. RFC 8017 §8.1.2 */
export function verifyRsaPss(
  key: RsaPublicKey,
  hash: HashName,
  message: Uint8Array,
  signature: Uint8Array,
  saltLength: number = HASH_LENGTH[hash],
): boolean {
  const encoded = openSignature(key, signature);
  if (encoded === undefined) return false;
  return isPssEncoding(encoded, bitLength(key.modulus) - 1, hash, NOBLE_HASHES[hash](message), saltLength);
}

/** Whether `signature` is RSASSA-PKCS1-v1_5: the encoding is made again and compared. RFC 8017 §8.2.2 */
export function verifyRsaPkcs1(
  key: RsaPublicKey,
  hash: HashName,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encoded = openSignature(key, signature);
  return (
    encoded !== undefined &&
    equalBytes(encoded, encodePkcs1(NOBLE_HASHES[hash](message), hash, encoded.length))
  );
}

/**
 * An RSA private key that signs with the Chinese remainder theorem. The time of BigInt arithmetic depends on
 * its operands, so that each operation is blinded with a random factor. RFC 8017 §5.2.1
 */
export class RsaSigningKey {
  private readonly modulus: bigint;
  private readonly publicExponent: bigint;
  private readonly prime1: bigint;
  private readonly prime2: bigint;
  private readonly exponent1: bigint;
  private readonly exponent2: bigint;
  private readonly coefficient: bigint;
  private readonly modulusBits: number;

  /** Throws an Error when the numbers do not form a key. */
  constructor(key: RsaPrivateKey) {
    this.modulus = toBigInt(key.modulus);
    this.publicExponent = toBigInt(key.exponent);
    this.prime1 = toBigInt(key.prime1);
    this.prime2 = toBigInt(key.prime2);
    this.exponent1 = toBigInt(key.exponent1);
    this.exponent2 = toBigInt(key.exponent2);
    this.coefficient = toBigInt(key.coefficient);
    this.modulusBits = bitLength(key.modulus);
    if (this.prime1 * this.prime2 !== this.modulus)
      throw new Error('RSA primes that do not make the modulus');
  }

  /** RSASSA-PSS with MGF1 and a salt of the hash's length. RFC 8017 §8.1.1 */
  signPss(hash: HashName, message: Uint8Array, random: RandomSource): Uint8Array {
    const salt = new Uint8Array(HASH_LENGTH[hash]);
    random(salt);
    const encoded = encodePss(NOBLE_HASHES[hash](message), salt, this.modulusBits - 1, hash);
    const length = Math.ceil(this.modulusBits / 8);
    return toBytes(this.exponentiate(toBigInt(encoded), random), length);
  }

  /**
   * The message representative to the power of the private exponent. The result is checked with the public
   * exponent, because a wrong one would reveal a prime.
   */
  private exponentiate(representative: bigint, random: RandomSource): bigint {
    const n = this.modulus;
    const factor = this.drawBlindingFactor(random);
    const blinded = (representative * power(factor, this.publicExponent, n)) % n;
    const first = power(blinded, this.exponent1, this.prime1);
    const second = power(blinded, this.exponent2, this.prime2);
    const difference = (((first - second) % this.prime1) + this.prime1) % this.prime1;
    const result = second + this.prime2 * ((difference * this.coefficient) % this.prime1);
    const signature = (result * invert(factor, n)) % n;
    if (power(signature, this.publicExponent, n) !== representative)
      throw new Error('RSA private key is inconsistent');
    return signature;
  }

  private drawBlindingFactor(random: RandomSource): bigint {
    const bytes = new Uint8Array(Math.ceil(this.modulusBits / 8));
    random(bytes);
    const factor = toBigInt(bytes) % this.modulus;
    return factor > 1n ? factor : 2n;
  }
}

/**
 * The encoded message of a signature, as long as the modulus; undefined for a signature of a wrong length, or
 * one that is not below the modulus.
 */
function openSignature(key: RsaPublicKey, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== key.modulus.length) return undefined;
  const modulus = toBigInt(key.modulus);
  const value = toBigInt(signature);
  if (value >= modulus) return undefined;
  return toBytes(power(value, toBigInt(key.exponent), modulus), key.modulus.length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The modular inverse, by the extended Euclidean algorithm. */
function invert(value: bigint, modulus: bigint): bigint {
  let [previous, current] = [modulus, value];
  let [previousFactor, factor] = [0n, 1n];
  while (current > 0n) {
    const quotient = previous / current;
    [previous, current] = [current, previous - quotient * current];
    [previousFactor, factor] = [factor, previousFactor - quotient * factor];
  }
  if (previous !== 1n) throw new Error('RSA modulus is not a product of two primes');
  return ((previousFactor % modulus) + modulus) % modulus;
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function toBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16).padStart(2 * length, '0');
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function bitLength(modulus: Uint8Array): number {
  return 8 * modulus.length - Math.clz32(modulus[0]!) + 24;
}

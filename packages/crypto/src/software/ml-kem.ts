import { concatBytes } from '@tsquic/bytes';
import { sha3_256, sha3_512, shake256 } from '@noble/hashes/sha3.js';
import {
  ML_KEM_CIPHERTEXT_BYTES,
  ML_KEM_KEY_BYTES,
  type MlKem,
  type MlKemAnswer,
  type MlKemKey,
} from '../keys/ml-kem.ts';
import type { RandomSource } from '../provider.ts';
import { compress, decode, decompress, encode, encodeExact, isReduced, POLY_BYTES } from './ml-kem-coding.ts';
import { add, addProduct, N, type Poly, restore, subtract, transform, transformBack } from './ml-kem-ring.ts';
import { sampleSmall, sampleUniform } from './ml-kem-sampling.ts';

/** Polynomials in a vector: ML-KEM-768 has 3 polynomials of 256 coefficients. */
const K = 3;
/** Bits of a compressed coefficient of the ciphertext's vector, and of its polynomial. */
const VECTOR_BITS = 10;
const POLY_BITS = 4;
const VECTOR_BYTES = (N * VECTOR_BITS) / 8;
const SECRET_BYTES = 32;

/**
 * ML-KEM-768 in TypeScript. No branch, index or division depends on secrets. FIPS 203
 *
 * @param random - is asked for 64 bytes for a key (d, then z), and for 32 for an encapsulation.
 */
export function createSoftwareMlKem(random: RandomSource): MlKem {
  return {
    generateKey() {
      const seed = new Uint8Array(2 * SECRET_BYTES);
      random(seed);
      return new SoftwareKey(seed);
    },
    encapsulate: (key) => encapsulate(key, random),
  };
}

/** A vector of three polynomials. */
type Vector = readonly [Poly, Poly, Poly];

function vectorOf(poly: (index: number) => Poly): Vector {
  return [poly(0), poly(1), poly(2)];
}

/** A decapsulation key. FIPS 203 algorithms 13, 15 and 18 */
class SoftwareKey implements MlKemKey {
  readonly encapsulationKey: Uint8Array = new Uint8Array(ML_KEM_KEY_BYTES);
  private readonly secret: Vector;
  private readonly own: PublicKey;
  /** The secret bytes from which the result is derived when a ciphertext was not made for this key. */
  private readonly rejection: Uint8Array;

  constructor(seed: Uint8Array) {
    this.rejection = seed.slice(SECRET_BYTES);
    const expanded = sha3_512(concatBytes(seed.subarray(0, SECRET_BYTES), Uint8Array.of(K)));
    const rho = expanded.subarray(0, SECRET_BYTES);
    const sigma = expanded.subarray(SECRET_BYTES);
    this.secret = vectorOf((i) => transformed(sampleSmall(sigma, i)));
    const matrix = new Matrix(rho);
    for (let i = 0; i < K; i++) {
      const t = product(
        vectorOf((j) => matrix.at(i, j)),
        this.secret,
      );
      restore(t);
      add(t, transformed(sampleSmall(sigma, K + i)));
      encodeExact(t, this.encapsulationKey, i * POLY_BYTES);
    }
    this.encapsulationKey.set(rho, K * POLY_BYTES);
    this.own = new PublicKey(this.encapsulationKey, matrix);
  }

  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined {
    if (ciphertext.length !== ML_KEM_CIPHERTEXT_BYTES) return undefined;
    const message = this.decrypt(ciphertext);
    const { secret, coins } = this.own.derive(message);
    const expected = this.own.encrypt(message, coins);
    let difference = 0;
    for (let i = 0; i < expected.length; i++) difference |= expected[i]! ^ ciphertext[i]!;
    // All bits are ones when re-encrypting the message does not give this ciphertext.
    const mask = -difference >> 31;
    const rejected = shake256(concatBytes(this.rejection, ciphertext), { dkLen: SECRET_BYTES });
    for (let i = 0; i < SECRET_BYTES; i++) secret[i] = secret[i]! ^ (mask & (secret[i]! ^ rejected[i]!));
    return secret;
  }

  private decrypt(ciphertext: Uint8Array): Uint8Array {
    const u = vectorOf((i) => {
      const poly = decode(ciphertext, i * VECTOR_BYTES, VECTOR_BITS);
      decompress(poly, VECTOR_BITS);
      return transformed(poly);
    });
    const noise = product(this.secret, u);
    transformBack(noise);
    const v = decode(ciphertext, K * VECTOR_BYTES, POLY_BITS);
    decompress(v, POLY_BITS);
    subtract(v, noise);
    compress(v, 1);
    const message = new Uint8Array(SECRET_BYTES);
    encode(v, 1, message, 0);
    return message;
  }
}

/**
 * Encapsulate a secret. Returns undefined for a key of a wrong length, or with a coefficient that is not
 * reduced. FIPS 203 §7.2
 */
function encapsulate(key: Uint8Array, random: RandomSource): MlKemAnswer | undefined {
  if (key.length !== ML_KEM_KEY_BYTES) return undefined;
  const peer = new PublicKey(key);
  if (!peer.isReduced) return undefined;
  const message = new Uint8Array(SECRET_BYTES);
  random(message);
  const { secret, coins } = peer.derive(message);
  return { ciphertext: peer.encrypt(message, coins), secret };
}

/** The matrix that a public seed determines; each entry is computed once. */
class Matrix {
  private readonly seed: Uint8Array;
  private readonly entries: (Poly | undefined)[] = Array.from({ length: K * K });

  constructor(seed: Uint8Array) {
    this.seed = seed;
  }

  at(row: number, column: number): Poly {
    return (this.entries[K * row + column] ??= sampleUniform(this.seed, column, row));
  }
}

/** A decoded encapsulation key. FIPS 203 algorithms 14 and 17 */
class PublicKey {
  readonly isReduced: boolean;
  private readonly t: Vector;
  private readonly matrix: Matrix;
  private readonly digest: Uint8Array;

  constructor(key: Uint8Array, matrix: Matrix = new Matrix(key.slice(K * POLY_BYTES))) {
    this.t = vectorOf((i) => decode(key, i * POLY_BYTES, 12));
    this.isReduced = this.t.every(isReduced);
    this.matrix = matrix;
    this.digest = sha3_256(key);
  }

  /** The shared secret of a message, and the seed of its encryption. */
  derive(message: Uint8Array): { readonly secret: Uint8Array; readonly coins: Uint8Array } {
    const both = sha3_512(concatBytes(message, this.digest));
    return { secret: both.slice(0, SECRET_BYTES), coins: both.slice(SECRET_BYTES) };
  }

  encrypt(message: Uint8Array, coins: Uint8Array): Uint8Array {
    const ciphertext = new Uint8Array(ML_KEM_CIPHERTEXT_BYTES);
    const y = vectorOf((i) => transformed(sampleSmall(coins, i)));
    for (let i = 0; i < K; i++) {
      const u = product(
        vectorOf((j) => this.matrix.at(j, i)),
        y,
      );
      transformBack(u);
      add(u, sampleSmall(coins, K + i));
      compress(u, VECTOR_BITS);
      encode(u, VECTOR_BITS, ciphertext, i * VECTOR_BYTES);
    }
    const v = product(this.t, y);
    transformBack(v);
    add(v, sampleSmall(coins, 2 * K));
    const hidden = decode(message, 0, 1);
    decompress(hidden, 1);
    add(v, hidden);
    compress(v, POLY_BITS);
    encode(v, POLY_BITS, ciphertext, K * VECTOR_BYTES);
    return ciphertext;
  }
}

function transformed(poly: Poly): Poly {
  transform(poly);
  return poly;
}

/** The product of two vectors of transforms, divided by 2^16. */
function product(a: Vector, b: Vector): Poly {
  const sum = new Int16Array(N);
  for (let i = 0; i < K; i++) addProduct(sum, a[i]!, b[i]!);
  return sum;
}

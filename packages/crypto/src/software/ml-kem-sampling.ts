import { shake128, shake256 } from '@noble/hashes/sha3.js';
import { N, type Poly, Q } from './ml-kem-ring.ts';

/** Three blocks of SHAKE128, which usually suffice. */
const FIRST_BYTES = 504;
const BLOCK_BYTES = 168;

/** A transform with uniform coefficients, from the public seed and two indices. FIPS 203 algorithm 7 */
export function sampleUniform(seed: Uint8Array, first: number, second: number): Poly {
  const f = new Int16Array(N);
  const stream = shake128.create({}).update(seed).update(Uint8Array.of(first, second));
  let count = 0;
  for (let bytes = stream.xof(FIRST_BYTES); ; bytes = stream.xof(BLOCK_BYTES)) {
    for (let i = 0; i < bytes.length && count < N; i += 3) {
      const low = bytes[i]! | ((bytes[i + 1]! & 0x0f) << 8);
      const high = (bytes[i + 1]! >> 4) | (bytes[i + 2]! << 4);
      if (low < Q) f[count++] = low;
      if (high < Q && count < N) f[count++] = high;
    }
    if (count === N) return f;
  }
}

/**
 * A polynomial with small coefficients, -2 to 2, from a secret seed and an index. FIPS 203 algorithm 8, with
 * eta 2
 */
export function sampleSmall(seed: Uint8Array, index: number): Poly {
  const bytes = shake256
    .create({ dkLen: N / 2 })
    .update(seed)
    .update(Uint8Array.of(index))
    .digest();
  const f = new Int16Array(N);
  for (let i = 0; i < N; i++) {
    const bits = bytes[i >> 1]! >> (4 * (i & 1));
    f[i] = (bits & 1) + ((bits >> 1) & 1) - ((bits >> 2) & 1) - ((bits >> 3) & 1);
  }
  return f;
}

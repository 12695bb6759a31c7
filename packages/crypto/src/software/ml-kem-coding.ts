import { canonical, N, type Poly, Q } from './ml-kem-ring.ts';

const { floor, imul } = Math;

/** Length of a polynomial with 12 bits for each coefficient, bytes. */
export const POLY_BYTES = 384;

/** Encode coefficients in so many bits, lowest bit first. FIPS 203 algorithm 5 */
export function encode(f: Poly, bits: number, out: Uint8Array, at: number): void {
  let word = 0;
  let held = 0;
  let end = at;
  for (let i = 0; i < N; i++) {
    word |= f[i]! << held;
    held += bits;
    for (; held >= 8; held -= 8, word >>>= 8) out[end++] = word & 0xff;
  }
}

/** The inverse of `encode`. FIPS 203 algorithm 6 */
export function decode(bytes: Uint8Array, at: number, bits: number): Poly {
  const f = new Int16Array(N);
  const mask = (1 << bits) - 1;
  let word = 0;
  let held = 0;
  let next = at;
  for (let i = 0; i < N; i++) {
    for (; held < bits; held += 8) word |= bytes[next++]! << held;
    f[i] = word & mask;
    word >>>= bits;
    held -= bits;
  }
  return f;
}

/** Encode coefficients in 12 bits, as numbers from 0 to `Q` - 1. */
export function encodeExact(f: Poly, out: Uint8Array, at: number): void {
  for (let i = 0; i < N; i++) f[i] = canonical(f[i]!);
  encode(f, 12, out, at);
}

/** Whether all coefficients of 12 bits are below `Q`. */
export function isReduced(f: Poly): boolean {
  for (let i = 0; i < N; i++) if (f[i]! >= Q) return false;
  return true;
}

/**
 * Round each coefficient to so many bits (1, 4 or 10), in place. The time of a division depends on its
 * operands, so that the quotient by `Q` is computed as a product with 2^32/`Q`, which is exact for these
 * sizes. FIPS 203 §4.2.1
 */
export function compress(f: Poly, bits: number): void {
  const mask = (1 << bits) - 1;
  for (let i = 0; i < N; i++) {
    const scaled = (canonical(f[i]!) << bits) + (Q >> 1) + 1;
    f[i] = floor((scaled * RECIPROCAL) / 2 ** 32) & mask;
  }
}

/** The approximate inverse of `compress`. FIPS 203 §4.2.1 */
export function decompress(f: Poly, bits: number): void {
  const half = 1 << (bits - 1);
  for (let i = 0; i < N; i++) f[i] = (imul(f[i]!, Q) + half) >> bits;
}

/** 2^32 divided by `Q`, rounded down. */
const RECIPROCAL = 1_290_167;

/**
 * `Math.imul` is looked up once, because a look-up of a global takes longer than the product when code runs
 * in a sandbox.
 */
const { imul } = Math;

/** Number of coefficients of a polynomial. FIPS 203 §2.3 */
export const N = 256;
/** The prime modulus of the coefficients. */
export const Q = 3329;

/** A polynomial, or its transform: integers, also negative ones, that represent residues modulo `Q`. */
export type Poly = Int16Array;

/** The inverse of `Q` modulo 2^16. */
const Q_INVERSE = 62209;
/** 2^32 modulo `Q`: a Montgomery product with it converts a number to Montgomery form. */
const TO_MONTGOMERY = 1353;
/** 2^32/128 modulo `Q`: the factor that remains to be multiplied after the inverse transform. */
const INVERSE_SCALE = 1441;

/**
 * Montgomery reduction: `a`/2^16 modulo `Q`, between -Q and Q, for a product of a 16-bit number with one
 * below `Q`.
 */
function reduceMontgomery(a: number): number {
  const t = (imul(a, Q_INVERSE) << 16) >> 16;
  return (a - imul(t, Q)) >> 16;
}

function multiply(a: number, b: number): number {
  return reduceMontgomery(imul(a, b));
}

/**
 * The residue nearest to 0 of a 16-bit number. It does not divide, because the time of a division could
 * reveal a secret.
 */
function reduce(a: number): number {
  return a - imul((imul(a, 20159) + 0x2000000) >> 26, Q);
}

/** Powers of 17, the 256th root of unity, in bit-reversed order and Montgomery form. FIPS 203 appendix A */
const ZETAS: Int16Array = computeZetas();

function computeZetas(): Int16Array {
  const zetas = new Int16Array(128);
  for (let i = 0; i < 128; i++) {
    let exponent = 0;
    for (let bit = 0; bit < 7; bit++) exponent |= ((i >> bit) & 1) << (6 - bit);
    let power = 65_536 % Q;
    for (; exponent > 0; exponent--) power = (power * 17) % Q;
    zetas[i] = power > Q / 2 ? power - Q : power;
  }
  return zetas;
}

/** The number-theoretic transform, in place. FIPS 203 algorithm 9 */
export function transform(f: Poly): void {
  let k = 1;
  for (let length = 128; length >= 2; length >>= 1) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = ZETAS[k++]!;
      for (let j = start; j < start + length; j++) {
        const t = multiply(zeta, f[j + length]!);
        f[j + length] = f[j]! - t;
        f[j] = f[j]! + t;
      }
    }
  }
  reduceAll(f);
}

/** The inverse transform of a sum that `addProduct` made, in place. FIPS 203 algorithm 10 */
export function transformBack(f: Poly): void {
  let k = 127;
  for (let length = 2; length <= 128; length <<= 1) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = ZETAS[k--]!;
      for (let j = start; j < start + length; j++) {
        const t = f[j]!;
        f[j] = reduce(t + f[j + length]!);
        f[j + length] = multiply(zeta, f[j + length]! - t);
      }
    }
  }
  for (let i = 0; i < N; i++) f[i] = multiply(f[i]!, INVERSE_SCALE);
}

/** Add the product of two transforms, divided by 2^16. FIPS 203 algorithms 11, 12 */
export function addProduct(sum: Poly, a: Poly, b: Poly): void {
  for (let i = 0; i < 64; i++) {
    const zeta = ZETAS[64 + i]!;
    addPair(sum, a, b, 4 * i, zeta);
    addPair(sum, a, b, 4 * i + 2, -zeta);
  }
}

function addPair(sum: Poly, a: Poly, b: Poly, at: number, zeta: number): void {
  const [a0, a1, b0, b1] = [a[at]!, a[at + 1]!, b[at]!, b[at + 1]!];
  sum[at] = reduce(sum[at]! + multiply(multiply(a1, b1), zeta) + multiply(a0, b0));
  sum[at + 1] = reduce(sum[at + 1]! + multiply(a0, b1) + multiply(a1, b0));
}

/** Multiply by 2^16, by which a product of transforms was divided. */
export function restore(f: Poly): void {
  for (let i = 0; i < N; i++) f[i] = multiply(f[i]!, TO_MONTGOMERY);
}

export function add(sum: Poly, f: Poly): void {
  for (let i = 0; i < N; i++) sum[i] = reduce(sum[i]! + f[i]!);
}

export function subtract(difference: Poly, f: Poly): void {
  for (let i = 0; i < N; i++) difference[i] = reduce(difference[i]! - f[i]!);
}

/** The coefficient as a number from 0 to `Q` - 1. */
export function canonical(coefficient: number): number {
  const near = reduce(coefficient);
  return near + ((near >> 15) & Q);
}

function reduceAll(f: Poly): void {
  for (let i = 0; i < N; i++) f[i] = reduce(f[i]!);
}

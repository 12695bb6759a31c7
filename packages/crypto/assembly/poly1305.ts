// Poly1305, RFC 8439 §2.5: limbs of 26 bits in 64-bit words, two blocks a step: (h + m1)·r² + m2·r.
import { SCRATCH } from './memory';

/** Of r and r², each limb, and five times each limb; then the accumulator h. */
const R: usize = SCRATCH + 512;
const R5: usize = R + 40;
const S: usize = R5 + 40;
const S5: usize = S + 40;
const H: usize = S5 + 40;
/** The second half of the one-time key. */
const PAD: usize = H + 40;
const MASK: u64 = 0x3ffffff;

function limb(base: usize, i: i32): u64 {
  return load<u64>(base + ((<usize>i) << 3));
}

/** Take the one-time key, 32 bytes at `key`, and begin. */
export function startPoly(key: usize): void {
  const low = load<u64>(key) & 0x0ffffffc0fffffff;
  const high = load<u64>(key, 8) & 0x0ffffffc0ffffffc;
  store<u64>(R, low & MASK);
  store<u64>(R, (low >> 26) & MASK, 8);
  store<u64>(R, ((low >> 52) | (high << 12)) & MASK, 16);
  store<u64>(R, (high >> 14) & MASK, 24);
  store<u64>(R, high >> 40, 32);
  for (let i = 0; i < 5; i++) store<u64>(R5 + ((<usize>i) << 3), limb(R, i) * 5);
  store<u64>(PAD, load<u64>(key, 16));
  store<u64>(PAD, load<u64>(key, 24), 8);
  // r² is what a first block of r alone would leave.
  for (let i = 0; i < 5; i++) store<u64>(H + ((<usize>i) << 3), limb(R, i));
  multiplyByR();
  for (let i = 0; i < 5; i++) {
    const value = limb(H, i);
    store<u64>(S + ((<usize>i) << 3), value);
    store<u64>(S5 + ((<usize>i) << 3), value * 5);
    store<u64>(H + ((<usize>i) << 3), 0);
  }
}

/** Carry what products leave, and keep it as h. */
function keep(d0: u64, d1: u64, d2: u64, d3: u64, d4: u64): void {
  d1 += d0 >> 26;
  d0 &= MASK;
  d2 += d1 >> 26;
  d1 &= MASK;
  d3 += d2 >> 26;
  d2 &= MASK;
  d4 += d3 >> 26;
  d3 &= MASK;
  d0 += (d4 >> 26) * 5;
  d4 &= MASK;
  d1 += d0 >> 26;
  d0 &= MASK;
  store<u64>(H, d0);
  store<u64>(H, d1, 8);
  store<u64>(H, d2, 16);
  store<u64>(H, d3, 24);
  store<u64>(H, d4, 32);
}

function multiplyByR(): void {
  const h0 = limb(H, 0);
  const h1 = limb(H, 1);
  const h2 = limb(H, 2);
  const h3 = limb(H, 3);
  const h4 = limb(H, 4);
  keep(
    h0 * limb(R, 0) + h1 * limb(R5, 4) + h2 * limb(R5, 3) + h3 * limb(R5, 2) + h4 * limb(R5, 1),
    h0 * limb(R, 1) + h1 * limb(R, 0) + h2 * limb(R5, 4) + h3 * limb(R5, 3) + h4 * limb(R5, 2),
    h0 * limb(R, 2) + h1 * limb(R, 1) + h2 * limb(R, 0) + h3 * limb(R5, 4) + h4 * limb(R5, 3),
    h0 * limb(R, 3) + h1 * limb(R, 2) + h2 * limb(R, 1) + h3 * limb(R, 0) + h4 * limb(R5, 4),
    h0 * limb(R, 4) + h1 * limb(R, 3) + h2 * limb(R, 2) + h3 * limb(R, 1) + h4 * limb(R, 0),
  );
}

/** Add `count` blocks of 16 bytes at `at`. */
export function absorbBlocks(at: usize, count: i32): void {
  if ((count & 1) !== 0) {
    absorbBlock(at);
    at += 16;
  }
  let h0 = limb(H, 0);
  let h1 = limb(H, 1);
  let h2 = limb(H, 2);
  let h3 = limb(H, 3);
  let h4 = limb(H, 4);
  for (let pairs = count >> 1; pairs > 0; pairs--, at += 32) {
    let low = load<u64>(at);
    let high = load<u64>(at, 8);
    h0 += low & MASK;
    h1 += (low >> 26) & MASK;
    h2 += ((low >> 52) | (high << 12)) & MASK;
    h3 += (high >> 14) & MASK;
    h4 += (high >> 40) | 0x1000000;
    low = load<u64>(at, 16);
    high = load<u64>(at, 24);
    const m0 = low & MASK;
    const m1 = (low >> 26) & MASK;
    const m2 = ((low >> 52) | (high << 12)) & MASK;
    const m3 = (high >> 14) & MASK;
    const m4 = (high >> 40) | 0x1000000;
    let d0 = m0 * limb(R, 0) + m1 * limb(R5, 4) + m2 * limb(R5, 3) + m3 * limb(R5, 2) + m4 * limb(R5, 1);
    let d1 = m0 * limb(R, 1) + m1 * limb(R, 0) + m2 * limb(R5, 4) + m3 * limb(R5, 3) + m4 * limb(R5, 2);
    let d2 = m0 * limb(R, 2) + m1 * limb(R, 1) + m2 * limb(R, 0) + m3 * limb(R5, 4) + m4 * limb(R5, 3);
    let d3 = m0 * limb(R, 3) + m1 * limb(R, 2) + m2 * limb(R, 1) + m3 * limb(R, 0) + m4 * limb(R5, 4);
    let d4 = m0 * limb(R, 4) + m1 * limb(R, 3) + m2 * limb(R, 2) + m3 * limb(R, 1) + m4 * limb(R, 0);
    d0 += h0 * limb(S, 0) + h1 * limb(S5, 4) + h2 * limb(S5, 3) + h3 * limb(S5, 2) + h4 * limb(S5, 1);
    d1 += h0 * limb(S, 1) + h1 * limb(S, 0) + h2 * limb(S5, 4) + h3 * limb(S5, 3) + h4 * limb(S5, 2);
    d2 += h0 * limb(S, 2) + h1 * limb(S, 1) + h2 * limb(S, 0) + h3 * limb(S5, 4) + h4 * limb(S5, 3);
    d3 += h0 * limb(S, 3) + h1 * limb(S, 2) + h2 * limb(S, 1) + h3 * limb(S, 0) + h4 * limb(S5, 4);
    d4 += h0 * limb(S, 4) + h1 * limb(S, 3) + h2 * limb(S, 2) + h3 * limb(S, 1) + h4 * limb(S, 0);
    d1 += d0 >> 26;
    d2 += d1 >> 26;
    d3 += d2 >> 26;
    d4 += d3 >> 26;
    d0 = (d0 & MASK) + (d4 >> 26) * 5;
    h0 = d0 & MASK;
    h1 = (d1 & MASK) + (d0 >> 26);
    h2 = d2 & MASK;
    h3 = d3 & MASK;
    h4 = d4 & MASK;
  }
  store<u64>(H, h0);
  store<u64>(H, h1, 8);
  store<u64>(H, h2, 16);
  store<u64>(H, h3, 24);
  store<u64>(H, h4, 32);
}

function absorbBlock(at: usize): void {
  const low = load<u64>(at);
  const high = load<u64>(at, 8);
  store<u64>(H, limb(H, 0) + (low & MASK));
  store<u64>(H, limb(H, 1) + ((low >> 26) & MASK), 8);
  store<u64>(H, limb(H, 2) + (((low >> 52) | (high << 12)) & MASK), 16);
  store<u64>(H, limb(H, 3) + ((high >> 14) & MASK), 24);
  store<u64>(H, limb(H, 4) + ((high >> 40) | 0x1000000), 32);
  multiplyByR();
}

/** Write the tag, 16 bytes, to `at`. */
export function finishPoly(at: usize): void {
  let h0 = limb(H, 0);
  let h1 = limb(H, 1);
  let h2 = limb(H, 2);
  let h3 = limb(H, 3);
  let h4 = limb(H, 4);
  h2 += h1 >> 26;
  h1 &= MASK;
  h3 += h2 >> 26;
  h2 &= MASK;
  h4 += h3 >> 26;
  h3 &= MASK;
  h0 += (h4 >> 26) * 5;
  h4 &= MASK;
  h1 += h0 >> 26;
  h0 &= MASK;
  // h + 5 reaches 2^130 exactly when h is at least 2^130 - 5; then it is the remainder.
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26);
  g0 &= MASK;
  let g2 = h2 + (g1 >> 26);
  g1 &= MASK;
  let g3 = h3 + (g2 >> 26);
  g2 &= MASK;
  let g4 = h4 + (g3 >> 26);
  g3 &= MASK;
  const take: u64 = 0 - (g4 >> 26);
  g4 &= MASK;
  h0 ^= (h0 ^ g0) & take;
  h1 ^= (h1 ^ g1) & take;
  h2 ^= (h2 ^ g2) & take;
  h3 ^= (h3 ^ g3) & take;
  h4 ^= (h4 ^ g4) & take;
  const low = h0 | (h1 << 26) | (h2 << 52);
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40);
  const sum = low + load<u64>(PAD);
  const carry: u64 = sum < low ? 1 : 0;
  store<u64>(at, sum);
  store<u64>(at, high + load<u64>(PAD, 8) + carry, 8);
}

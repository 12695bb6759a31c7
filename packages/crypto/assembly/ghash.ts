// GHASH, SP 800-38D §6.4, with tables of 16 entries that a vector holds whole, so that no address depends on a secret.
//
// In the order of GCM, bit 7 of byte 0 is the coefficient of x^0. A nibble of byte j times H is 17 bytes from byte j on,
// which do not depend on j: byte t of the product of each nibble value is one vector. A look-up of all 16 nibbles of a
// block in it gives their bytes t, to be added to the bytes j + t of the product.
import { SCRATCH } from './memory';

/** H^4, H^3, H^2 and H: of each, 17 vectors for high nibbles and 17 for low ones. */
const LOW: usize = 17 * 16;
const POWER: usize = 34 * 16;
export const GHASH_BYTES: i32 = 4 * 34 * 16;

const MULTIPLES: usize = SCRATCH + 512;
const MULTIPLE_BYTES: usize = 32;

function lookUp(table: usize, offset: usize, indices: v128): v128 {
  return i8x16.swizzle(v128.load(table + offset), indices);
}

function highNibbles(block: v128): v128 {
  return v128.and(i16x8.shr_u(block, 4), i8x16.splat(15));
}

function lowNibbles(block: v128): v128 {
  return v128.and(block, i8x16.splat(15));
}

/** Multiply four blocks by H^4, H^3, H^2 and H, and add the products. */
function multiplyFour(tables: usize, first: v128, second: v128, third: v128, fourth: v128): v128 {
  const high1 = highNibbles(first);
  const low1 = lowNibbles(first);
  const high2 = highNibbles(second);
  const low2 = lowNibbles(second);
  const high3 = highNibbles(third);
  const low3 = lowNibbles(third);
  const high4 = highNibbles(fourth);
  const low4 = lowNibbles(fourth);
  const zero = i64x2(0, 0);
  let low = zero;
  let high = zero;
  for (let at = tables + 256; at >= tables; at -= 16) {
    // The bytes that are there already are one further.
    high = i8x16.shuffle(low, high, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    low = i8x16.shuffle(zero, low, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    low = v128.xor(low, v128.xor(lookUp(at, 0, high1), lookUp(at, LOW, low1)));
    low = v128.xor(low, v128.xor(lookUp(at, POWER, high2), lookUp(at, POWER + LOW, low2)));
    low = v128.xor(low, v128.xor(lookUp(at, 2 * POWER, high3), lookUp(at, 2 * POWER + LOW, low3)));
    low = v128.xor(low, v128.xor(lookUp(at, 3 * POWER, high4), lookUp(at, 3 * POWER + LOW, low4)));
  }
  return reduce(low, high);
}

/** The remainder of low + high·x^128 by x^128 + x^7 + x^2 + x + 1. */
function reduce(low: v128, high: v128): v128 {
  // With the bytes in reverse, a lane is a number of 64 bits whose highest bit is the lowest coefficient.
  const h = i8x16.shuffle(high, high, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const product = v128.xor(v128.xor(h, i64x2.shr_u(h, 1)), v128.xor(i64x2.shr_u(h, 2), i64x2.shr_u(h, 7)));
  const carry = v128.xor(v128.xor(i64x2.shl(h, 63), i64x2.shl(h, 62)), i64x2.shl(h, 57));
  // The carry of the lower coefficients goes to the higher lane; that of the higher ones is reduced once more.
  const again = i64x2.shuffle(i64x2(0, 0), carry, 0, 2);
  const folded = v128.xor(
    v128.xor(again, i64x2.shr_u(again, 1)),
    v128.xor(i64x2.shr_u(again, 2), i64x2.shr_u(again, 7)),
  );
  const across = i64x2.shuffle(carry, i64x2(0, 0), 1, 2);
  const sum = v128.xor(product, v128.xor(folded, across));
  return v128.xor(low, i8x16.shuffle(sum, sum, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

/** The hash of the blocks from `at` to `end`, at least one. */
export function ghash(tables: usize, at: usize, end: usize): v128 {
  const zero = i64x2(0, 0);
  const odd = <i32>((end - at) >> 4) & 3;
  let hash = zero;
  if (odd != 0) {
    const first = odd == 3 ? v128.load(at) : zero;
    const second = odd == 1 ? zero : v128.load(at + <usize>((odd - 2) << 4));
    at += <usize>(odd << 4);
    hash = multiplyFour(tables, zero, first, second, v128.load(at - 16));
  }
  for (; at < end; at += 64)
    hash = multiplyFour(
      tables,
      v128.xor(hash, v128.load(at)),
      v128.load(at, 16),
      v128.load(at, 32),
      v128.load(at, 48),
    );
  return hash;
}

/** Write the tables of the hash key and its powers. */
export function writeTables(tables: usize, hashKey: v128): void {
  // Where a power has no table yet, it is multiplied by a block of zeros, and that must give zeros.
  memory.fill(tables, 0, GHASH_BYTES);
  let power = hashKey;
  for (let i = 3; ; i--) {
    writeTable(tables + <usize>i * POWER, power);
    if (i == 0) break;
    power = multiplyFour(tables, i64x2(0, 0), i64x2(0, 0), i64x2(0, 0), power);
  }
}

/** Write the vectors of one multiplier. */
function writeTable(table: usize, multiplier: v128): void {
  const zero = i64x2(0, 0);
  const before = i8x16.shuffle(
    zero,
    multiplier,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
  );
  for (let i = 0; i < 8; i++) {
    const at = MULTIPLES + <usize>i * MULTIPLE_BYTES;
    v128.store(at, v128.or(i8x16.shr_u(multiplier, i), i == 0 ? zero : i8x16.shl(before, 8 - i)));
    store<u8>(at, <u8>(((<i32>i8x16.extract_lane_u(multiplier, 15)) << (8 - i)) & 255), 16);
  }
  for (let t: usize = 0; t < 17; t++) {
    v128.store(table + (t << 4), nibbleMultiples(MULTIPLES + t));
    v128.store(table + LOW + (t << 4), nibbleMultiples(MULTIPLES + t + 4 * MULTIPLE_BYTES));
  }
}

/** The sums of four bytes, 32 apart, that the bits of each nibble value choose, its highest bit the first. */
function nibbleMultiples(at: usize): v128 {
  const first = v128.and(v128.load8_splat(at), i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1));
  const second = v128.and(
    v128.load8_splat(at, MULTIPLE_BYTES),
    i8x16(0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1),
  );
  const third = v128.and(
    v128.load8_splat(at, 2 * MULTIPLE_BYTES),
    i8x16(0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1),
  );
  const fourth = v128.and(
    v128.load8_splat(at, 3 * MULTIPLE_BYTES),
    i8x16(0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1),
  );
  return v128.xor(v128.xor(first, second), v128.xor(third, fourth));
}

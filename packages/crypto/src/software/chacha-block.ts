/**
 * One ChaCha20 block: `out[0..15]` becomes the keystream words (little-endian in bytes) for the sixteen words
 * of `state`, which does not change. RFC 8439 §2.3
 *
 * The sixteen words are local variables and the rounds are written out, because engines keep local variables
 * in registers, but not the elements of an array.
 */
export function chachaBlock(state: Uint32Array, out: Uint32Array): void {
  // oxfmt-ignore
  let x0 = state[0]! | 0, x1 = state[1]! | 0, x2 = state[2]! | 0, x3 = state[3]! | 0;
  // oxfmt-ignore
  let x4 = state[4]! | 0, x5 = state[5]! | 0, x6 = state[6]! | 0, x7 = state[7]! | 0;
  // oxfmt-ignore
  let x8 = state[8]! | 0, x9 = state[9]! | 0, x10 = state[10]! | 0, x11 = state[11]! | 0;
  // oxfmt-ignore
  let x12 = state[12]! | 0, x13 = state[13]! | 0, x14 = state[14]! | 0, x15 = state[15]! | 0;
  for (let round = 0; round < 20; round += 2) {
    x12 = ((x12 ^= x0 = (x0 + x4) | 0) << 16) | (x12 >>> 16);
    x4 = ((x4 ^= x8 = (x8 + x12) | 0) << 12) | (x4 >>> 20);
    x12 = ((x12 ^= x0 = (x0 + x4) | 0) << 8) | (x12 >>> 24);
    x4 = ((x4 ^= x8 = (x8 + x12) | 0) << 7) | (x4 >>> 25);
    x13 = ((x13 ^= x1 = (x1 + x5) | 0) << 16) | (x13 >>> 16);
    x5 = ((x5 ^= x9 = (x9 + x13) | 0) << 12) | (x5 >>> 20);
    x13 = ((x13 ^= x1 = (x1 + x5) | 0) << 8) | (x13 >>> 24);
    x5 = ((x5 ^= x9 = (x9 + x13) | 0) << 7) | (x5 >>> 25);
    x14 = ((x14 ^= x2 = (x2 + x6) | 0) << 16) | (x14 >>> 16);
    x6 = ((x6 ^= x10 = (x10 + x14) | 0) << 12) | (x6 >>> 20);
    x14 = ((x14 ^= x2 = (x2 + x6) | 0) << 8) | (x14 >>> 24);
    x6 = ((x6 ^= x10 = (x10 + x14) | 0) << 7) | (x6 >>> 25);
    x15 = ((x15 ^= x3 = (x3 + x7) | 0) << 16) | (x15 >>> 16);
    x7 = ((x7 ^= x11 = (x11 + x15) | 0) << 12) | (x7 >>> 20);
    x15 = ((x15 ^= x3 = (x3 + x7) | 0) << 8) | (x15 >>> 24);
    x7 = ((x7 ^= x11 = (x11 + x15) | 0) << 7) | (x7 >>> 25);
    x15 = ((x15 ^= x0 = (x0 + x5) | 0) << 16) | (x15 >>> 16);
    x5 = ((x5 ^= x10 = (x10 + x15) | 0) << 12) | (x5 >>> 20);
    x15 = ((x15 ^= x0 = (x0 + x5) | 0) << 8) | (x15 >>> 24);
    x5 = ((x5 ^= x10 = (x10 + x15) | 0) << 7) | (x5 >>> 25);
    x12 = ((x12 ^= x1 = (x1 + x6) | 0) << 16) | (x12 >>> 16);
    x6 = ((x6 ^= x11 = (x11 + x12) | 0) << 12) | (x6 >>> 20);
    x12 = ((x12 ^= x1 = (x1 + x6) | 0) << 8) | (x12 >>> 24);
    x6 = ((x6 ^= x11 = (x11 + x12) | 0) << 7) | (x6 >>> 25);
    x13 = ((x13 ^= x2 = (x2 + x7) | 0) << 16) | (x13 >>> 16);
    x7 = ((x7 ^= x8 = (x8 + x13) | 0) << 12) | (x7 >>> 20);
    x13 = ((x13 ^= x2 = (x2 + x7) | 0) << 8) | (x13 >>> 24);
    x7 = ((x7 ^= x8 = (x8 + x13) | 0) << 7) | (x7 >>> 25);
    x14 = ((x14 ^= x3 = (x3 + x4) | 0) << 16) | (x14 >>> 16);
    x4 = ((x4 ^= x9 = (x9 + x14) | 0) << 12) | (x4 >>> 20);
    x14 = ((x14 ^= x3 = (x3 + x4) | 0) << 8) | (x14 >>> 24);
    x4 = ((x4 ^= x9 = (x9 + x14) | 0) << 7) | (x4 >>> 25);
  }
  addRow(state, out, 0, x0, x1, x2, x3);
  addRow(state, out, 4, x4, x5, x6, x7);
  addRow(state, out, 8, x8, x9, x10, x11);
  addRow(state, out, 12, x12, x13, x14, x15);
}

/** Store four words of the result, with the state added, at `at`. */
function addRow(
  state: Uint32Array,
  out: Uint32Array,
  at: number,
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  out[at] = a + state[at]!;
  out[at + 1] = b + state[at + 1]!;
  out[at + 2] = c + state[at + 2]!;
  out[at + 3] = d + state[at + 3]!;
}

/** The state for a 32-byte key, with counter and nonce words zero. RFC 8439 §2.3 */
export function createChachaState(key: Uint8Array): Uint32Array {
  if (key.length !== 32) throw new RangeError(`ChaCha20 key of ${key.length} bytes`);
  const state = new Uint32Array(16);
  state[0] = 0x61707865;
  state[1] = 0x3320646e;
  state[2] = 0x79622d32;
  state[3] = 0x6b206574;
  for (let i = 0; i < 8; i++) state[4 + i] = littleEndianWord(key, 4 * i);
  return state;
}

/** The four bytes at `at` as an unsigned number, least significant first. */
export function littleEndianWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

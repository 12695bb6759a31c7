// One block of AES at a time, for header protection. No look-up depends on a secret. FIPS 197 §5.1
import { expandKey } from './aes-key';
import { PAYLOAD } from './memory';
import { substitute } from './s-box';

const ROUNDS: usize = 0;
const SCHEDULE: usize = 16;

/** Expand a header protection key of 16 or 32 bytes, which lies at `PAYLOAD`, into a slot. */
export function setMaskKey(slot: usize, keyBytes: i32): void {
  store<i32>(slot + ROUNDS, expandKey(PAYLOAD, keyBytes, slot + SCHEDULE));
}

/** Encrypt the block at `PAYLOAD`. RFC 9001 §5.4.3 */
export function encryptBlock(slot: usize): void {
  const rounds = load<i32>(slot + ROUNDS);
  let at = slot + SCHEDULE;
  let block = v128.xor(v128.load(PAYLOAD), v128.load(at));
  for (let round = 1; round < rounds; round++) {
    at += 16;
    block = v128.xor(mixColumns(shiftRows(substitute(block))), v128.load(at));
  }
  v128.store(PAYLOAD, v128.xor(shiftRows(substitute(block)), v128.load(at, 16)));
}

function shiftRows(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));
}

function mixColumns(v: v128): v128 {
  const next = i8x16.swizzle(v, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
  const sum = v128.xor(v, next);
  const opposite = i8x16.swizzle(sum, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  const carried = v128.and(i8x16.lt_s(sum, i64x2(0, 0)), i8x16.splat(0x1b));
  return v128.xor(v128.xor(i8x16.add(sum, sum), carried), v128.xor(next, opposite));
}

// AES-GCM over the packet in memory, SP 800-38D §7. A slot holds the IV, the number of rounds, the tables of GHASH and the
// bitsliced schedule.
import { encryptEight } from './aes';
import { expandBitsliced } from './aes-key';
import { alignHeader, closePayload } from './authenticated';
import { transposeBits } from './bit-slices';
import { ghash, GHASH_BYTES, writeTables } from './ghash';
import { PAYLOAD, SCRATCH } from './memory';

const ROUNDS: usize = 12;
const TABLES: usize = 16;
const SCHEDULE: usize = TABLES + <usize>GHASH_BYTES;
/** Eight blocks of keystream. */
const STREAM: usize = SCRATCH;

/** Expand a key of 16 or 32 bytes, which lies with the IV behind it at `PAYLOAD`, into a slot. */
export function setAesKey(slot: usize, keyBytes: i32): void {
  store<i32>(slot + ROUNDS, expandBitsliced(PAYLOAD, keyBytes, slot + SCHEDULE));
  memory.fill(STREAM, 0, 128);
  encryptEight(slot + SCHEDULE, load<i32>(slot + ROUNDS), STREAM);
  transposeBits(STREAM);
  writeTables(slot + TABLES, v128.load(STREAM));
  memory.copy(slot, PAYLOAD + <usize>keyBytes, 12);
}

/** Encrypt the payload, and write the tag behind it. */
export function sealAes(slot: usize, numberHigh: i32, numberLow: i32, header: i32, payload: i32): void {
  const mask = applyKeystream(slot, numberHigh, numberLow, payload);
  v128.store(PAYLOAD + <usize>payload, v128.xor(mask, hash(slot, header, payload)));
}

/** Decrypt the payload before its tag; 0, and the payload is not to be used, when the tag does not fit. */
export function openAes(slot: usize, numberHigh: i32, numberLow: i32, header: i32, payload: i32): i32 {
  const tag = v128.load(PAYLOAD + <usize>payload);
  const computed = hash(slot, header, payload);
  const mask = applyKeystream(slot, numberHigh, numberLow, payload);
  return v128.any_true(v128.xor(tag, v128.xor(mask, computed))) ? 0 : 1;
}

function hash(slot: usize, header: i32, payload: i32): v128 {
  const from = alignHeader(header);
  const end = closePayload(payload, bswap<u64>((<u64>header) << 3), bswap<u64>((<u64>payload) << 3));
  return ghash(slot + TABLES, from, end);
}

/** Exclusive-or the keystream into the payload; the block of counter 1, which masks the tag. */
function applyKeystream(slot: usize, numberHigh: i32, numberLow: i32, payload: i32): v128 {
  const rounds = load<i32>(slot + ROUNDS);
  const nonce = v128.xor(v128.load(slot), i32x4(0, bswap<i32>(numberHigh), bswap<i32>(numberLow), 0));
  nextStream(slot, rounds, nonce, 1);
  const mask = v128.load(STREAM);
  let at = PAYLOAD;
  for (let from = STREAM + 16; from < STREAM + 128; from += 16, at += 16)
    v128.store(at, v128.xor(v128.load(at), v128.load(from)));
  const end = PAYLOAD + <usize>payload;
  for (let counter = 9; at < end; counter += 8) {
    nextStream(slot, rounds, nonce, counter);
    for (let from = STREAM; from < STREAM + 128; from += 16, at += 16)
      v128.store(at, v128.xor(v128.load(at), v128.load(from)));
  }
  return mask;
}

/** Eight blocks of keystream from a counter on. */
function nextStream(slot: usize, rounds: i32, nonce: v128, counter: i32): void {
  for (let i = 0; i < 8; i++)
    v128.store(STREAM + ((<usize>i) << 4), i32x4.replace_lane(nonce, 3, bswap<i32>(counter + i)));
  transposeBits(STREAM);
  encryptEight(slot + SCHEDULE, rounds, STREAM);
  transposeBits(STREAM);
}

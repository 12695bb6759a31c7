// AEAD_CHACHA20_POLY1305 over the packet in memory, RFC 8439 §2.8. A slot holds the key and then the IV.
import { alignHeader, closePayload } from './authenticated';
import { applyFourBlocks } from './chacha20';
import { PAYLOAD, SCRATCH } from './memory';
import { absorbBlocks, finishPoly, startPoly } from './poly1305';

const KEY_BYTES: usize = 32;
/** Keystream of the first four blocks: the one-time key, and what the first bytes of the payload take. */
const FIRST: usize = SCRATCH;
const FIRST_BYTES: i32 = 192;
const TAG: usize = SCRATCH + 256;

/** Encrypt the payload, and write the tag behind it. */
export function sealChacha(slot: usize, numberHigh: i32, numberLow: i32, header: i32, payload: i32): void {
  start(slot, numberHigh, numberLow);
  applyKeystream(slot, numberHigh, numberLow, payload);
  computeTag(header, payload);
  v128.store(PAYLOAD + <usize>payload, v128.load(TAG));
}

/** Decrypt the payload before its tag; 0, and nothing is decrypted, when the tag does not fit. */
export function openChacha(slot: usize, numberHigh: i32, numberLow: i32, header: i32, payload: i32): i32 {
  const tag = v128.load(PAYLOAD + <usize>payload);
  start(slot, numberHigh, numberLow);
  computeTag(header, payload);
  if (v128.any_true(v128.xor(tag, v128.load(TAG)))) return 0;
  applyKeystream(slot, numberHigh, numberLow, payload);
  return 1;
}

function nonceWord(slot: usize, i: i32, number: i32): i32 {
  return load<i32>(slot + KEY_BYTES + ((<usize>i) << 2)) ^ bswap<i32>(number);
}

function start(slot: usize, numberHigh: i32, numberLow: i32): void {
  memory.fill(FIRST, 0, 256);
  const nonce1 = nonceWord(slot, 1, numberHigh);
  applyFourBlocks(slot, 0, nonceWord(slot, 0, 0), nonce1, nonceWord(slot, 2, numberLow), FIRST);
  startPoly(FIRST);
}

function applyKeystream(slot: usize, numberHigh: i32, numberLow: i32, payload: i32): void {
  const nonce0 = nonceWord(slot, 0, 0);
  const nonce1 = nonceWord(slot, 1, numberHigh);
  const nonce2 = nonceWord(slot, 2, numberLow);
  for (let at: usize = PAYLOAD, from: usize = FIRST + 64; from < FIRST + 256; at += 16, from += 16)
    v128.store(at, v128.xor(v128.load(at), v128.load(from)));
  let counter = 4;
  for (let done = FIRST_BYTES; done < payload; done += 256, counter += 4)
    applyFourBlocks(slot, counter, nonce0, nonce1, nonce2, PAYLOAD + <usize>done);
}

function computeTag(header: i32, payload: i32): void {
  const from = alignHeader(header);
  const end = closePayload(payload, <u64>header, <u64>payload);
  absorbBlocks(from, <i32>(end - from) >> 4);
  finishPoly(TAG);
}

// The key schedule of AES, FIPS 197 §5.2, with the round keys bitsliced as `encryptEight` takes them.
import { SCRATCH } from './memory';
import { substitute } from './s-box';

/** The words of the schedule: at most 60 of AES-256. */
const WORDS: usize = SCRATCH;

function substituteWord(word: i32): i32 {
  return i32x4.extract_lane(substitute(i32x4.splat(word)), 0);
}

/** Expand the key of 16 or 32 bytes at `key` into the bitsliced `schedule`; the number of rounds. */
export function expandBitsliced(key: usize, keyBytes: i32, schedule: usize): i32 {
  const rounds = expandKey(key, keyBytes, WORDS);
  for (let round = 0; round <= rounds; round++)
    writeRoundKey(v128.load(WORDS + ((<usize>round) << 4)), round, schedule + ((<usize>round) << 7));
  return rounds;
}

/** Expand the key of 16 or 32 bytes at `key` into the words of `schedule`; the number of rounds. */
export function expandKey(key: usize, keyBytes: i32, schedule: usize): i32 {
  const keyWords = keyBytes >> 2;
  const rounds = keyWords + 6;
  memory.copy(schedule, key, <usize>keyBytes);
  let constant = 1;
  for (let i = keyWords; i < 4 * (rounds + 1); i++) {
    const at = schedule + ((<usize>i) << 2);
    let word = load<i32>(at - 4);
    if (i % keyWords == 0) {
      word = rotr<i32>(substituteWord(word), 8) ^ constant;
      constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
    } else if (keyWords == 8 && i % 8 == 4) word = substituteWord(word);
    store<i32>(at, load<i32>(at - <usize>keyBytes) ^ word);
  }
  return rounds;
}

/** Bit i of each byte, as a byte of ones or zeros, to the vector i at `at`. */
function writeRoundKey(roundKey: v128, round: i32, at: usize): void {
  // The affine constant of SubBytes survives ShiftRows and MixColumns, so that the next round key takes it.
  if (round > 0) roundKey = v128.xor(roundKey, i8x16.splat(0x63));
  for (let bit = 0; bit < 8; bit++) {
    const mask = i8x16.splat(<i8>((1 as i32) << bit));
    v128.store(at + ((<usize>bit) << 4), i8x16.eq(v128.and(roundKey, mask), mask));
  }
}

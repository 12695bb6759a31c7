/**
 * AES of single blocks; the key schedule is kept. FIPS 197. Table look-ups depend on the key, so that the
 * timing may leak to code that shares the processor's cache.
 */
export class AesBlock {
  private readonly schedule: Int32Array;

  /** `key` has 16 or 32 bytes. */
  constructor(key: Uint8Array) {
    this.schedule = expandKey(key);
  }

  /** Encrypt the big-endian words `words[0..3]` in place. */
  encrypt(words: Uint32Array): void {
    const k = this.schedule;
    const t0 = T0;
    const t1 = T1;
    const t2 = T2;
    const t3 = T3;
    let a = words[0]! ^ k[0]!;
    let b = words[1]! ^ k[1]!;
    let c = words[2]! ^ k[2]!;
    let d = words[3]! ^ k[3]!;
    const last = k.length - 4;
    for (let i = 4; i < last; i += 4) {
      const p = t0[a >>> 24]! ^ t1[(b >>> 16) & 255]! ^ t2[(c >>> 8) & 255]! ^ t3[d & 255]! ^ k[i]!;
      const q = t0[b >>> 24]! ^ t1[(c >>> 16) & 255]! ^ t2[(d >>> 8) & 255]! ^ t3[a & 255]! ^ k[i + 1]!;
      const r = t0[c >>> 24]! ^ t1[(d >>> 16) & 255]! ^ t2[(a >>> 8) & 255]! ^ t3[b & 255]! ^ k[i + 2]!;
      d = t0[d >>> 24]! ^ t1[(a >>> 16) & 255]! ^ t2[(b >>> 8) & 255]! ^ t3[c & 255]! ^ k[i + 3]!;
      a = p;
      b = q;
      c = r;
    }
    words[0] = substitute(a, b, c, d) ^ k[last]!;
    words[1] = substitute(b, c, d, a) ^ k[last + 1]!;
    words[2] = substitute(c, d, a, b) ^ k[last + 2]!;
    words[3] = substitute(d, a, b, c) ^ k[last + 3]!;
  }

  /** Decrypt the big-endian words `words[0..3]` in place; slower than `encrypt`. FIPS 197 §5.3 */
  decrypt(words: Uint32Array): void {
    const k = this.schedule;
    for (let round = k.length - 4; ; round -= 4) {
      let [a, b, c, d] = [0, 1, 2, 3].map((column) => words[column]! ^ k[round + column]!) as Columns;
      if (round === 0) {
        words.set([a, b, c, d]);
        return;
      }
      if (round < k.length - 4) [a, b, c, d] = [a, b, c, d].map(unmix) as Columns;
      words[0] = restore(a, d, c, b);
      words[1] = restore(b, a, d, c);
      words[2] = restore(c, b, a, d);
      words[3] = restore(d, c, b, a);
    }
  }
}

type Columns = [number, number, number, number];

/** The inverses of SubBytes and ShiftRows for one column. */
function restore(a: number, b: number, c: number, d: number): number {
  const s = INVERSE_SBOX;
  return (s[a >>> 24]! << 24) | (s[(b >>> 16) & 255]! << 16) | (s[(c >>> 8) & 255]! << 8) | s[d & 255]!;
}

/** The inverse of MixColumns for one column. FIPS 197 §5.3.3 */
function unmix(column: number): number {
  const bytes = [column >>> 24, (column >>> 16) & 255, (column >>> 8) & 255, column & 255];
  const even = double(double(bytes[0]! ^ bytes[2]!));
  const odd = double(double(bytes[1]! ^ bytes[3]!));
  const eased = bytes.map((byte, i) => byte ^ (i % 2 === 0 ? even : odd));
  const all = eased.reduce((sum, byte) => sum ^ byte, 0);
  return eased.reduce((word, byte, i) => (word << 8) | (byte ^ all ^ double(byte ^ eased[(i + 1) % 4]!)), 0);
}

/** The last round's SubBytes and ShiftRows for one column. */
function substitute(a: number, b: number, c: number, d: number): number {
  const s = SBOX;
  return (s[a >>> 24]! << 24) | (s[(b >>> 16) & 255]! << 16) | (s[(c >>> 8) & 255]! << 8) | s[d & 255]!;
}

/** The key schedule, FIPS 197 §5.2. */
function expandKey(key: Uint8Array): Int32Array {
  const keyWords = key.length / 4;
  if (keyWords !== 4 && keyWords !== 8) throw new RangeError(`AES key of ${key.length} bytes`);
  const schedule = new Int32Array(4 * (keyWords + 7));
  for (let i = 0; i < keyWords; i++) {
    schedule[i] = (key[4 * i]! << 24) | (key[4 * i + 1]! << 16) | (key[4 * i + 2]! << 8) | key[4 * i + 3]!;
  }
  let roundConstant = 1;
  for (let i = keyWords; i < schedule.length; i++) {
    let word = schedule[i - 1]!;
    if (i % keyWords === 0) {
      word = (word << 8) | (word >>> 24);
      word = substitute(word, word, word, word) ^ (roundConstant << 24);
      roundConstant = double(roundConstant);
    } else if (keyWords === 8 && i % 8 === 4) {
      word = substitute(word, word, word, word);
    }
    schedule[i] = schedule[i - keyWords]! ^ word;
  }
  return schedule;
}

/** Multiply by x in GF(2^8). */
function double(value: number): number {
  return ((value << 1) ^ (value & 0x80 ? 0x11b : 0)) & 0xff;
}

/**
 * The S-box, FIPS 197 §5.1.1: the inverse in GF(2^8), computed with the generator 3 and its inverse, then the
 * affine map.
 */
function buildSbox(): Uint8Array {
  const sbox = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power = power ^ double(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 0xff;
    if (inverse & 0x80) inverse ^= 0x09;
    const spread = inverse * 0x101;
    sbox[power] = inverse ^ (spread >>> 7) ^ (spread >>> 6) ^ (spread >>> 5) ^ (spread >>> 4) ^ 0x63;
  } while (power !== 1);
  sbox[0] = 0x63;
  return sbox;
}

function invert(sbox: Uint8Array): Uint8Array {
  const inverse = new Uint8Array(256);
  for (let i = 0; i < 256; i++) inverse[sbox[i]!] = i;
  return inverse;
}

/** SubBytes and MixColumns of the byte in one position of a column. */
function buildTable(rotation: number): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    const s = SBOX[i]!;
    const column = (double(s) << 24) | (s << 16) | (s << 8) | (s ^ double(s));
    table[i] = (column >>> rotation) | (column << (32 - rotation));
  }
  return table;
}

const SBOX = /* @__PURE__ */ buildSbox();
const INVERSE_SBOX = /* @__PURE__ */ invert(SBOX);
const T0 = /* @__PURE__ */ buildTable(0);
const T1 = /* @__PURE__ */ buildTable(8);
const T2 = /* @__PURE__ */ buildTable(16);
const T3 = /* @__PURE__ */ buildTable(24);

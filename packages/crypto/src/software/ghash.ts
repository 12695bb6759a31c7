/**
 * GHASH over byte ranges: multiplication in GF(2^128) by a fixed key, one byte at a time, through a table of
 * 256 multiples of the key (4 KiB). The table is indexed by secrets, so that the timing may leak to code that
 * shares the processor's cache. SP 800-38D §6.4
 */
export class Ghash {
  /** The state, as four big-endian words. */
  readonly words: Uint32Array = new Uint32Array(4);
  private readonly multiples: Int32Array;
  private readonly lastBlock: Uint8Array = new Uint8Array(16);

  /** `key` is the hash key as four big-endian words. */
  constructor(key: Uint32Array) {
    this.multiples = buildMultiples(key);
  }

  /** Reset the state. */
  reset(): void {
    this.words.fill(0);
  }

  /** Absorb `bytes[from, end)`, padded with zeros to whole blocks. */
  absorbPadded(bytes: Uint8Array, from: number, end: number): void {
    const wholeEnd = from + ((end - from) & ~15);
    this.absorbBlocks(bytes, from, wholeEnd);
    if (wholeEnd === end) return;
    const last = this.lastBlock;
    for (let i = 0; i < 16; i++) last[i] = wholeEnd + i < end ? bytes[wholeEnd + i]! : 0;
    this.absorbBlocks(last, 0, 16);
  }

  /** Absorb the block of two lengths in bits that ends GCM's input. SP 800-38D §7.1 */
  absorbLengths(additionalBytes: number, textBytes: number): void {
    const last = this.lastBlock;
    last.fill(0);
    for (let i = 0; i < 4; i++) {
      last[7 - i] = (8 * additionalBytes) >>> (8 * i);
      last[15 - i] = (8 * textBytes) >>> (8 * i);
    }
    this.absorbBlocks(last, 0, 16);
  }

  private absorbBlocks(bytes: Uint8Array, from: number, end: number): void {
    const words = this.words;
    const multiples = this.multiples;
    const remainders = REMAINDERS;
    for (let at = from; at < end; at += 16) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let w = 3, byteAt = at + 15; w >= 0; w--, byteAt -= 4) {
        const word = words[w]!;
        {
          const multiple = ((word & 255) ^ bytes[byteAt - 0]!) << 2;
          const remainder = remainders[d & 255]!;
          d = ((d >>> 8) | (c << 24)) ^ multiples[multiple + 3]!;
          c = ((c >>> 8) | (b << 24)) ^ multiples[multiple + 2]!;
          b = ((b >>> 8) | (a << 24)) ^ multiples[multiple + 1]!;
          a = (a >>> 8) ^ (remainder << 16) ^ multiples[multiple]!;
        }
        {
          const multiple = (((word >>> 8) & 255) ^ bytes[byteAt - 1]!) << 2;
          const remainder = remainders[d & 255]!;
          d = ((d >>> 8) | (c << 24)) ^ multiples[multiple + 3]!;
          c = ((c >>> 8) | (b << 24)) ^ multiples[multiple + 2]!;
          b = ((b >>> 8) | (a << 24)) ^ multiples[multiple + 1]!;
          a = (a >>> 8) ^ (remainder << 16) ^ multiples[multiple]!;
        }
        {
          const multiple = (((word >>> 16) & 255) ^ bytes[byteAt - 2]!) << 2;
          const remainder = remainders[d & 255]!;
          d = ((d >>> 8) | (c << 24)) ^ multiples[multiple + 3]!;
          c = ((c >>> 8) | (b << 24)) ^ multiples[multiple + 2]!;
          b = ((b >>> 8) | (a << 24)) ^ multiples[multiple + 1]!;
          a = (a >>> 8) ^ (remainder << 16) ^ multiples[multiple]!;
        }
        {
          const multiple = (((word >>> 24) & 255) ^ bytes[byteAt - 3]!) << 2;
          const remainder = remainders[d & 255]!;
          d = ((d >>> 8) | (c << 24)) ^ multiples[multiple + 3]!;
          c = ((c >>> 8) | (b << 24)) ^ multiples[multiple + 2]!;
          b = ((b >>> 8) | (a << 24)) ^ multiples[multiple + 1]!;
          a = (a >>> 8) ^ (remainder << 16) ^ multiples[multiple]!;
        }
      }
      words[0] = a;
      words[1] = b;
      words[2] = c;
      words[3] = d;
    }
  }
}

/** Word i of the product of byte n and the key at [4n + i]; the top bit of a byte is x^0. */
function buildMultiples(key: Uint32Array): Int32Array {
  const table = new Int32Array(1024);
  table.set(key, 4 * 128);
  for (let n = 64; n > 0; n >>= 1) {
    const [a, b, c, d] = [table[8 * n]!, table[8 * n + 1]!, table[8 * n + 2]!, table[8 * n + 3]!];
    table[4 * n] = (a >>> 1) ^ (d & 1 ? POLYNOMIAL : 0);
    table[4 * n + 1] = (b >>> 1) | (a << 31);
    table[4 * n + 2] = (c >>> 1) | (b << 31);
    table[4 * n + 3] = (d >>> 1) | (c << 31);
  }
  for (let power = 2; power < 256; power *= 2) {
    for (let n = 1; n < power; n++) {
      for (let i = 0; i < 4; i++) table[4 * (power + n) + i] = table[4 * power + i]! ^ table[4 * n + i]!;
    }
  }
  return table;
}

/** What eight bits that are shifted out become in the top 16 bits. */
function buildRemainders(): Uint16Array {
  const table = new Uint16Array(256);
  for (let n = 0; n < 256; n++) {
    let rest = n;
    let value = 0;
    for (let bit = 0; bit < 8; bit++) {
      value = (value >>> 1) ^ (rest & 1 ? POLYNOMIAL >>> 16 : 0);
      rest >>= 1;
    }
    table[n] = value;
  }
  return table;
}

/** x^128 as 1 + x + x^2 + x^7, bits reversed, in the top word. SP 800-38D §6.3 */
const POLYNOMIAL = 0xe1000000;
const REMAINDERS = /* @__PURE__ */ buildRemainders();

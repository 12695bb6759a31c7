/**
 * HalfSipHash-2-4: a keyed hash of 32 bits, of operations that every machine word has, so that a kernel's filter can
 * compute it as well. It hides which bytes of a connection ID name a worker; it authenticates nothing.
 */
export class HalfSipHash {
  private readonly key0: number;
  private readonly key1: number;
  /** The state v0 to v3. */
  private readonly v: Int32Array = new Int32Array(4);

  /** @param key - at least 8 bytes, of which the first 8 count. */
  constructor(key: Uint8Array) {
    this.key0 = wordAt(key, 0);
    this.key1 = wordAt(key, 4);
  }

  /** The hash of `bytes[at, at + length)`, as an integer from 0 to 2^32-1; its lowest byte is the first of the output. */
  of(bytes: Uint8Array, at: number, length: number): number {
    const { v, key0, key1 } = this;
    v[0] = key0;
    v[1] = key1;
    v[2] = 0x6c79_6765 ^ key0;
    v[3] = 0x7465_6462 ^ key1;
    const end = at + (length & ~3);
    for (let i = at; i < end; i += 4) this.absorb(wordAt(bytes, i));
    let last = length << 24;
    for (let i = 0; i < (length & 3); i++) last |= bytes[end + i]! << (8 * i);
    this.absorb(last);
    v[2] ^= 0xff;
    for (let i = 0; i < FINAL_ROUNDS; i++) this.round();
    return (v[1] ^ v[3]) >>> 0;
  }

  private absorb(word: number): void {
    this.v[3]! ^= word;
    for (let i = 0; i < ROUNDS; i++) this.round();
    this.v[0]! ^= word;
  }

  private round(): void {
    const { v } = this;
    let [v0, v1, v2, v3] = [v[0]!, v[1]!, v[2]!, v[3]!];
    v0 = (v0 + v1) | 0;
    v1 = v0 ^ ((v1 << 5) | (v1 >>> 27));
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = v2 ^ ((v3 << 8) | (v3 >>> 24));
    v0 = (v0 + v3) | 0;
    v3 = v0 ^ ((v3 << 7) | (v3 >>> 25));
    v2 = (v2 + v1) | 0;
    v1 = v2 ^ ((v1 << 13) | (v1 >>> 19));
    v2 = (v2 << 16) | (v2 >>> 16);
    v[0] = v0;
    v[1] = v1;
    v[2] = v2;
    v[3] = v3;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

const ROUNDS = 2;
const FINAL_ROUNDS = 4;

/** Bytes of a block of SHA-256. FIPS 180-4 §5.2.1 */
const BLOCK = 64;
const DIGEST = 32;
/** Bytes of padding: a bit, and the length in bits. */
const LEAST_PADDING = 9;

/**
 * HMAC with SHA-256 in TypeScript, for messages as short as those of a key schedule: a call into the host's library
 * costs more than the hash. No branch and no address depends on the key. RFC 2104
 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK ? sha256(key) : key;
  const block = BLOCK_BYTES;
  block.fill(0);
  block.set(short);
  for (let i = 0; i < BLOCK; i++) block[i] = block[i]! ^ 0x36;
  const inner = STATE;
  inner.set(INITIAL);
  compress(inner, block);
  for (let i = 0; i < BLOCK; i++) KEY_BLOCK[i] = block[i]! ^ (0x36 ^ 0x5c);
  const digest = absorb(inner, message, BLOCK);
  inner.set(INITIAL);
  compress(inner, KEY_BLOCK);
  return absorb(inner, digest, BLOCK);
}

function sha256(message: Uint8Array): Uint8Array {
  STATE.set(INITIAL);
  return absorb(STATE, message, 0);
}

/** Hash the rest of a message, of which `before` bytes have been hashed. */
function absorb(state: Int32Array, message: Uint8Array, before: number): Uint8Array {
  const block = BLOCK_BYTES;
  let at = 0;
  for (; at + BLOCK <= message.length; at += BLOCK) {
    block.set(message.subarray(at, at + BLOCK));
    compress(state, block);
  }
  const left = message.length - at;
  block.fill(0);
  for (let i = 0; i < left; i++) block[i] = message[at + i]!;
  block[left] = 0x80;
  if (left > BLOCK - LEAST_PADDING) {
    compress(state, block);
    block.fill(0);
  }
  const bits = (before + message.length) * 8;
  block[60] = bits >>> 24;
  block[61] = bits >>> 16;
  block[62] = bits >>> 8;
  block[63] = bits;
  compress(state, block);
  const digest = new Uint8Array(DIGEST);
  for (let i = 0; i < DIGEST; i++) digest[i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
  return digest;
}

/** FIPS 180-4 §6.2.2 */
function compress(state: Int32Array, block: Uint8Array): void {
  const w = SCHEDULE;
  const k = ROUND_CONSTANTS;
  for (let i = 0; i < 16; i++) {
    const at = 4 * i;
    w[i] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}

/** The first bits of the fractional parts of roots of primes. FIPS 180-4 §4.2.2, §5.3.3 */
function rootBits(count: number, root: (prime: number) => number): Int32Array {
  const bits = new Int32Array(count);
  for (let [found, candidate] = [0, 2]; found < count; candidate++) {
    if (isPrime(candidate)) bits[found++] = Math.floor((root(candidate) % 1) * 2 ** 32);
  }
  return bits;
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) return false;
  return true;
}

const INITIAL = rootBits(8, Math.sqrt);
const ROUND_CONSTANTS = rootBits(64, Math.cbrt);
// Calls are synchronous and share these.
const STATE = new Int32Array(8);
const SCHEDULE = new Int32Array(64);
const BLOCK_BYTES = new Uint8Array(BLOCK);
const KEY_BLOCK = new Uint8Array(BLOCK);

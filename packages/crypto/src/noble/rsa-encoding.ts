import { concatBytes, equalBytes, fromHex } from '@tsquic/bytes';
import { HASH_LENGTH } from '../hash-length.ts';
import type { HashName } from '../provider.ts';
import { NOBLE_HASHES } from './hashes.ts';

/** EMSA-PKCS1-v1_5 of a digest, `length` bytes long, with the NULL in its AlgorithmIdentifier. RFC 8017 §9.2 */
export function encodePkcs1(digest: Uint8Array, hash: HashName, length: number): Uint8Array {
  const digestInfo = concatBytes(DIGEST_INFO_PREFIX[hash], digest);
  const encoded = new Uint8Array(length).fill(0xff);
  encoded[0] = 0;
  encoded[1] = 1;
  encoded[length - digestInfo.length - 1] = 0;
  encoded.set(digestInfo, length - digestInfo.length);
  return encoded;
}

/** EMSA-PSS of a digest in `encodedBits` bits, rounded up to bytes. RFC 8017 §9.1.1 */
export function encodePss(
  digest: Uint8Array,
  salt: Uint8Array,
  encodedBits: number,
  hash: HashName,
): Uint8Array {
  const length = Math.ceil(encodedBits / 8);
  const hashAt = length - digest.length - 1;
  const encoded = new Uint8Array(length);
  encoded[hashAt - salt.length - 1] = 1;
  encoded.set(salt, hashAt - salt.length);
  const digestWithSalt = hashWithSalt(digest, salt, hash);
  applyMask(encoded, hashAt, digestWithSalt, hash);
  clearSpareBits(encoded, encodedBits);
  encoded.set(digestWithSalt, hashAt);
  encoded[length - 1] = TRAILER;
  return encoded;
}

/**
 * Whether `block`, as long as the modulus, is EMSA-PSS of a digest with a salt of `saltLength` bytes in
 * `encodedBits` bits. RFC 8017 §9.1.2
 */
export function isPssEncoding(
  block: Uint8Array,
  encodedBits: number,
  hash: HashName,
  digest: Uint8Array,
  saltLength: number,
): boolean {
  const length = Math.ceil(encodedBits / 8);
  // With a modulus of 8k + 1 bits, the encoding is one byte shorter than the block.
  if (block.length > length && block[0] !== 0) return false;
  const encoded = block.slice(block.length - length);
  const hashAt = length - HASH_LENGTH[hash] - 1;
  const saltAt = hashAt - saltLength;
  if (encoded[length - 1] !== TRAILER || saltAt < 1 || encoded[0]! & spareBits(encodedBits)) return false;
  const digestWithSalt = encoded.slice(hashAt, length - 1);
  applyMask(encoded, hashAt, digestWithSalt, hash);
  clearSpareBits(encoded, encodedBits);
  for (let i = 0; i < saltAt - 1; i++) if (encoded[i] !== 0) return false;
  if (encoded[saltAt - 1] !== 1) return false;
  return equalBytes(hashWithSalt(digest, encoded.subarray(saltAt, hashAt), hash), digestWithSalt);
}

function hashWithSalt(digest: Uint8Array, salt: Uint8Array, hash: HashName): Uint8Array {
  return NOBLE_HASHES[hash](concatBytes(new Uint8Array(8), digest, salt));
}

/** Exclusive-or MGF1 of `seed` onto `bytes[0, end)`. RFC 8017 §B.2.1 */
function applyMask(bytes: Uint8Array, end: number, seed: Uint8Array, hash: HashName): void {
  const input = concatBytes(seed, new Uint8Array(4));
  // The counter stays below 256, because a mask has at most 1024 bytes and each round yields at least 32.
  for (let at = 0, counter = 0; at < end; counter++) {
    input[input.length - 1] = counter;
    const mask = NOBLE_HASHES[hash](input);
    for (let i = 0; i < mask.length && at < end; i++, at++) bytes[at]! ^= mask[i]!;
  }
}

function spareBits(encodedBits: number): number {
  return encodedBits % 8 === 0 ? 0 : 0xff & (0xff << (encodedBits % 8));
}

function clearSpareBits(encoded: Uint8Array, encodedBits: number): void {
  encoded[0]! &= ~spareBits(encodedBits);
}

const TRAILER = 0xbc;

/** DER of DigestInfo up to the digest, RFC 8017 §9.2 note 1. */
const DIGEST_INFO_PREFIX: Readonly<Record<HashName, Uint8Array>> = {
  sha256: /* @__PURE__ */ fromHex('3031300d060960864801650304020105000420'),
  sha384: /* @__PURE__ */ fromHex('3041300d060960864801650304020205000430'),
  sha512: /* @__PURE__ */ fromHex('3051300d060960864801650304020305000440'),
};

import { concatBytes } from '@tsquic/bytes';
import { HASH_LENGTH } from './hash-length.ts';
import type { HashName } from './provider.ts';

/** HKDF-Expand over any HMAC. Throws a RangeError for more than 255 hash outputs. RFC 5869 §2.3 */
export function expandKey(
  hmac: (hash: HashName, key: Uint8Array, bytes: Uint8Array) => Uint8Array,
  hash: HashName,
  key: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const hashLength = HASH_LENGTH[hash];
  if (length > 255 * hashLength) throw new RangeError('HKDF output longer than 255 hashes');
  // A key schedule never needs more than the first block.
  if (length <= hashLength) return firstBlock(hmac, hash, key, info).slice(0, length);
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += hashLength, counter++) {
    block = hmac(hash, key, concatBytes(block, info, Uint8Array.of(counter)));
    out.set(block.subarray(0, length - at), at);
  }
  return out;
}

function firstBlock(
  hmac: (hash: HashName, key: Uint8Array, bytes: Uint8Array) => Uint8Array,
  hash: HashName,
  key: Uint8Array,
  info: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(info.length + 1);
  message.set(info);
  message[info.length] = 1;
  return hmac(hash, key, message);
}

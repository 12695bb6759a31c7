import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { HASH_LENGTH } from '../hash-length.ts';
import type { Hash, HashName } from '../provider.ts';
import { asBytes } from './bytes.ts';

/** A running hash whose digest can be taken at any time. */
export function createNodeHash(hash: HashName): Hash {
  const running = createHash(hash);
  return {
    update: (bytes) => {
      running.update(bytes);
    },
    digest: () => asBytes(running.copy().digest()),
  };
}

/** The hash of `bytes`. */
export function nodeHash(hash: HashName, bytes: Uint8Array): Uint8Array {
  return asBytes(createHash(hash).update(bytes).digest());
}

/** RFC 2104. */
export function nodeHmac(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return asBytes(createHmac(hash, hmacKey(key)).update(bytes).digest());
}

/** HKDF-Expand, RFC 5869 §2.3. Throws a RangeError for more than 255 hash outputs. */
export function nodeHkdfExpand(
  hash: HashName,
  key: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const hashLength = HASH_LENGTH[hash];
  if (length > 255 * hashLength) throw new RangeError('HKDF output longer than 255 hashes');
  const secret = hmacKey(key);
  const out = new Uint8Array(length);
  const counter = new Uint8Array(1);
  let previous = new Uint8Array(0);
  for (let at = 0; at < length; at += hashLength) {
    counter[0]!++;
    const block = createHmac(hash, secret).update(previous).update(info).update(counter).digest();
    previous = new Uint8Array(block);
    out.set(at + hashLength <= length ? previous : previous.subarray(0, length - at), at);
  }
  return out;
}

/**
 * A key object: raw keys cost several times as much on some releases. HMAC pads with zeros, so the empty key,
 * which not every runtime accepts, equals a zero byte.
 */
function hmacKey(key: Uint8Array): ReturnType<typeof createSecretKey> {
  return createSecretKey(key.length === 0 ? ZERO_KEY : key);
}

const ZERO_KEY = new Uint8Array(1);

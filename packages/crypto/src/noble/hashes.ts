import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { Hash, HashName } from '../provider.ts';

/** The hashes of @noble/hashes by the names of `HashName`. */
export const NOBLE_HASHES: {
  readonly sha256: typeof sha256;
  readonly sha384: typeof sha384;
  readonly sha512: typeof sha512;
} = { sha256, sha384, sha512 };

/** A running hash whose digest can be taken at any time. */
export function createNobleHash(hash: HashName): Hash {
  const running = NOBLE_HASHES[hash].create();
  return {
    update: (bytes) => {
      running.update(bytes);
    },
    digest: () => running.clone().digest(),
  };
}

/** RFC 2104. */
export function nobleHmac(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(NOBLE_HASHES[hash], key, bytes);
}

import { createHash, createHmac, createSecretKey } from 'node:crypto';
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

/**
 * A key object: raw keys cost several times as much on some releases. HMAC pads with zeros, so the empty key,
 * which not every runtime accepts, equals a zero byte.
 */
function hmacKey(key: Uint8Array): ReturnType<typeof createSecretKey> {
  return createSecretKey(key.length === 0 ? ZERO_KEY : key);
}

const ZERO_KEY = new Uint8Array(1);

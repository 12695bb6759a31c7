import { createHash, createHmac, createSecretKey } from 'node:crypto';
import type { Hash, HashName } from '../provider.ts';
import { hmacSha256 } from '../software/hmac-sha256.ts';
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
  if (hash === 'sha256' && bytes.length <= SHORT) return hmacSha256(key, bytes);
  return asBytes(createHmac(hash, hmacKey(key)).update(bytes).digest());
}

/**
 * A key object, because raw keys take several times as long on some releases. HMAC pads keys with zeros, so
 * that a zero byte replaces the empty key, which not every runtime accepts.
 */
function hmacKey(key: Uint8Array): ReturnType<typeof createSecretKey> {
  return createSecretKey(key.length === 0 ? ZERO_KEY : key);
}

const ZERO_KEY = new Uint8Array(1);
/** Up to so many bytes the call of the library, with its key object, takes longer than the hash itself. */
const SHORT = 256;

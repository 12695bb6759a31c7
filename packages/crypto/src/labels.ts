import { HASH_LENGTH } from './hash-length.ts';
import type { CryptoProvider, HashName } from './provider.ts';

/**
 * HKDF-Expand-Label: `length` bytes derived from `secret` under `label` (given without its "tls13 " prefix)
 * and `context`. Throws a RangeError when label or context does not fit its length field. RFC 8446 §7.1
 */
export function expandLabel(
  provider: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return provider.hkdfExpand(hash, secret, encodeHkdfLabel(label, context, length), length);
}

/**
 * Derive-Secret: a secret of the hash's length, bound to the transcript hash of the messages so far; without
 * messages, that is the hash of the empty string. RFC 8446 §7.1
 */
export function deriveSecret(
  provider: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return expandLabel(provider, hash, secret, label, transcriptHash, HASH_LENGTH[hash]);
}

function encodeHkdfLabel(label: string, context: Uint8Array, length: number): Uint8Array {
  const fullLabel = PREFIX + label;
  if (fullLabel.length > 255 || context.length > 255 || length > 0xffff) {
    throw new RangeError('HKDF label, context or length does not fit its field');
  }
  const info = new Uint8Array(4 + fullLabel.length + context.length);
  info[0] = length >>> 8;
  info[1] = length & 0xff;
  info[2] = fullLabel.length;
  for (let i = 0; i < fullLabel.length; i++) info[3 + i] = fullLabel.charCodeAt(i);
  info[3 + fullLabel.length] = context.length;
  info.set(context, 4 + fullLabel.length);
  return info;
}

const PREFIX = 'tls13 ';

import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { HASH_LENGTH } from '../hash-length.ts';
import type { CryptoProvider, RandomSource } from '../provider.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import { createSoftwareAead } from '../software/aead.ts';
import { createNobleHash, NOBLE_HASHES } from './hashes.ts';
import { generateNobleKeyShare } from './key-exchange.ts';
import { createNobleSigner, verifyNobleSignature } from './signatures.ts';

/** What the TypeScript provider needs from its surroundings. */
export interface NobleProviderOptions {
  /** Source of all randomness; a seeded one makes every output reproducible. */
  readonly random: RandomSource;
}

/** A provider in TypeScript alone, over the @noble packages: for places without node:crypto, and for reference. */
export function createNobleProvider(options: NobleProviderOptions): CryptoProvider {
  const { random } = options;
  return {
    name: 'noble',
    random,
    createHash: createNobleHash,
    hash: (hash, bytes) => NOBLE_HASHES[hash](bytes),
    hmac: (hash, key, bytes) => hmac(NOBLE_HASHES[hash], key, bytes),
    hkdfExtract: (hash, salt, keyMaterial) => extract(NOBLE_HASHES[hash], keyMaterial, salt),
    hkdfExpand: (hash, key, info, length) => {
      if (length > 255 * HASH_LENGTH[hash]) throw new RangeError('HKDF output longer than 255 hashes');
      return expand(NOBLE_HASHES[hash], key, info, length);
    },
    createAead: createSoftwareAead,
    createHeaderProtection: createSoftwareHeaderProtection,
    generateKeyShare: (group) => generateNobleKeyShare(group, random),
    verifySignature: verifyNobleSignature,
    createSigner: (privateKey) => createNobleSigner(privateKey, random),
  };
}

import { expandKey } from '../hkdf.ts';
import type { CryptoProvider, RandomSource } from '../provider.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import { createSoftwareAead } from '../software/aead.ts';
import { createNobleHash, NOBLE_HASHES, nobleHmac } from './hashes.ts';
import { generateNobleKeyShare } from './key-exchange.ts';
import { createNobleSigner, verifyNobleSignature } from './signatures.ts';

/** What the TypeScript provider needs from its surroundings. */
export interface NobleProviderOptions {
  /** Source of all randomness; a seeded one makes every output reproducible. */
  readonly random: RandomSource;
}

/** A provider in TypeScript alone, over the packages of noble: for places without node:crypto, and for reference. */
export function createNobleProvider(options: NobleProviderOptions): CryptoProvider {
  const { random } = options;
  return {
    name: 'noble',
    random,
    createHash: createNobleHash,
    hash: (hash, bytes) => NOBLE_HASHES[hash](bytes),
    hmac: nobleHmac,
    hkdfExtract: nobleHmac,
    hkdfExpand: (hash, key, info, length) => expandKey(nobleHmac, hash, key, info, length),
    createAead: createSoftwareAead,
    createHeaderProtection: createSoftwareHeaderProtection,
    generateKeyShare: (group) => generateNobleKeyShare(group, random),
    verifySignature: verifyNobleSignature,
    createSigner: (privateKey) => createNobleSigner(privateKey, random),
  };
}

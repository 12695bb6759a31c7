import { expandKey } from '../hkdf.ts';
import { AGREEMENT_GROUPS, createKeyExchange } from '../keys/key-exchange.ts';
import type { CryptoProvider, RandomSource } from '../provider.ts';
import { CIPHER_SUITES } from '../suites.ts';
import { createSoftwareBlockCipher } from '../software/block-cipher.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import { createSoftwareAead } from '../software/aead.ts';
import { createSoftwareMlKem } from '../software/ml-kem.ts';
import { createNobleHash, NOBLE_HASHES, nobleHmac } from './hashes.ts';
import { generateNobleKeyShare } from './key-exchange.ts';
import { createNobleSigner, verifyNobleSignature } from './signatures.ts';

/** Options of the TypeScript provider. */
export interface NobleProviderOptions {
  /** Source of all randomness; a seeded one makes every output reproducible. */
  readonly random: RandomSource;
}

/**
 * A provider in TypeScript alone, over the noble packages: for hosts without node:crypto, and as a reference.
 */
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
    createBlockCipher: createSoftwareBlockCipher,
    preferredSuites: CIPHER_SUITES,
    preferredGroups: AGREEMENT_GROUPS,
    ...createKeyExchange((group) => generateNobleKeyShare(group, random), createSoftwareMlKem(random)),
    verifySignature: verifyNobleSignature,
    createSigner: (privateKey) => createNobleSigner(privateKey, random),
  };
}

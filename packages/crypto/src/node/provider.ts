import { expandKey } from '../hkdf.ts';
import type { CryptoProvider, RandomSource } from '../provider.ts';
import { createSoftwareHeaderProtection } from '../software/header-protection.ts';
import { createNodeAead } from './aead.ts';
import { createNodeHash, nodeHash, nodeHmac } from './hashes.ts';
import { fillRandom, generateNodeKeyShare } from './key-exchange.ts';
import { createNodeSigner, verifyNodeSignature } from './signatures.ts';

/** What the node:crypto provider may be given. */
export interface NodeProviderOptions {
  /**
   * Source of `random` and of ephemeral keys; the default is the operating system's. ECDSA nonces and RSA-PSS
   * salts always come from node:crypto: for signatures that repeat under a seed, use Ed25519 or the noble provider.
   */
  readonly random?: RandomSource;
}

/** The provider over node:crypto, for Node, Bun and Deno. */
export function createNodeProvider(options: NodeProviderOptions = {}): CryptoProvider {
  const random = options.random ?? fillRandom;
  return {
    name: 'node',
    random,
    createHash: createNodeHash,
    hash: nodeHash,
    hmac: nodeHmac,
    hkdfExtract: nodeHmac,
    hkdfExpand: (hash, key, info, length) => expandKey(nodeHmac, hash, key, info, length),
    createAead: createNodeAead,
    createHeaderProtection: createSoftwareHeaderProtection,
    generateKeyShare: (group) => generateNodeKeyShare(group, options.random),
    verifySignature: verifyNodeSignature,
    createSigner: createNodeSigner,
  };
}

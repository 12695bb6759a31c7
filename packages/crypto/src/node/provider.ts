import { expandKey } from '../hkdf.ts';
import { AGREEMENT_GROUPS, createKeyExchange } from '../keys/key-exchange.ts';
import { type CryptoProvider, Group, type RandomSource } from '../provider.ts';
import { createSoftwareBlockCipher } from '../software/block-cipher.ts';
import { createSoftwareMlKem } from '../software/ml-kem.ts';
import { createWasmHeaderProtection } from '../wasm/header-protection.ts';
import { CIPHER_SUITES } from '../suites.ts';
import { createNodeAead, createReproducibleAead, fastSuites } from './aead.ts';
import { createFfiHeaderProtection, hasFfiAead } from './ffi/ciphers.ts';
import { createNodeHash, nodeHash, nodeHmac } from './hashes.ts';
import { generateNodeKeyShare } from './key-exchange.ts';
import { fillRandom } from './random.ts';
import { createNodeMlKem } from './ml-kem.ts';
import { createNodeSigner, verifyNodeSignature } from './signatures.ts';

/** Options of the node:crypto provider. */
export interface NodeProviderOptions {
  /**
   * Source of `random` and of ephemeral keys; the default is the operating system's. ECDSA nonces and RSA-PSS
   * salts always come from node:crypto: for reproducible signatures, use Ed25519 or the noble provider.
   */
  readonly random?: RandomSource;
}

/** The provider over node:crypto, for Node, Bun and Deno. */
export function createNodeProvider(options: NodeProviderOptions = {}): CryptoProvider {
  const random = options.random ?? fillRandom;
  // The host's library takes no random source, so that it is used only when runs need not be reproducible.
  const native = options.random === undefined ? createNodeMlKem() : undefined;
  return {
    name: 'node',
    random,
    createHash: createNodeHash,
    hash: nodeHash,
    hmac: nodeHmac,
    hkdfExtract: nodeHmac,
    hkdfExpand: (hash, key, info, length) => expandKey(nodeHmac, hash, key, info, length),
    createAead: options.random === undefined ? createNodeAead : createReproducibleAead,
    createHeaderProtection: hasFfiAead() ? createFfiHeaderProtection : createWasmHeaderProtection,
    createBlockCipher: createSoftwareBlockCipher,
    preferredSuites: options.random === undefined ? fastSuites() : CIPHER_SUITES,
    preferredGroups: native === undefined ? AGREEMENT_GROUPS : [Group.X25519MLKEM768, ...AGREEMENT_GROUPS],
    ...createKeyExchange(
      (group) => generateNodeKeyShare(group, options.random),
      native ?? createSoftwareMlKem(random),
    ),
    verifySignature: verifyNodeSignature,
    createSigner: createNodeSigner,
  };
}

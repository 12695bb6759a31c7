import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createRandom } from '@tsquic/simulator';

/** Node's cryptography with seeded randomness. */
export function seededCrypto(seed: number): CryptoProvider {
  return createNodeProvider({ random: seededRandom(seed) });
}

/** A source of bytes that repeats itself for the same seed. */
export function seededRandom(seed: number): RandomSource {
  return createRandom(seed).fillBytes;
}

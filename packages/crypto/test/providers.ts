import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';

/** Every provider, by name, over the random source given. */
export const PROVIDERS: readonly (readonly [string, (random: RandomSource) => CryptoProvider])[] = [
  ['node', (random) => createNodeProvider({ random })],
  ['noble', (random) => createNobleProvider({ random })],
];

/** A source that repeats itself for the same seed: a linear congruential generator, its low bits left out. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return (out) => {
    for (let i = 0; i < out.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      out[i] = state >>> 24;
    }
  };
}

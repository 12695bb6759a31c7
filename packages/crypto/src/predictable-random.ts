import { fromHex } from '@tsquic/bytes';
import type { CryptoProvider, RandomSource } from './provider.ts';

/** Makes a provider over this random source. */
export type ProviderFactory = (random: RandomSource) => CryptoProvider;

/** A source of the bytes 1, 2, 3 and so on. */
export function countingRandom(): RandomSource {
  let next = 1;
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = next++;
  };
}

/** A source that gives these bytes once. */
export function fixedRandom(hex: string): RandomSource {
  const bytes = fromHex(hex);
  let next = 0;
  return (out) => {
    out.set(bytes.subarray(next, next + out.length));
    next += out.length;
  };
}

import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createFfiProvider, hasFfiAead } from '@tsquic/crypto/ffi';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createWasmProvider } from '@tsquic/crypto/wasm';

/** Every provider that works in this runtime, by name, over the random source given. `pnpm ports` has the one over node:ffi. */
export const PROVIDERS: readonly (readonly [string, (random: RandomSource) => CryptoProvider])[] = [
  ['node', (random) => createNodeProvider({ random })],
  ['noble', (random) => createNobleProvider({ random })],
  ['wasm', (random) => createWasmProvider({ random })],
  ...(hasFfiAead() ? [['ffi', (random: RandomSource) => createFfiProvider({ random })] as const] : []),
];

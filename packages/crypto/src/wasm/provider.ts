import { createNobleProvider, type NobleProviderOptions } from '../noble/provider.ts';
import type { CryptoProvider } from '../provider.ts';
import { CHACHA_FIRST } from '../suites.ts';
import { createWasmAead } from './aead.ts';
import { createWasmHeaderProtection } from './header-protection.ts';

/**
 * The provider over the noble packages with packet protection in WebAssembly: for browsers, and for hosts whose own library is
 * slow. Packet protection has no branch and no address that depends on secrets, where the host has WebAssembly with SIMD;
 * where it has not, this is the noble provider.
 */
export function createWasmProvider(options: NobleProviderOptions): CryptoProvider {
  return {
    ...createNobleProvider(options),
    name: 'wasm',
    preferredSuites: CHACHA_FIRST,
    createAead: createWasmAead,
    createHeaderProtection: createWasmHeaderProtection,
  };
}

import type { CryptoProvider } from '../../provider.ts';
import { createNodeProvider, type NodeProviderOptions } from '../provider.ts';
import { createFfiAead, createFfiHeaderProtection, hasFfiAead } from './ciphers.ts';

export { hasFfiAead } from './ciphers.ts';

/**
 * The provider over node:crypto with packet protection by OpenSSL through node:ffi, whatever the size of a packet. Node from 26.9 on, Linux:
 * throws an Error where `hasFfiAead` returns false. `createNodeProvider` uses the same where it is fastest.
 */
export function createFfiProvider(options: NodeProviderOptions = {}): CryptoProvider {
  if (!hasFfiAead())
    throw new Error('createFfiProvider needs node:ffi (Node from 26.9 on, Linux): use createNodeProvider');
  return {
    ...createNodeProvider(options),
    name: 'ffi',
    createAead: createFfiAead,
    createHeaderProtection: createFfiHeaderProtection,
  };
}

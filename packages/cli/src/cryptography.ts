import { randomFillSync } from 'node:crypto';
import { CIPHER_SUITES, type CryptoProvider } from '@tsquic/crypto';
import { Failure } from './failure.ts';

/** The provider that `--crypto` names. */
export async function cryptoProviderFor(name: string | undefined): Promise<CryptoProvider> {
  if (name === 'noble') {
    const { createNobleProvider } = await import('@tsquic/crypto/noble');
    return createNobleProvider({ random: randomFillSync });
  }
  const { createNodeProvider } = await import('@tsquic/crypto/node');
  return createNodeProvider();
}

/**
 * The suites that `--cipher` names, in the form of the option `ciphers`; undefined for none. Throws a
 * `Failure` for an unknown name.
 */
export function cipherSuitesFor(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const known = CIPHER_SUITES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name.toUpperCase()));
  if (unknown === undefined) return names.join(':');
  throw new Failure('ERR_TSQUIC_CIPHER', `unknown cipher suite ${unknown}`, `use ${known.join(', ')}`);
}

import { randomFillSync } from 'node:crypto';
import { CIPHER_SUITES, type CipherSuite, type CryptoProvider } from '@tsquic/crypto';
import { Failure } from './failure.ts';

/** The provider `--crypto` names. */
export async function cryptoProviderFor(name: string | undefined): Promise<CryptoProvider> {
  if (name === 'noble') {
    const { createNobleProvider } = await import('@tsquic/crypto/noble');
    return createNobleProvider({ random: randomFillSync });
  }
  const { createNodeProvider } = await import('@tsquic/crypto/node');
  return createNodeProvider();
}

/** The suites `--cipher` names, in that order; undefined for none. Throws a `Failure` for a name unknown. */
export function cipherSuitesFor(names: readonly string[]): readonly CipherSuite[] | undefined {
  if (names.length === 0) return undefined;
  return names.map((name) => {
    const suite = CIPHER_SUITES.find((candidate) => candidate.name === name.toUpperCase());
    if (suite !== undefined) return suite;
    const known = CIPHER_SUITES.map((candidate) => candidate.name).join(', ');
    throw new Failure('ERR_TSQUIC_CIPHER', `unknown cipher suite ${name}`, `use ${known}`);
  });
}

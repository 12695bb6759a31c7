import type { CryptoProvider } from '@tsquic/crypto';
import { Alert, checkIdentity, createTlsServer, type Identity, TlsAlert } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { QuicContextOptions } from './config.ts';

/**
 * Throws `QuicUsageError` for protocols, suites and groups that no handshake could carry, and for an identity whose key
 * is not that of its certificate: no peer could connect.
 */
export function checkTlsOptions(options: QuicContextOptions): void {
  const { alpn, cipherSuites, groups, identity, crypto } = options;
  asUsage('', () =>
    createTlsServer({
      crypto,
      alpn,
      ...(cipherSuites === undefined ? {} : { cipherSuites }),
      ...(groups === undefined ? {} : { groups }),
      identity: () => undefined,
      transportParameters: () => new Uint8Array(0),
      unixTimeMs: () => 0,
    }),
  );
  if (typeof identity === 'object') asUsage('identity: ', () => checkIdentity(identity, crypto));
}

/** Identities by name. One that is chosen during a handshake and cannot be shown ends that handshake only. */
export function identityChoice(
  identity: QuicContextOptions['identity'],
  crypto: CryptoProvider,
): ((serverName: string) => Identity | undefined) | undefined {
  if (typeof identity !== 'function') return identity === undefined ? undefined : () => identity;
  return (serverName) => {
    const chosen = identity(serverName);
    if (chosen === undefined) return undefined;
    try {
      checkIdentity(chosen, crypto);
    } catch (error) {
      throw new TlsAlert(
        Alert.InternalError,
        `the certificate for '${serverName}' cannot be shown: ${(error as Error).message}`,
      );
    }
    return chosen;
  };
}

/** Protocols, or a choice among those that the client offers: RFC 7301 §3.2 allows no other. */
export function protocolChoice(alpn: QuicContextOptions['alpn']): QuicContextOptions['alpn'] {
  if (typeof alpn !== 'function') return alpn;
  return (offered, serverName) => {
    const chosen = alpn(offered, serverName);
    if (chosen === undefined || offered.includes(chosen)) return chosen;
    throw new TlsAlert(
      Alert.NoApplicationProtocol,
      'the program chose a protocol that the client does not offer',
    );
  };
}

/** Misuse of TLS by the program, as misuse of QUIC. */
export function asUsage<T>(prefix: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new QuicUsageError('invalid-option', `${prefix}${(error as Error).message}`);
  }
}

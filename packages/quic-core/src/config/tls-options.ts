import { Alert, checkServerOptions, TlsAlert } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { QuicContextOptions } from './config.ts';

/** Throws `QuicUsageError` for protocols, suites and groups that no handshake could carry. */
export function checkTlsOptions(options: QuicContextOptions): void {
  const { alpn, cipherSuites, groups, crypto } = options;
  asUsage('', () =>
    checkServerOptions({
      crypto,
      alpn,
      ...(cipherSuites === undefined ? {} : { cipherSuites }),
      ...(groups === undefined ? {} : { groups }),
    }),
  );
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

import type { CryptoProvider } from '@tsquic/crypto';
import type {
  GreetedClient as CoreClient,
  QuicContextOptions,
  ServedOptions as CoreOptions,
} from '@tsquic/quic-core';
import { createClientVerifier, createIdentity } from './credentials.ts';
import { QuicError } from './errors.ts';
import { checkServedOptions } from './option-checks.ts';
import type { ListenOptions, ServedOptions } from './options.ts';
import { reportFault } from './program-fault.ts';
import { skipCertificateCheck } from '@tsquic/tls13';

/** What the core asks about a client whose ClientHello was read, and the answers of the program's callbacks. */
export function clientChoices(
  { optionsFor, ALPNCallback }: ListenOptions,
  crypto: CryptoProvider,
): Partial<Pick<QuicContextOptions, 'optionsFor' | 'alpn'>> {
  return {
    ...(optionsFor === undefined ? {} : { optionsFor: askFor(optionsFor, crypto) }),
    ...(ALPNCallback === undefined ? {} : { alpn: askAlpn(ALPNCallback) }),
  };
}

function askAlpn(choose: NonNullable<ListenOptions['ALPNCallback']>): QuicContextOptions['alpn'] {
  return (protocols, servername) => {
    try {
      return choose({ servername, protocols });
    } catch (error) {
      reportFault('ALPNCallback', error);
      throw error;
    }
  };
}

function askFor(
  choose: NonNullable<ListenOptions['optionsFor']>,
  crypto: CryptoProvider,
): (client: CoreClient) => CoreOptions | undefined {
  // Reading keys and certificates takes a while: once for each object that the callback returns.
  const known = new WeakMap<ServedOptions, CoreOptions>();
  return ({ serverName, alpn, offered, from, version }) => {
    try {
      const chosen = choose({
        servername: serverName,
        alpnProtocol: alpn,
        protocols: offered,
        remoteAddress: from,
        version,
      });
      if (chosen === undefined) return undefined;
      const options = known.get(chosen) ?? coreOptions(chosen, crypto);
      known.set(chosen, options);
      return options;
    } catch (error) {
      // This handshake ends with INTERNAL_ERROR, which tells neither side why.
      reportFault('optionsFor', error);
      throw error;
    }
  };
}

function coreOptions(options: ServedOptions, crypto: CryptoProvider): CoreOptions {
  checkServedOptions(options);
  const { key, cert, passphrase, transport, congestion, earlyData } = options;
  return {
    ...(key === undefined && cert === undefined
      ? {}
      : { identity: createIdentity({ key: key!, cert: cert!, passphrase }, crypto) }),
    ...clientCertificates(options),
    ...(transport === undefined ? {} : { transport }),
    ...(congestion === undefined ? {} : { congestion }),
    ...(earlyData === undefined ? {} : { earlyData }),
  };
}

/** Whether clients are asked for certificates, and who judges these. */
export function clientCertificates(
  options: Pick<ListenOptions, 'requestCert' | 'rejectUnauthorized' | 'ca' | 'verifier'>,
): Pick<CoreOptions, 'clientCertificate' | 'verifier'> {
  const { requestCert, rejectUnauthorized, ca } = options;
  if (requestCert !== true) return requestCert === false ? { clientCertificate: 'none' } : {};
  if (rejectUnauthorized === false) return { clientCertificate: 'request', verifier: skipCertificateCheck };
  const verifier = options.verifier ?? (ca === undefined ? undefined : createClientVerifier(ca));
  if (verifier === undefined)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'requestCert needs ca: whom clients are vouched for by');
  return { clientCertificate: 'require', verifier };
}

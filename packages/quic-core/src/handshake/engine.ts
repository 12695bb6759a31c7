import { createTlsClient, createTlsServer, type TlsEngine } from '@tsquic/tls13';
import type { ConnectionOptions } from '../context/config.ts';
import type { Settings } from '../context/settings.ts';
import { asUsage, protocolChoice } from '../context/tls-options.ts';
import { QuicUsageError } from '../errors/usage-error.ts';

/** Options that both sides' engines take from the context. */
function commonOptions(settings: Settings, startedUs: number, nowUs: () => number) {
  const { options, crypto } = settings;
  const zeroUs = options.unixTimeAtZeroUs ?? 0;
  return {
    crypto,
    keyLog: options.onKeyLog !== undefined,
    unixTimeMs: () => Math.floor((zeroUs + Math.max(nowUs(), startedUs)) / 1000),
    ...(options.cipherSuites === undefined ? {} : { cipherSuites: options.cipherSuites }),
    ...(options.groups === undefined ? {} : { groups: options.groups }),
  };
}

/** A client's TLS engine. Throws `QuicUsageError` when the context cannot be a client. */
export function createClientEngine(
  settings: Settings,
  connection: ConnectionOptions,
  parameters: () => Uint8Array,
  startedUs: number,
  nowUs: () => number,
): TlsEngine {
  const { options } = settings;
  if (!settings.canVerify)
    throw new QuicUsageError(
      'no-certificate-check',
      'a client needs `verifier` (createCertificateVerifier of @tsquic/tls13/x509), `judgeCertificates`, or `dangerouslySkipCertificateCheck`',
    );
  const alpn = connection.alpn ?? (typeof options.alpn === 'function' ? [] : options.alpn);
  if (alpn.length === 0)
    throw new QuicUsageError('invalid-option', 'a client must offer a protocol: set `alpn`');
  return asUsage('', () =>
    createTlsClient({
      ...commonOptions(settings, startedUs, nowUs),
      transportParameters: parameters,
      serverName: connection.serverName ?? connection.to.ip,
      alpn,
      verifier: settings.verifier,
      ...(typeof options.identity === 'object' ? { identity: options.identity } : {}),
      ...(connection.session === undefined ? {} : { session: connection.session }),
    }),
  );
}

/** A server's TLS engine. `parameters` sees the client's before it answers with ours. */
export function createServerEngine(
  settings: Settings,
  parameters: (peer?: Uint8Array) => Uint8Array,
  startedUs: number,
  nowUs: () => number,
): TlsEngine {
  const { options } = settings;
  return createTlsServer({
    ...commonOptions(settings, startedUs, nowUs),
    transportParameters: parameters,
    identity: settings.identity!,
    alpn: protocolChoice(options.alpn),
    clientCertificate: options.clientCertificate ?? 'none',
    tickets: settings.tickets.protection(() => Math.max(nowUs(), startedUs)),
    ...(settings.verifier === undefined ? {} : { verifier: settings.verifier }),
  });
}

import {
  type ChosenServerOptions,
  type ClientHelloFacts,
  createTlsClient,
  createTlsServer,
  type EarlyDataOffer,
  type TlsEngine,
} from '@tsquic/tls13';
import type { ConnectionOptions } from '../config/config.ts';
import type { Settings } from '../config/settings.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';
import { asUsage, protocolChoice } from '../config/tls-options.ts';
import { QuicUsageError } from '../errors/usage-error.ts';

/** Options of the TLS engines of both roles, from the settings of the context. */
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
  connection: Omit<ConnectionOptions, 'session'> & { readonly session?: Uint8Array | undefined },
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
      ...(settings.identities.own === undefined ? {} : { identity: settings.identities.own }),
      earlyData: connection.earlyData === true,
      ...(connection.session === undefined ? {} : { session: connection.session }),
    }),
  );
}

/** What the TLS engine of a server asks its connection, in this order. */
export interface ServerQuestions {
  /** Called with the client's transport parameters, before anything is sent. */
  look(peer: Uint8Array): void;
  /** Returns other options for this client. */
  choose(hello: ClientHelloFacts): ChosenServerOptions | undefined;
  /** Makes the server's own transport parameters. */
  parameters(): Uint8Array;
}

/** A server's TLS engine. */
export function createServerEngine(
  settings: Settings,
  version: ConnectionVersion,
  questions: ServerQuestions,
  startedUs: number,
  nowUs: () => number,
  judgeEarlyData: (offer: EarlyDataOffer) => boolean,
): TlsEngine {
  const { options } = settings;
  return createTlsServer({
    ...commonOptions(settings, startedUs, nowUs),
    onClientParameters: (peer) => questions.look(peer),
    onClientHello: (hello) => questions.choose(hello),
    transportParameters: () => questions.parameters(),
    identity: settings.identities.choose,
    alpn: protocolChoice(options.alpn),
    clientCertificate: options.clientCertificate ?? 'none',
    tickets: settings.tickets.protection(() => Math.max(nowUs(), startedUs), version),
    ...(settings.verifier === undefined ? {} : { verifier: settings.verifier }),
    ...earlyDataOptions(settings, judgeEarlyData),
  });
}

/** What TLS needs to know of 0-RTT under these settings. */
export function earlyDataOptions(
  { earlyData }: Settings,
  judgeEarlyData: (offer: EarlyDataOffer) => boolean,
): ChosenServerOptions {
  return earlyData === undefined
    ? { earlyData: false }
    : { earlyData: true, earlyDataContext: earlyData.context, judgeEarlyData };
}

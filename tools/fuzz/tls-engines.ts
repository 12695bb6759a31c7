import { createTestIdentity } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import {
  createTlsClient,
  createTlsServer,
  type Identity,
  skipCertificateCheck,
  type TlsClientOptions,
  type TlsEngine,
  type TlsServerOptions,
} from '@tsquic/tls13';
import { once, UNIX_MS } from './target.ts';

/** The identity of all TLS servers of the targets. */
export const IDENTITY: () => Identity = once(() => createTestIdentity(seededCrypto(1)));

const COMMON = { unixTimeMs: () => UNIX_MS, transportParameters: () => new Uint8Array(4) };

/** A server that draws the same numbers each time. */
export function createServerEngine(options: Partial<TlsServerOptions> = {}): TlsEngine {
  return createTlsServer({
    ...COMMON,
    crypto: seededCrypto(12),
    identity: () => IDENTITY(),
    alpn: () => 'test',
    ...options,
  });
}

/** A client that draws the same numbers each time. */
export function createClientEngine(options: Partial<TlsClientOptions> = {}): TlsEngine {
  return createTlsClient({
    ...COMMON,
    crypto: seededCrypto(11),
    serverName: 'server.test',
    alpn: ['test'],
    verifier: skipCertificateCheck,
    ...options,
  });
}

import { CIPHER_SUITES, type CipherSuite, type CryptoProvider } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext, type QuicContextOptions, type QuicHostContext } from '@tsquic/quic-core';
import type { Identity } from '@tsquic/tls13';
import { createClientVerifier, createIdentity, createServerVerifier } from './credentials.ts';
import { QuicError } from './errors.ts';
import type { CommonOptions, ConnectOptions, ListenOptions, ServerIdentity } from './options.ts';
import { reportFault, tellProgram } from './program-fault.ts';
import { use } from './usage.ts';

/** Makes contexts for the attempts of one `connect`: certificates are read once, and errors in them thrown here. */
export function clientContexts(options: ConnectOptions): () => QuicHostContext {
  const { context, key, cert, passphrase, ca, rejectUnauthorized } = options;
  if (context !== undefined) return () => context;
  const common = commonOptions(options);
  const core: QuicContextOptions = {
    ...common,
    // As in node:tls, `false` alone turns the check off: null and 0 come from settings that say nothing.
    ...(rejectUnauthorized === false
      ? { dangerouslySkipCertificateCheck: true }
      : { verifier: options.verifier ?? createServerVerifier(ca) }),
    ...(key === undefined || cert === undefined
      ? {}
      : { identity: createIdentity({ key, cert, passphrase }, common.crypto) }),
    ...options.core,
  };
  return () => use(() => createQuicContext(core));
}

/** The context of a listener. */
export function serverContext(options: ListenOptions): QuicHostContext {
  if (options.context !== undefined) return options.context;
  const common = commonOptions(options);
  return use(() =>
    createQuicContext({
      ...common,
      identity: serverIdentity(options, common.crypto),
      ...clientCertificates(options),
      ...options.core,
    }),
  );
}

function commonOptions(options: CommonOptions): QuicContextOptions {
  const { transport, onKeyLog, clock, ciphers, ALPNProtocols } = options;
  if (!Array.isArray(ALPNProtocols) || ALPNProtocols.length === 0)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'ALPNProtocols must name at least one protocol');
  return {
    crypto: options.crypto ?? createNodeProvider(),
    alpn: ALPNProtocols,
    unixTimeAtZeroUs: options.unixTimeAtZeroUs ?? (clock === undefined ? unixTimeAtZeroUs : 0),
    ...(transport === undefined ? {} : { transport }),
    ...(onKeyLog === undefined
      ? {}
      : { onKeyLog: (line: string) => tellProgram('the callback onKeyLog', onKeyLog, line) }),
    ...(ciphers === undefined ? {} : { cipherSuites: ciphers.split(':').map(cipherSuite) }),
  };
}

function serverIdentity(
  options: ListenOptions,
  crypto: CryptoProvider,
): Identity | ((serverName: string) => Identity | undefined) {
  const { key, cert, passphrase, SNICallback } = options;
  if (SNICallback === undefined) {
    if (key === undefined || cert === undefined)
      throw new QuicError('ERR_QUIC_INVALID_OPTION', 'a server needs key and cert, or SNICallback');
    return createIdentity({ key, cert, passphrase }, crypto);
  }
  // Reading a key takes a while: once for each object that the callback returns.
  const known = new WeakMap<ServerIdentity, Identity>();
  return (serverName) => {
    try {
      const chosen = SNICallback(serverName);
      if (chosen === undefined) return undefined;
      const identity = known.get(chosen) ?? createIdentity(chosen, crypto);
      known.set(chosen, identity);
      return identity;
    } catch (error) {
      // This handshake ends with INTERNAL_ERROR, which tells neither side why.
      reportFault('SNICallback', error);
      throw error;
    }
  };
}

function clientCertificates(options: ListenOptions): Partial<QuicContextOptions> {
  const { requestCert = false, rejectUnauthorized, ca } = options;
  if (!requestCert) return {};
  if (rejectUnauthorized === false)
    return { clientCertificate: 'request', dangerouslySkipCertificateCheck: true };
  const verifier = options.verifier ?? (ca === undefined ? undefined : createClientVerifier(ca));
  if (verifier === undefined)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'requestCert needs ca: whom clients are vouched for by');
  return { clientCertificate: 'require', verifier };
}

function cipherSuite(name: string): CipherSuite {
  const suite = CIPHER_SUITES.find((candidate) => candidate.name === name.toUpperCase());
  if (suite !== undefined) return suite;
  const known = CIPHER_SUITES.map((candidate) => candidate.name).join(':');
  throw new QuicError('ERR_QUIC_INVALID_OPTION', `ciphers: ${name} is none of ${known}`);
}

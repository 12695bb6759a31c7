import {
  CIPHER_SUITES,
  type CipherSuite,
  type CryptoProvider,
  Group,
  groupByName,
  groupName,
} from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';
import { createQuicContext, type QuicContextOptions, type QuicHostContext } from '@tsquic/quic-core';
import type { Identity } from '@tsquic/tls13';
import { createIdentity, createServerVerifier } from './credentials.ts';
import { QuicError } from './errors.ts';
import { checkAdmissionAnswer, checkSecureContext } from './option-checks.ts';
import type {
  CommonOptions,
  ClientEndpointOptions,
  ConnectOptions,
  ListenOptions,
  SecureContext,
  ServerIdentity,
} from './options.ts';
import { reportFault, tellProgram } from './program-fault.ts';
import { clientCertificates, clientChoices } from './served-options.ts';
import { use } from './usage.ts';

/**
 * Makes contexts for the attempts of one `connect`. Certificates are read once, and errors in them are thrown
 * here.
 */
export function clientContexts(
  options: ClientEndpointOptions & Pick<ConnectOptions, 'context'>,
): () => QuicHostContext {
  const { context, key, cert, passphrase, ca, rejectUnauthorized } = options;
  if (context !== undefined) return () => context;
  const common = commonOptions(options);
  const core: QuicContextOptions = {
    ...common,
    // As in node:tls, only `false` turns the check off: null and 0 often come from unset configuration.
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
      ...admission(options),
      ...clientChoices(options, common.crypto),
      ...(options.preferredAddress === undefined ? {} : { preferredAddress: options.preferredAddress }),
      ...earlyData(options),
      ...options.core,
    }),
  );
}

/**
 * The new identity of a listener. Throws `ERR_QUIC_INVALID_OPTION` for files that cannot be read, and for a
 * key and a certificate that do not belong together.
 */
export function secureContext(
  options: SecureContext,
  crypto: CryptoProvider = hostProvider(),
): NonNullable<QuicContextOptions['identity']> {
  checkSecureContext(options);
  return serverIdentity(options, crypto);
}

/** Which clients are accepted, and how many. */
function admission(options: ListenOptions): Partial<QuicContextOptions> {
  const { maxConnections, blockList, admit, perAddress, connectionIds } = options;
  const given = { maxConnections, perAddress, connectionIds };
  const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (blockList === undefined && admit === undefined) return filled;
  return {
    ...filled,
    admit(client) {
      try {
        const { ip } = client.from;
        if (blockList?.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4') === true) return 'ignore';
        const answer = admit?.(client);
        checkAdmissionAnswer(answer);
        return answer;
      } catch (error) {
        reportFault('admit', error);
        return 'ignore';
      }
    },
  };
}

function commonOptions(options: CommonOptions): QuicContextOptions {
  const { transport, onKeyLog, clock, ciphers, ecdhCurve, versions, ALPNProtocols } = options;
  if (!Array.isArray(ALPNProtocols) || ALPNProtocols.length === 0)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'ALPNProtocols must name at least one protocol');
  return {
    crypto: options.crypto ?? hostProvider(),
    alpn: ALPNProtocols,
    unixTimeAtZeroUs: options.unixTimeAtZeroUs ?? (clock === undefined ? unixTimeAtZeroUs : 0),
    ...(versions === undefined ? {} : { versions }),
    transport: { ...(marksDatagrams(options) ? {} : { ecn: false }), ...transport },
    ...(onKeyLog === undefined
      ? {}
      : { onKeyLog: (line: string) => tellProgram('the callback onKeyLog', onKeyLog, line) }),
    ...(ciphers === undefined ? {} : { cipherSuites: ciphers.split(':').map(cipherSuite) }),
    ...(ecdhCurve === undefined || ecdhCurve === 'auto' ? {} : { groups: ecdhCurve.split(':').map(group) }),
  };
}

/** Whether the socket can mark datagrams for ECN, as far as that is known before there is one. RFC 9000 §13.4 */
function marksDatagrams({ udp, socket }: Pick<CommonOptions, 'udp' | 'socket'>): boolean {
  if (socket !== undefined) return socket.kind !== 'dgram';
  return udp !== 'dgram' && canOpenFfiPort();
}

/** One for all connections: a verifier remembers chains by the provider that checked their signatures. */
function hostProvider(): CryptoProvider {
  return (ownProvider ??= createNodeProvider());
}

let ownProvider: CryptoProvider | undefined = undefined;

function serverIdentity(
  options: Partial<ServerIdentity> & Pick<ListenOptions, 'SNICallback'>,
  crypto: CryptoProvider,
): Identity | ((serverName: string) => Identity | undefined) {
  const { key, cert, passphrase, SNICallback } = options;
  if (SNICallback === undefined) {
    if (key === undefined || cert === undefined)
      throw new QuicError('ERR_QUIC_INVALID_OPTION', 'a server needs key and cert, or SNICallback');
    return createIdentity({ key, cert, passphrase }, crypto);
  }
  // Reading a key takes long, so it is done once for each object that the callback returns.
  const known = new WeakMap<ServerIdentity, Identity>();
  return (serverName) => {
    try {
      const chosen = SNICallback(serverName);
      if (chosen === undefined) return undefined;
      const identity = known.get(chosen) ?? createIdentity(chosen, crypto);
      known.set(chosen, identity);
      return identity;
    } catch (error) {
      // The handshake ends with INTERNAL_ERROR, which does not tell either side the reason.
      reportFault('SNICallback', error);
      throw error;
    }
  };
}

/** A store that may answer later is asked by an event: see `ConnectionCore`. */
function earlyData({ earlyData }: ListenOptions): Partial<QuicContextOptions> {
  if (earlyData === undefined || typeof earlyData === 'boolean')
    return earlyData === true ? { earlyData } : {};
  const { replayStore, ...others } = earlyData;
  if (replayStore === undefined) return { earlyData: others };
  if (typeof replayStore?.use !== 'function')
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'earlyData.replayStore must have a method use');
  return { earlyData: { ...others, replayStore: 'ask' } };
}

function cipherSuite(name: string): CipherSuite {
  const suite = CIPHER_SUITES.find((candidate) => candidate.name === name.toUpperCase());
  if (suite !== undefined) return suite;
  const known = CIPHER_SUITES.map((candidate) => candidate.name).join(':');
  throw new QuicError('ERR_QUIC_INVALID_OPTION', `ciphers: ${name} is none of ${known}`);
}

function group(name: string): Group {
  const found = groupByName(name);
  if (found !== undefined) return found;
  const known = Object.values(Group).map(groupName).join(':');
  throw new QuicError('ERR_QUIC_INVALID_OPTION', `ecdhCurve: ${name} is none of ${known}`);
}

import { lookup as lookupHost } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Clock, type DatagramPort, nodeClock, openNodePort } from '@tsquic/event-adapters';
import type { Address, QuicHostContext } from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import { clientContexts } from './contexts.ts';
import { QuicConnection } from './connection.ts';
import { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { interleaveFamilies, raceAttempts } from './happy-eyeballs.ts';
import { checkConnectNames } from './option-names.ts';
import type { ConnectOptions } from './options.ts';
import { asciiServerName } from './server-name.ts';

/**
 * Connect to a server and complete the handshake. Of a host with several addresses, IPv6 is tried first and the next
 * one after `attemptDelayMs`, or at once after a refusal; the first to connect wins, the others are closed.
 *
 * Rejects with a `QuicError` (a `TlsAlertError` where certificates or protocols do not suit), the system's error
 * where there is no such host or no socket, or the reason of `signal`. Nothing is then left open.
 */
export async function connect(options: ConnectOptions): Promise<QuicConnection> {
  checkConnectNames(options);
  const { host = 'localhost', port, signal, socket, context, clock = nodeClock } = options;
  signal?.throwIfAborted();
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', `port must be an integer from 1 to 65535, not ${port}`);
  const plan: Plan = {
    options,
    clock,
    serverName:
      options.servername === undefined
        ? asciiServerName('host', host)
        : asciiServerName('servername', options.servername),
    createContext: clientContexts(options),
  };
  const addresses = await unlessAborted(addressesOf(host, options), signal);
  signal?.throwIfAborted();
  return raceAttempts({
    // A socket or context of the program's own serves one attempt.
    addresses: socket === undefined && context === undefined ? addresses : addresses.slice(0, 1),
    attempt: (ip, stop) => attempt(plan, ip, stop),
    discard: (connection) => void connection.close(),
    choose: mostTelling,
    delayUs: (options.attemptDelayMs ?? ATTEMPT_DELAY_MS) * 1000,
    clock,
    signal,
  });
}

interface Plan {
  readonly options: ConnectOptions;
  readonly clock: Clock;
  readonly serverName: string;
  readonly createContext: () => QuicHostContext;
}

async function addressesOf(host: string, options: ConnectOptions): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const { lookup = lookupAll, socket, family = 0 } = options;
  const all = interleaveFamilies((await lookup(host)).map(({ address }) => address));
  const found = family === 0 ? all : all.filter((address) => isIP(address) === family);
  // A socket reaches one family.
  const fitting =
    socket === undefined
      ? found
      : found.filter((address) => address.includes(':') === socket.local.ip.includes(':'));
  if (fitting.length === 0)
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      `host: ${host} has no address that family allows and the socket reaches`,
    );
  return fitting;
}

function lookupAll(host: string): Promise<readonly { readonly address: string }[]> {
  return lookupHost(host, { all: true });
}

async function attempt(plan: Plan, ip: string, stop: AbortSignal): Promise<QuicConnection> {
  const context = plan.createContext();
  const socket = plan.options.socket ?? (await openSocket(plan.options, ip));
  if (stop.aborted) {
    socket.close();
    throw stop.reason;
  }
  const endpoint = new Endpoint({ context, socket, clock: plan.clock });
  try {
    return await shakeHands(plan, endpoint, { ip, port: plan.options.port }, stop);
  } catch (error) {
    void endpoint.close();
    throw error;
  }
}

function openSocket(options: ConnectOptions, ip: string): Promise<DatagramPort> {
  const { localAddress, localPort, port } = options;
  return openNodePort({
    connect: { ip, port },
    ...(localAddress === undefined ? {} : { ip: localAddress }),
    ...(localPort === undefined ? {} : { port: localPort }),
  });
}

function shakeHands(plan: Plan, endpoint: Endpoint, to: Address, stop: AbortSignal): Promise<QuicConnection> {
  const { options, serverName } = plan;
  const { session, token, rememberedPath, onSession, onToken, ALPNProtocols } = options;
  return new Promise<QuicConnection>((resolve, reject) => {
    const handle = endpoint.createConnection({
      to,
      from: endpoint.local,
      serverName,
      ...(options.context === undefined || ALPNProtocols === undefined ? {} : { alpn: ALPNProtocols }),
      ...(session === undefined ? {} : { session }),
      ...(token === undefined ? {} : { token }),
      ...(rememberedPath === undefined ? {} : { rememberedPath }),
    });
    let release = (): void => {};
    const connection = new QuicConnection({
      endpoint,
      handle,
      signal: options.signal,
      onSession,
      onToken,
      onConnected: () => {
        release();
        resolve(connection);
      },
      onClosed: (_connection, error) => {
        release();
        // The goodbye leaves, and the socket with it.
        void endpoint.close();
        reject(error);
      },
    });
    release = whenAborted(stop, () => void connection.close());
  });
}

/** The failure of a server that answered says more than one of an address where nobody is. */
function mostTelling(failures: readonly unknown[]): unknown {
  const silent = new Set(['ERR_QUIC_CONNECTION_REFUSED', 'ERR_QUIC_HANDSHAKE_TIMEOUT']);
  return (
    failures.find((error) => error instanceof QuicError && !silent.has(error.code)) ??
    failures.find((error) => error instanceof QuicError) ??
    failures[0]
  );
}

/** RFC 8305 §8 */
const ATTEMPT_DELAY_MS = 250;

import { lookup as lookupHost } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type DatagramPort, nodeClock, openUdpPort } from '@tsquic/event-adapters';
import type { Address } from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import { type Berth, socketsOf } from './client-endpoint.ts';
import { clientContexts } from './contexts.ts';
import { QuicConnection } from './connection.ts';
import { Endpoint } from './endpoint.ts';
import { decodeKeptToken } from './kept-token.ts';
import { QuicError } from './errors.ts';
import { interleaveFamilies, raceAttempts } from './happy-eyeballs.ts';
import { checkConnectOptions } from './option-checks.ts';
import type { ConnectOptions } from './options.ts';
import { asciiServerName } from './server-name.ts';

/**
 * Connect to a server and complete the handshake. If a host has several addresses, IPv6 is tried first and
 * the next address after `attemptDelayMs`, or at once after a refusal; the first connection is used and the
 * others are closed.
 *
 * Rejects with a `QuicError` (a `TlsAlertError` when certificates or protocols do not suit), the system's
 * error when there is no such host or no socket, or the reason of `signal`. Everything is then closed.
 */
export async function connect(options: ConnectOptions): Promise<QuicConnection> {
  checkConnectOptions(options);
  const { host = 'localhost', signal, socket, context, clock = nodeClock } = options;
  signal?.throwIfAborted();
  const plan: Plan = {
    options,
    serverName:
      options.servername === undefined
        ? asciiServerName('host', host)
        : asciiServerName('servername', options.servername),
    enter: berths(options),
  };
  const addresses = await unlessAborted(addressesOf(host, options), signal);
  signal?.throwIfAborted();
  return raceAttempts({
    // A socket or context that the program supplies serves one attempt only.
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
  readonly serverName: string;
  readonly enter: (ip: string) => Promise<Berth>;
}

async function addressesOf(host: string, options: ConnectOptions): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const { lookup = lookupAll, socket, family = 0 } = options;
  const all = interleaveFamilies((await lookup(host)).map(({ address }) => address));
  const found = family === 0 ? all : all.filter((address) => isIP(address) === family);
  // A socket reaches addresses of one family only.
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

async function attempt(plan: Plan, ip: string, stop: AbortSignal | undefined): Promise<QuicConnection> {
  const berth = await plan.enter(ip);
  try {
    stop?.throwIfAborted();
    return await shakeHands(plan, berth, { ip, port: plan.options.port }, stop);
  } catch (error) {
    berth.leave();
    throw error;
  }
}

/** A socket for each attempt, or places on those of an endpoint. */
function berths(options: ConnectOptions): (ip: string) => Promise<Berth> {
  const { endpoint, clock = nodeClock } = options;
  if (endpoint !== undefined) {
    const shared = socketsOf(endpoint);
    return (ip) => shared.enter(ip);
  }
  const createContext = clientContexts(options);
  return async (ip) => {
    const context = createContext();
    const socket = options.socket ?? (await openSocket(options, ip));
    const own = new Endpoint({ context, socket, clock, tracer: options.core?.tracer });
    // CONNECTION_CLOSE leaves, then the socket is closed.
    const leave = (): void => void own.close();
    return { endpoint: own, keepAlive: (isKept) => own.keepAlive(isKept), leave };
  };
}

function openSocket(options: ConnectOptions, ip: string): Promise<DatagramPort> {
  const { localAddress, localPort, port, udp: kind } = options;
  return openUdpPort({
    kind,
    connect: { ip, port },
    ...(localAddress === undefined ? {} : { ip: localAddress }),
    ...(localPort === undefined ? {} : { port: localPort }),
  });
}

function shakeHands(
  plan: Plan,
  berth: Berth,
  to: Address,
  stop: AbortSignal | undefined,
): Promise<QuicConnection> {
  const { options, serverName } = plan;
  const { endpoint } = berth;
  const hasOwnContext = options.context === undefined && options.endpoint === undefined;
  const { version, session, earlyData, token, rememberedPath, onSession, onToken, ALPNProtocols } = options;
  return new Promise<QuicConnection>((resolve, reject) => {
    const handle = endpoint.createConnection({
      to,
      from: endpoint.local,
      preferredAddress: 'ignore',
      serverName,
      ...(hasOwnContext || ALPNProtocols === undefined ? {} : { alpn: ALPNProtocols }),
      ...(version === undefined ? {} : { version }),
      ...(session === undefined ? {} : { session }),
      ...(earlyData === undefined ? {} : { earlyData }),
      ...(token === undefined ? {} : decodeKeptToken(token)),
      ...(rememberedPath === undefined ? {} : { rememberedPath }),
    });
    let release = (): void => {};
    const connection = new QuicConnection(handle, {
      endpoint,
      berth,
      signal: options.signal,
      onSession,
      onToken,
      onPath: options.onPath,
      onPathState: options.onPathState,
      onPathQuality: options.onPathQuality,
      udp: options.udp,
      followsPreferred:
        options.followPreferredAddress ?? (options.socket === undefined && options.context === undefined),
      onConnected: () => {
        release();
        resolve(connection);
      },
      onClosed: (_connection, error) => {
        release();
        berth.leave();
        reject(error);
      },
    });
    if (handle.earlyData === 'offered') resolve(connection);
    else release = whenAborted(stop, () => void connection.close());
  });
}

/** The failure of a server that answered is reported rather than that of an address without an answer. */
function mostTelling(failures: readonly unknown[]): unknown {
  const silent = new Set(['ERR_QUIC_CONNECTION_REFUSED', 'ERR_QUIC_HANDSHAKE_TIMEOUT']);
  return (
    failures.find((error) => error instanceof QuicError && !silent.has(error.code)) ??
    failures.find((error) => error instanceof QuicError) ??
    failures[0]
  );
}

/** The Connection Attempt Delay, RFC 8305 §8. */
const ATTEMPT_DELAY_MS = 250;

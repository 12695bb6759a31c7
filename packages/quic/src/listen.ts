import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import process from 'node:process';
import { type DatagramPort, nodeClock, openEveryAddress, openUdpPort, PortSet } from '@tsquic/event-adapters';
import { sameAddress } from '@tsquic/quic-core';
import { unlessAborted } from './abort.ts';
import { serverContext } from './contexts.ts';
import { QuicError } from './errors.ts';
import { type ConnectionHandler, type ListenerParts, QuicListener } from './listener.ts';
import { checkHandler, checkListenOptions } from './option-checks.ts';
import type { ListenOptions } from './options.ts';

/**
 * Serve clients on a UDP port. Every connection goes to `handler`, or without one to the iteration of the
 * listener.
 *
 * Rejects with the system's error (`EADDRINUSE`) when the address cannot be bound, in a worker of `node:cluster` with
 * `ERR_QUIC_INVALID_OPTION` when another worker has it, with
 * `ERR_QUIC_INVALID_OPTION` for invalid options, or the reason of `signal`. Everything is then closed.
 */
export function listen(options: ListenOptions, handler?: ConnectionHandler): Promise<QuicListener> {
  return openListener(options, handler);
}

/** The same for a protocol that has something to say before the handshake is complete: see `ListenerParts.onHandshake`. */
export async function openListener(
  options: ListenOptions,
  handler: ConnectionHandler | undefined,
  onHandshake?: ListenerParts['onHandshake'],
): Promise<QuicListener> {
  checkListenOptions(options);
  checkHandler(handler);
  const { signal, clock = nodeClock } = options;
  signal?.throwIfAborted();
  const context = serverContext(options);
  const opening = options.socket === undefined ? openSockets(options) : Promise.resolve(options.socket);
  const socket = await unlessAborted(opening, signal).catch((error: unknown) => {
    opening.then((late) => late.close()).catch(() => {});
    throw ofCluster(error, options);
  });
  return new QuicListener({ context, socket, clock, options, handler, onHandshake });
}

/** The sockets of `host`, and those of preferred addresses that are not among them. */
async function openSockets(options: ListenOptions): Promise<DatagramPort> {
  const first = await openSocket(options);
  const { ipv4, ipv6 } = options.preferredAddress ?? {};
  let sockets = first instanceof PortSet ? first : undefined;
  try {
    for (const address of [ipv4, ipv6]) {
      if (address === undefined || sameAddress(address, first.local)) continue;
      if (sockets?.has(address.ip) === true && address.port === first.local.port) continue;
      const socket = await openUdpPort({ ...address, kind: options.udp });
      sockets ??= new PortSet([{ port: first }]);
      sockets.add({ port: socket });
    }
  } catch (error) {
    (sockets ?? first).close();
    throw error;
  }
  return sockets ?? first;
}

function openSocket({ host, port = 0, udp: kind }: ListenOptions): Promise<DatagramPort> {
  const hosts = host === undefined ? ['::'] : typeof host === 'string' ? [host] : host;
  return openHosts(hosts, port, (ip, at) => openUdpPort({ ip, port: at, kind }));
}

/** The sockets of these names and addresses as one port: '::' and '0.0.0.0' stand for every address. */
export async function openHosts(
  hosts: readonly string[],
  port: number,
  open: (ip: string, port: number) => Promise<DatagramPort>,
): Promise<DatagramPort> {
  const ips = await Promise.all(
    hosts.map(async (name) => (isIP(name) === 0 ? (await lookup(name)).address : name)),
  );
  const [ip = '::'] = ips;
  if (ips.length > 1) return openEveryAddress({ port, addresses: ips, open });
  if (ip === '::' || ip === '0.0.0.0') return openEveryAddress({ port, ipv4Only: ip === '0.0.0.0', open });
  return open(ip, port);
}

/**
 * What to tell a worker of node:cluster about a port that is taken. Workers of net servers share one, because their
 * sockets are connections; datagrams of one QUIC connection would reach all workers in turns.
 */
function ofCluster(error: unknown, { port = 0 }: ListenOptions): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') return error;
  // The module itself has the names that its type keeps below `default`; not every runtime has this call.
  const cluster = process.getBuiltinModule?.('node:cluster') as { readonly isWorker?: boolean } | undefined;
  if (cluster?.isWorker !== true) return error;
  const message = `UDP port ${port} is taken, and workers of node:cluster cannot share one: each would get packets of the others' connections. Listen in one worker only, or on another port in each`;
  return new QuicError('ERR_QUIC_INVALID_OPTION', message, { cause: error });
}

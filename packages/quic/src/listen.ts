import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type DatagramPort, nodeClock, openEveryAddress, openNodePort } from '@tsquic/event-adapters';
import { unlessAborted } from './abort.ts';
import { serverContext } from './contexts.ts';
import { type ConnectionHandler, QuicListener } from './listener.ts';
import { checkListenNames } from './option-names.ts';
import type { ListenOptions } from './options.ts';

/**
 * Serve clients on a UDP port. Every connection goes to `handler`, or without one to the iteration of the listener.
 *
 * Rejects with the system's error (`EADDRINUSE`) when the address cannot be had, with `ERR_QUIC_INVALID_OPTION` for
 * options that cannot work, or the reason of `signal`. Nothing is then left open.
 */
export async function listen(options: ListenOptions, handler?: ConnectionHandler): Promise<QuicListener> {
  checkListenNames(options);
  const { signal, clock = nodeClock } = options;
  signal?.throwIfAborted();
  const context = serverContext(options);
  const opening = options.socket === undefined ? openSocket(options) : Promise.resolve(options.socket);
  const socket = await unlessAborted(opening, signal).catch((error: unknown) => {
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  return new QuicListener({ context, socket, clock, options, handler });
}

async function openSocket(options: ListenOptions): Promise<DatagramPort> {
  const { host, port = 0 } = options;
  const hosts = host === undefined ? ['::'] : typeof host === 'string' ? [host] : host;
  const ips = await Promise.all(
    hosts.map(async (name) => (isIP(name) === 0 ? (await lookup(name)).address : name)),
  );
  const [ip = '::'] = ips;
  if (ips.length > 1) return openEveryAddress({ port, addresses: ips });
  if (ip === '::' || ip === '0.0.0.0') return openEveryAddress({ port, ipv4Only: ip === '0.0.0.0' });
  return openNodePort({ ip, port });
}

import { type DatagramPort, openNodePort } from '@tsquic/event-adapters';
import { openHosts } from '../listen.ts';

/** Sockets on these addresses that other workers open as well, so that the system spreads clients among them. */
export function openShared(hosts: readonly string[], port: number): Promise<DatagramPort> {
  return openHosts(hosts, port, (ip, at) => openNodePort({ ip, port: at, reusePort: true }));
}

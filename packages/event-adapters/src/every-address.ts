import { networkInterfaces } from 'node:os';
import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { PortSet } from './port-set.ts';
import { openUdpPort } from './udp-port.ts';

/** Options of `openEveryAddress`. */
export interface EveryAddressOptions {
  /** Default 0: the system chooses a port that is free on every address. */
  readonly port?: number;
  /** Whether IPv6 is left out. Default false. */
  readonly ipv4Only?: boolean;
  /**
   * Numeric addresses to use instead, all of which are required. Default: those of the interfaces, which are
   * listed again and again.
   */
  readonly addresses?: readonly string[];
  /** Opens one socket. Default: `openUdpPort`. */
  readonly open?: (ip: string, port: number) => Promise<DatagramPort>;
  /** Lists the addresses of the interfaces. Default: by `os.networkInterfaces`. */
  readonly list?: () => readonly string[];
  /** How often they are listed again, ms. Default 3000. */
  readonly lookEveryMs?: number;
}

/**
 * Open a socket on each address of this machine, as one port: a server's answers then leave from the address
 * that the client sent to, without which no client accepts them (RFC 9000 §9.6). No JavaScript runtime tells
 * where a datagram to 0.0.0.0 or :: came in, or lets a program choose where one leaves. New addresses get a
 * socket within `lookEveryMs`; sockets of removed ones are closed.
 *
 * An address that no interface lists gets no socket, for example 127.0.0.2 on Linux: name it in `addresses`.
 * When the runtime does not list interfaces (Deno without --allow-sys), there is one socket on :: or 0.0.0.0.
 *
 * Rejects with the system's error, for example EADDRINUSE.
 */
export async function openEveryAddress(options: EveryAddressOptions = {}): Promise<DatagramPort> {
  const { addresses, ipv4Only = false, open = openAt, list = listAddresses, lookEveryMs = 3000 } = options;
  const look = (): readonly string[] => addresses ?? list().filter((ip) => !ipv4Only || !ip.includes(':'));
  const ips = look();
  if (ips.length === 0) return openWildcard(open, options.port ?? 0, ipv4Only);
  const ports = await openAll(ips, options.port ?? 0, open, addresses !== undefined);
  const local: Address = { ip: ipv4Only ? '0.0.0.0' : '::', port: ports[0]!.local.port };
  const set = new PortSet(
    ports.map((port) => ({ port })),
    addresses === undefined ? local : ports[0]!.local,
  );
  if (addresses === undefined) follow(set, look, (ip) => open(ip, local.port), lookEveryMs);
  return set;
}

/**
 * Sockets on all addresses with the same port; addresses that cannot be bound are left out, unless all are
 * required.
 */
async function openAll(
  ips: readonly string[],
  wantedPort: number,
  open: (ip: string, port: number) => Promise<DatagramPort>,
  needsAll: boolean,
): Promise<DatagramPort[]> {
  for (let tries = 1; ; tries++) {
    const ports: DatagramPort[] = [];
    let failure: unknown = undefined;
    for (const ip of ips) {
      try {
        ports.push(await open(ip, ports[0]?.local.port ?? wantedPort));
      } catch (error) {
        // An address may have been removed, or may not be ready yet.
        if (!needsAll && !isTaken(error)) continue;
        failure = error;
        break;
      }
    }
    if (failure === undefined && ports.length > 0) return ports;
    for (const port of ports) port.close();
    // Another program uses this port on one of the addresses: another port may be free on all.
    if (wantedPort !== 0 || tries === MAX_TRIES || !isTaken(failure))
      throw failure ?? new Error('no address of this machine can be had');
  }
}

/** Open sockets on new addresses, and close those of removed ones. */
function follow(
  set: PortSet,
  look: () => readonly string[],
  open: (ip: string) => Promise<DatagramPort>,
  lookEveryMs: number,
): void {
  const opening = new Set<string>();
  const timer = setInterval(() => {
    const ips = look();
    // An empty list means that the runtime cannot list them, and not that all were removed.
    if (ips.length > 0) set.keep((ip) => ips.includes(ip));
    for (const ip of ips) {
      if (set.has(ip) || opening.has(ip)) continue;
      opening.add(ip);
      void open(ip)
        .then(
          (port) => set.add({ port }),
          () => {},
        )
        .finally(() => opening.delete(ip));
    }
  }, lookEveryMs);
  // The sockets keep the program running, so that this timer need not.
  timer.unref();
  set.onClosed = () => clearInterval(timer);
}

async function openWildcard(
  open: (ip: string, port: number) => Promise<DatagramPort>,
  port: number,
  ipv4Only: boolean,
): Promise<DatagramPort> {
  if (ipv4Only) return open('0.0.0.0', port);
  try {
    return await open('::', port);
  } catch (error) {
    if (!NO_IPV6.has(codeOf(error))) throw error;
    return open('0.0.0.0', port);
  }
}

function openAt(ip: string, port: number): Promise<DatagramPort> {
  return openUdpPort({ ip, port });
}

/** Numeric addresses; link-local ones with their interface: fe80::1%eth0. RFC 4007 §11 */
function listAddresses(): string[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
      (entries ?? []).map(({ address }) => (isLinkLocal(address) ? `${address}%${name}` : address)),
    );
  } catch {
    return [];
  }
}

function isLinkLocal(ip: string): boolean {
  return /^fe[89ab]/i.test(ip) && !ip.includes('%');
}

function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE' || (error as Error | undefined)?.name === 'AddrInUse';
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL', 'ENOTSUP']);
const MAX_TRIES = 16;

import { networkInterfaces } from 'node:os';
import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';
import { openNodePort } from './node-port.ts';
import { PortSet } from './port-set.ts';

/** Options of `openEveryAddress`. */
export interface EveryAddressOptions {
  /** Default 0: the system chooses one that is free on every address. */
  readonly port?: number;
  /** Leave out IPv6. Default false. */
  readonly ipv4Only?: boolean;
  /** Numeric addresses to have instead, all of them and for good. Default: what the interfaces have, looked at again and again. */
  readonly addresses?: readonly string[];
  /** Opens one socket. Default: `openNodePort`. */
  readonly open?: (ip: string, port: number) => Promise<DatagramPort>;
  /** Lists what the interfaces have. Default: by `os.networkInterfaces`. */
  readonly list?: () => readonly string[];
  /** How often to list them again, ms. Default 3000. */
  readonly lookEveryMs?: number;
}

/**
 * Open a socket on each address of this machine, as one port: a server's answers then leave from the address that the
 * client asked, without which no client takes them (RFC 9000 §9.6). No JavaScript runtime tells where a datagram to
 * 0.0.0.0 or :: came in, or lets a program choose where one leaves. Addresses that come later get a socket within
 * `lookEveryMs`, those that go lose theirs.
 *
 * An address that no interface lists gets none, 127.0.0.2 for one, which Linux has all the same: name it in `addresses`.
 * Where the runtime does not list interfaces (Deno without --allow-sys) this is one socket on :: or 0.0.0.0.
 *
 * Rejects with the system's error, EADDRINUSE for one.
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

/** Sockets on all addresses and one port; without those that cannot be had, unless every one is wanted. */
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
        // Addresses go, and some are not ready yet.
        if (!needsAll && !isTaken(error)) continue;
        failure = error;
        break;
      }
    }
    if (failure === undefined && ports.length > 0) return ports;
    for (const port of ports) port.close();
    // Somebody else has this number on one of the addresses: another number may be free on all.
    if (wantedPort !== 0 || tries === MAX_TRIES || !isTaken(failure))
      throw failure ?? new Error('no address of this machine can be had');
  }
}

/** Give new addresses a socket, and take it from those that are gone. */
function follow(
  set: PortSet,
  look: () => readonly string[],
  open: (ip: string) => Promise<DatagramPort>,
  lookEveryMs: number,
): void {
  const opening = new Set<string>();
  const timer = setInterval(() => {
    const ips = look();
    // A runtime that lists nothing has not lost everything.
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
  // The sockets keep the program running, not this.
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
  return openNodePort({ ip, port });
}

/** Numeric, link-local ones with their interface: fe80::1%eth0. RFC 4007 §11 */
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

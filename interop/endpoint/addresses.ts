import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { PreferredAddress } from 'tsquic';

/** A preferred address from its text, IP:PORT, with brackets around one of IPv6. Throws for text without an address. */
export function parsePreferred(text: string): PreferredAddress {
  const { hostname, port } = new URL(`udp://${text}`);
  const ip = hostname.replace(/^\[|\]$/g, '');
  const address = { ip, port: Number(port) };
  return isIPv6(ip) ? { ipv6: address } : { ipv4: address };
}

/** One address of this machine of each IP version, or `host` alone where the server has only that one. */
export function ownAddresses(host: string | undefined, port: number): PreferredAddress {
  const ips = host === undefined ? outwardIps() : [host];
  const ipv4 = ips.find((ip) => !isIPv6(ip));
  const ipv6 = ips.find(isIPv6);
  return {
    ...(ipv4 !== undefined && { ipv4: { ip: ipv4, port } }),
    ...(ipv6 !== undefined && { ipv6: { ip: ipv6, port } }),
  };
}

/** Addresses that other machines can reach: neither loopback nor link-local ones. */
function outwardIps(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
}

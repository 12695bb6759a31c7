import type { Address } from './address.ts';
import { type Reach, reachOf } from './ip.ts';

/** The server's preferred addresses, at most one of each family. RFC 9000 §9.6 */
export interface PreferredAddress {
  readonly ipv4?: Address | undefined;
  readonly ipv6?: Address | undefined;
}

const RANKS: Readonly<Record<Reach, number>> = { none: -1, host: 0, link: 1, private: 2, global: 3 };

/**
 * The addresses of an offer that a client may use. A server on the Internet could otherwise make its clients
 * send to hosts of their own networks, or to services that answer any datagram. RFC 9000 §21.5.3, §21.5.6
 *
 * @param server - the address of the handshake.
 * @param blockedPorts - ports of services that no QUIC server shares a port with.
 */
export function lawfulOffer(
  { ipv4, ipv6 }: PreferredAddress,
  server: Address,
  blockedPorts: ReadonlySet<number>,
): PreferredAddress | undefined {
  const isLawful = (address: Address | undefined): boolean => {
    if (address === undefined || address.port === 0 || blockedPorts.has(address.port)) return false;
    const rank = RANKS[reachOf(address.ip)];
    return rank >= 0 && rank >= RANKS[reachOf(server.ip)];
  };
  const offer = {
    ipv4: isLawful(ipv4) ? ipv4 : undefined,
    ipv6: isLawful(ipv6) ? ipv6 : undefined,
  };
  return (offer.ipv4 ?? offer.ipv6) ? offer : undefined;
}

/** The offered address of the same family as `address`. */
export function ofFamily(offer: PreferredAddress | undefined, { ip }: Address): Address | undefined {
  return ip.includes(':') ? offer?.ipv6 : offer?.ipv4;
}

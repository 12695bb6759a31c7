import type { Address, PreferredAddress } from '@tsquic/quic-core';
import type { LinkOptions } from './link.ts';
import { CLIENT_ADDRESS, type Pair, SECOND_CLIENT_ADDRESS, SERVER_ADDRESS } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** The addresses of both sides of a scenario. */
export interface ScenarioAddresses {
  readonly client: ClientAddresses;
  readonly server: Address;
  /** The server's preferred address, if it has one. */
  readonly preferred: PreferredAddress | undefined;
}

/** The addresses of a scenario's client. */
export interface ClientAddresses {
  readonly home: Address;
  /** Another port of the same IP. */
  readonly port: Address;
  /** Another IP. */
  readonly address: Address;
  /** An IP of the other family. */
  readonly family: Address;
}

/** The addresses of a scenario. */
export function addressesOf({
  family,
  preferred,
}: Pick<Scenario, 'family' | 'preferred'>): ScenarioAddresses {
  const isIpv6 = family === 'ipv6';
  const offer = {
    ...(preferred?.offered !== 'ipv6' && { ipv4: PREFERRED_IPV4 }),
    ...(preferred?.offered !== 'ipv4' && { ipv6: PREFERRED_IPV6 }),
  };
  return {
    client: isIpv6 ? CLIENT_IPV6 : CLIENT_IPV4,
    server: isIpv6 ? { ip: '2001:db8::2', port: 443 } : SERVER_ADDRESS,
    preferred: preferred === undefined ? undefined : offer,
  };
}

/** The same as lists for the hosts of a pair. */
export function hostAddresses(scenario: Pick<Scenario, 'family' | 'preferred' | 'moves'>): {
  readonly client: Address[];
  readonly server: Address[];
} {
  const { client, server, preferred } = addressesOf(scenario);
  const { home, port, address, family } = client;
  const isMoving = (scenario.moves?.length ?? 0) > 0;
  return {
    client: isMoving ? [home, port, address, family] : [home],
    server: [server, preferred?.ipv4, preferred?.ipv6].filter((one) => one !== undefined),
  };
}

/** Add routes between all addresses of the same family; the client's first IP has the links of the pair, the others share two more. */
export function addScenarioRoutes(
  { world, client, server, up, down }: Pair,
  scenario: Pick<Scenario, 'link' | 'secondPath'>,
): void {
  const { link, secondPath } = scenario;
  const lay = (name: string, options: Partial<LinkOptions> | undefined) =>
    world.addLink(name, { ...link, ...options });
  const homeIp = client.host.addresses[0]!.ip;
  const others = client.host.addresses.some(({ ip }) => ip !== homeIp) && {
    up: lay('second up', secondPath?.up),
    down: lay('second down', secondPath?.down),
  };
  for (const { ip: from } of client.host.addresses)
    for (const { ip: to } of server.host.addresses) {
      if (from.includes(':') !== to.includes(':')) continue;
      const way = others === false || from === homeIp ? { up, down } : others;
      world.addRoute(from, to, [way.up]);
      world.addRoute(to, from, [way.down]);
    }
}

const HOME_IPV6 = { ip: '2001:db8::1', port: 5001 } as const;
const CLIENT_IPV4: ClientAddresses = {
  home: CLIENT_ADDRESS,
  port: { ...CLIENT_ADDRESS, port: 5003 },
  address: SECOND_CLIENT_ADDRESS,
  family: { ip: '2001:db8::1:1', port: 5004 },
};
const CLIENT_IPV6: ClientAddresses = {
  home: HOME_IPV6,
  port: { ...HOME_IPV6, port: 5003 },
  address: { ip: '2001:db8::1:1', port: 5002 },
  family: { ip: '10.0.1.1', port: 5004 },
};
/** Global addresses: a client refuses a preferred address of less reach than the server's first address. RFC 9000 §21.5.6 */
const PREFERRED_IPV4: Address = { ip: '198.51.100.7', port: 4433 };
const PREFERRED_IPV6: Address = { ip: '2001:db8::7', port: 4433 };

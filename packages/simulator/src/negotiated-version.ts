import type { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** QUIC versions 1 and 2, as numbers on the wire. RFC 9000 §15, RFC 9369 §3.1 */
export const QUIC_1 = 0x0000_0001;
export const QUIC_2 = 0x6b33_43cf;

/**
 * The version that both sides of a scenario must agree on; undefined without a common version. Versions 1 and 2 are compatible:
 * a server that supports the client's first version changes to the version that it prefers among the client's. Otherwise
 * the client begins again in the first of its versions that the server supports. RFC 9368 §2, RFC 9369 §4
 */
export function negotiatedVersion({ versions }: Pick<Scenario, 'versions'>): number | undefined {
  const client = versions?.client ?? [QUIC_1, QUIC_2];
  const server = versions?.server;
  const common = client.filter((version) => server?.includes(version) ?? true);
  if (server === undefined || common.length === 0) return common[0];
  return server.find((version) => client.includes(version));
}

/** Connections of a run that use another version. */
export function versionFaults(scenario: Scenario, { client, server }: Pair): string[] {
  const expected = negotiatedVersion(scenario);
  return [client, server].flatMap((peer) => {
    const connected = peer.connections.filter(({ id }) =>
      peer.eventsOf('connected').some(({ connection }) => connection === id),
    );
    return connected.flatMap(({ version }) =>
      version === expected ? [] : [`the ${peer.host.name} speaks version ${version}, not ${expected}`],
    );
  });
}

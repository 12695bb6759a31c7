import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { ConnectionOptions, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import type { Identity } from '@tsquic/tls13';
import type { Link, LinkOptions } from './link.ts';
import { Peer, type PeerOptions } from './peer.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

/** Options of a pair; only the crypto provider has no default. */
export interface PairOptions {
  /** Makes a crypto provider over this seeded source; is called once for each side. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** Default 1. */
  readonly seed?: number;
  /** Options of both directions. */
  readonly link?: Partial<LinkOptions>;
  /** Client to server; overrides `link`. */
  readonly up?: Partial<LinkOptions>;
  /** Server to client; overrides `link`. */
  readonly down?: Partial<LinkOptions>;
  /** Overrides: ALPN 'test', no certificate check, virtual time. */
  readonly client?: Partial<QuicContextOptions>;
  /** Overrides: ALPN 'test', the test identity, virtual time. */
  readonly server?: Partial<QuicContextOptions>;
  /** A second interface of the client, with links of its own to the same server. Default: none. */
  readonly secondPath?: { readonly up?: Partial<LinkOptions>; readonly down?: Partial<LinkOptions> };
  readonly clientHost?: HostExtras;
  readonly serverHost?: HostExtras;
  /** Length of the server's certificate chain, bytes; at least that of the leaf alone. */
  readonly chainBytes?: number;
}

/** Options of a pair's host besides its context. */
export type HostExtras = Partial<
  Pick<
    PeerOptions,
    | 'addresses'
    | 'nat'
    | 'cpu'
    | 'loop'
    | 'clockOriginUs'
    | 'sendBufferBytes'
    | 'reads'
    | 'keepsBytes'
    | 'respond'
  >
>;

/** A client and a server, joined by two links. */
export interface Pair {
  readonly world: World;
  readonly client: Peer;
  readonly server: Peer;
  /** Client to server. */
  readonly up: Link;
  /** Server to client. */
  readonly down: Link;
  readonly serverIdentity: Identity;
  /** Start a connection from the client to the server; it appears in `client.connections`. */
  connect(options?: Partial<ConnectionOptions>): QuicConnection;
  /** Run until `isDone()`, for at most `limitUs` of virtual time. Returns whether it became true. */
  run(isDone: () => boolean, limitUs: number): boolean;
  /** Let virtual time pass. */
  pass(durationUs: number): void;
}

/** The default address of a pair's client. */
export const CLIENT_ADDRESS = { ip: '10.0.0.1', port: 5001 } as const;
/** The address of a client's second interface. */
export const SECOND_CLIENT_ADDRESS = { ip: '10.0.1.1', port: 5002 } as const;
/** The default address of a pair's server. */
export const SERVER_ADDRESS = { ip: '10.0.0.2', port: 443 } as const;

/** A client and a server, before any connection. */
export function createPair(options: PairOptions): Pair {
  const world = new World(options.seed ?? 1);
  const clientCrypto = options.createCrypto(world.random.fork('client').fillBytes);
  const serverCrypto = options.createCrypto(world.random.fork('server').fillBytes);
  const serverIdentity = createTestIdentity(serverCrypto, options.chainBytes);
  const client = new Peer(world, {
    name: 'client',
    addresses: options.secondPath === undefined ? [CLIENT_ADDRESS] : [CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS],
    ...options.clientHost,
    context: {
      crypto: clientCrypto,
      alpn: ['test'],
      dangerouslySkipCertificateCheck: true,
      unixTimeAtZeroUs: TEST_UNIX_TIME_US - (options.clientHost?.clockOriginUs ?? 0),
      ...options.client,
    },
  });
  const server = new Peer(world, {
    name: 'server',
    addresses: [SERVER_ADDRESS],
    ...options.serverHost,
    context: {
      crypto: serverCrypto,
      alpn: ['test'],
      identity: serverIdentity,
      unixTimeAtZeroUs: TEST_UNIX_TIME_US - (options.serverHost?.clockOriginUs ?? 0),
      ...options.server,
    },
  });
  const up = world.addLink('up', { ...options.link, ...options.up });
  const down = world.addLink('down', { ...options.link, ...options.down });
  world.addRoute(client.host.addresses[0]!.ip, server.host.addresses[0]!.ip, [up]);
  world.addRoute(server.host.addresses[0]!.ip, client.host.addresses[0]!.ip, [down]);
  addSecondPath(world, server, options);
  return {
    world,
    client,
    server,
    up,
    down,
    serverIdentity,
    connect: (connection) => connect(world, client, server, connection),
    run: (isDone, limitUs) => world.run(isDone, world.nowUs + limitUs),
    pass: (durationUs) => void world.run(() => false, world.nowUs + durationUs),
  };
}

function addSecondPath(world: World, server: Peer, { link, secondPath }: PairOptions): void {
  if (secondPath === undefined) return;
  const { ip } = server.host.addresses[0]!;
  world.addRoute(SECOND_CLIENT_ADDRESS.ip, ip, [world.addLink('second up', { ...link, ...secondPath.up })]);
  world.addRoute(ip, SECOND_CLIENT_ADDRESS.ip, [
    world.addLink('second down', { ...link, ...secondPath.down }),
  ]);
}

/**
 * A pair whose handshake is complete on both sides. Throws an Error when that takes more than ten virtual
 * seconds.
 */
export function createConnectedPair(options: PairOptions): Pair {
  const pair = createPair(options);
  pair.connect();
  const isConnected = (): boolean => pair.client.has('connected') && pair.server.has('connected');
  if (!pair.run(isConnected, 10_000_000)) throw new Error(`no handshake (seed ${pair.world.seed})`);
  return pair;
}

function connect(
  world: World,
  client: Peer,
  server: Peer,
  options: Partial<ConnectionOptions> | undefined,
): QuicConnection {
  const to = server.host.addresses[0]!;
  const connection = client.context.createConnection(
    { to, serverName: TEST_SERVER_NAME, ...options },
    client.host.clockUs(world.nowUs),
  );
  client.connections.push(connection);
  return connection;
}

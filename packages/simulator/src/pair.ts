import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { ConnectionOptions, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import type { Identity } from '@tsquic/tls13';
import type { Link, LinkOptions } from './link.ts';
import { Peer, type PeerOptions } from './peer.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

/** What a pair is made of; only the cryptography has no default. */
export interface PairOptions {
  /** Makes a crypto provider that draws from this seeded source; called once for each side. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  /** Default 1. */
  readonly seed?: number;
  /** Both directions. */
  readonly link?: Partial<LinkOptions>;
  /** Client to server; on top of `link`. */
  readonly up?: Partial<LinkOptions>;
  /** Server to client; on top of `link`. */
  readonly down?: Partial<LinkOptions>;
  /** On top of: ALPN 'test', no certificate check, virtual time. */
  readonly client?: Partial<QuicContextOptions>;
  /** On top of: ALPN 'test', the test identity, virtual time. */
  readonly server?: Partial<QuicContextOptions>;
  /** A second interface of the client, with links of its own to the same server. Default: none. */
  readonly secondPath?: { readonly up?: Partial<LinkOptions>; readonly down?: Partial<LinkOptions> };
  readonly clientHost?: HostExtras;
  readonly serverHost?: HostExtras;
  /** Length of the server's certificate chain, bytes; at least that of the bare leaf. */
  readonly chainBytes?: number;
}

/** What a host of a pair may have besides its context. */
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
  /** Go on until `isDone()`, for at most `limitUs` of virtual time from now. Returns whether it held. */
  run(isDone: () => boolean, limitUs: number): boolean;
  /** Let virtual time pass. */
  pass(durationUs: number): void;
}

/** Where the client of a pair is, unless told otherwise. */
export const CLIENT_ADDRESS = { ip: '10.0.0.1', port: 5001 } as const;
/** The second interface of a client that has two. */
export const SECOND_CLIENT_ADDRESS = { ip: '10.0.1.1', port: 5002 } as const;
/** Where the server of a pair is, unless told otherwise. */
export const SERVER_ADDRESS = { ip: '10.0.0.2', port: 443 } as const;

/** A client and a server that have not met yet. */
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

/** A pair whose handshake is complete on both sides. Throws an Error when it does not complete in ten virtual seconds. */
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

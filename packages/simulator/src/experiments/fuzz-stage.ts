import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { BeforeSealing, QuicConnection, QuicContextOptions, Tracer } from '@tsquic/quic-core';
import { Peer } from '../peer.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from '../test-identity.ts';
import { World } from '../world.ts';

/** What the hosts of a stage are made of. */
export interface FuzzStageOptions {
  readonly seed: number;
  /** Makes a crypto provider that draws from this seeded source; called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly honestIsServer: boolean;
  readonly retry: boolean;
  /** The connection to the saboteur is followed by one that resumes it, with data in 0-RTT packets. */
  readonly resumes: boolean;
  /** Share of datagrams lost between the honest side and the saboteur. */
  readonly lossRate: number;
  readonly beforeSealing: BeforeSealing;
  /** An error of our own, at either end: whoever changes packets gets answers that it cannot foresee. */
  readonly onInternalError: (error: unknown) => void;
}

/** One side under test and two that talk to it: one whose packets are changed, one honest. */
export class FuzzStage {
  readonly world: World;
  readonly honest: Peer;
  readonly hostile: Peer;
  readonly witness: Peer;
  private readonly options: FuzzStageOptions;

  constructor(options: FuzzStageOptions) {
    this.options = options;
    this.world = new World(options.seed);
    const { honestIsServer, retry, beforeSealing } = options;
    const tracer: Tracer = { onInternalError: (_connection, error) => options.onInternalError(error) };
    this.honest = this.addPeer('honest', HONEST_IP, honestIsServer, {
      tracer,
      transport: { idleTimeoutMs: 5000, handshakeTimeoutMs: 5000 },
      ...(honestIsServer && retry && { retry: 'always' }),
    });
    this.hostile = this.addPeer('hostile', HOSTILE_IP, !honestIsServer, { tracer, beforeSealing });
    this.witness = this.addPeer('witness', WITNESS_IP, !honestIsServer, { transport: { keepAliveMs: 1000 } });
    const loss = { kind: 'random', rate: options.lossRate } as const;
    this.addLinks(HOSTILE_IP, { loss });
    this.addLinks(WITNESS_IP, {});
  }

  /** Start a connection between the honest side and `other`. */
  connect(other: Peer, session?: Uint8Array): void {
    const [client, server] = this.options.honestIsServer ? [other, this.honest] : [this.honest, other];
    const to = server.host.addresses[0]!;
    const connection = client.context.createConnection(
      { to, serverName: TEST_SERVER_NAME, ...(session !== undefined && { session }) },
      this.world.nowUs,
    );
    client.connections.push(connection);
    if (session !== undefined) sendAll(client, connection);
  }

  /** The honest side's connections to `other`. */
  connectionsTo(other: Peer): QuicConnection[] {
    const { ip } = other.host.addresses[0]!;
    return this.honest.connections.filter(({ remoteAddress }) => remoteAddress.ip === ip);
  }

  private addPeer(name: string, ip: string, isServer: boolean, context: Partial<QuicContextOptions>): Peer {
    const crypto = this.options.createCrypto(this.world.random.fork(name).fillBytes);
    const peer: Peer = new Peer(this.world, {
      name,
      addresses: [{ ip, port: isServer ? 443 : 5000 }],
      keepsBytes: false,
      respond: () => FUZZ_RESPONSE_BYTES,
      onEvent: (event) => {
        if (event.type === 'ticket') this.resume(event.connection, event.ticket);
        if (event.type !== 'connected' || (event.resumed && !isServer)) return;
        const connection = peer.context.connection(event.connection);
        // The event may have waited while the connection ended.
        if (connection !== undefined && connection.closeReason === undefined) sendAll(peer, connection);
      },
      context: {
        crypto,
        alpn: ['test'],
        unixTimeAtZeroUs: TEST_UNIX_TIME_US,
        ...(isServer ? { identity: createTestIdentity(crypto) } : { dangerouslySkipCertificateCheck: true }),
        ...context,
      },
    });
    return peer;
  }

  /** Once, and with the saboteur only. */
  private resume(id: number, ticket: Uint8Array): void {
    const [first] = this.options.honestIsServer ? this.hostile.connections : this.connectionsTo(this.hostile);
    const isAgain = this.hostile.connections.length > 1 || this.connectionsTo(this.hostile).length > 1;
    if (this.options.resumes && first?.id === id && !isAgain) this.connect(this.hostile, ticket);
  }

  private addLinks(ip: string, options: Parameters<World['addLink']>[1]): void {
    const { world } = this;
    world.addRoute(HONEST_IP, ip, [world.addLink(`to ${ip}`, options)]);
    world.addRoute(ip, HONEST_IP, [world.addLink(`from ${ip}`, options)]);
  }
}

/** Both sides of a connection open streams: two that are answered, and one that is not. */
function sendAll(peer: Peer, connection: QuicConnection): void {
  for (const unidirectional of [false, false, true])
    peer.trySendPattern(FUZZ_REQUEST_BYTES, { unidirectional }, connection);
}

/** Length of what is sent on every stream, and of every answer. */
export const FUZZ_REQUEST_BYTES = 10_000;
export const FUZZ_RESPONSE_BYTES = 20_000;
const HONEST_IP = '10.0.0.1';
const HOSTILE_IP = '10.0.0.2';
const WITNESS_IP = '10.0.0.3';

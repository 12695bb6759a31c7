import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { Address, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import type { LinkOptions } from './link.ts';
import { Peer } from './peer.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

/** What a stage is made of. */
export interface WitnessedStageOptions {
  readonly seed: number;
  /** Makes a crypto provider that draws from this seeded source; called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly honestIsServer: boolean;
  /** On top of what makes it a server or a client. */
  readonly honest: Partial<QuicContextOptions>;
  /** What the program of the honest side does with connections to somebody hostile. Default: as with others. */
  readonly program?: StageProgram;
}

/** What the program of a host does. */
export interface StageProgram {
  /** Default true. */
  readonly reads?: boolean;
  /** Length of the answer to every request. Default 20000. */
  readonly responseBytes?: number;
}

/**
 * An honest context under test, somebody honest who talks to it, and room for somebody hostile: whatever the latter does,
 * the witness must not notice.
 */
export class WitnessedStage {
  readonly world: World;
  readonly honest: Peer;
  readonly witness: Peer;
  /** A client of this stage has got a ticket. */
  onTicket: (connection: QuicConnection, ticket: Uint8Array) => void = () => {};
  private readonly options: WitnessedStageOptions;

  constructor(options: WitnessedStageOptions) {
    this.options = options;
    this.world = new World(options.seed);
    const { honestIsServer, honest, program } = options;
    this.honest = this.addPeer('honest', HONEST_ADDRESS, honestIsServer, honest, program);
    const patient = { transport: { keepAliveMs: 1000 } };
    this.witness = this.addPeer('witness', WITNESS_ADDRESS, !honestIsServer, patient);
    this.addLinks(WITNESS_ADDRESS, {});
  }

  /** A host that makes or takes connections. Whoever is connected opens streams and sends. */
  addPeer(
    name: string,
    address: Address,
    isServer: boolean,
    context: Partial<QuicContextOptions>,
    program: StageProgram = {},
  ): Peer {
    const crypto = this.options.createCrypto(this.world.random.fork(name).fillBytes);
    const peer: Peer = new Peer(this.world, {
      name,
      addresses: [address],
      keepsBytes: false,
      reads: (connection) => !isHostile(connection) || program.reads !== false,
      respond: (_request, _streamId, connection) =>
        isHostile(connection) ? (program.responseBytes ?? RESPONSE_BYTES) : RESPONSE_BYTES,
      onEvent: (event) => {
        const connection = peer.context.connection(event.connection);
        // An event may have waited while its connection ended.
        if (connection === undefined || connection.closeReason !== undefined) return;
        if (event.type === 'ticket') this.onTicket(connection, event.ticket);
        if (event.type === 'connected' && (isServer || !event.resumed)) sendAll(peer, connection);
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

  /** Join the honest side to somebody else, both ways. */
  addLinks({ ip }: Address, options: Partial<LinkOptions>): void {
    const { world } = this;
    world.addRoute(HONEST_ADDRESS.ip, ip, [world.addLink(`to ${ip}`, options)]);
    world.addRoute(ip, HONEST_ADDRESS.ip, [world.addLink(`from ${ip}`, options)]);
  }

  /** Start a connection; one that resumes a session sends at once. */
  connect(client: Peer, to: Address, session?: Uint8Array): void {
    const connection = client.context.createConnection(
      { to, serverName: TEST_SERVER_NAME, ...(session !== undefined && { session }) },
      this.world.nowUs,
    );
    client.connections.push(connection);
    if (session !== undefined) sendAll(client, connection);
  }

  /** Let the witness and the honest side meet. */
  connectWitness(): void {
    if (this.options.honestIsServer) this.connect(this.witness, HONEST_ADDRESS);
    else this.connect(this.honest, WITNESS_ADDRESS);
  }

  /** The honest side's connections to an address. */
  connectionsTo({ ip }: Address): QuicConnection[] {
    return this.honest.connections.filter(({ remoteAddress }) => remoteAddress.ip === ip);
  }

  /**
   * What the witness has to complain of: everything that was sent before must have arrived, and more still must, within
   * five seconds.
   */
  witnessFaults(): string[] {
    const { world, honest, witness } = this;
    const [there] = witness.connections;
    const [here] = this.connectionsTo(WITNESS_ADDRESS);
    if (there === undefined || here === undefined) return ['the witness was not let in'];
    const ended = [there, here].flatMap(({ closeReason }) => closeReason ?? []);
    if (ended.length > 0) return [`the witness ended: ${JSON.stringify(ended)}`];
    const more = [
      [witness, there, honest, here],
      [honest, here, witness, there],
    ] as const;
    const faults: string[] = [];
    for (const [sender, from, receiver, to] of more) {
      const feeder = sender.trySendPattern(REQUEST_BYTES, { unidirectional: true }, from);
      const collector = feeder && receiver.received(feeder.id, to);
      if (!world.run(() => collector?.finished === true, world.nowUs + WITNESS_US))
        faults.push(`nothing goes from ${sender.host.name} to ${receiver.host.name} any more`);
    }
    return [...faults, ...wrongStreams(witness, there), ...wrongStreams(honest, here)];
  }
}

function isHostile({ remoteAddress }: QuicConnection): boolean {
  return remoteAddress.ip === HOSTILE_ADDRESS.ip;
}

/** Open streams: two that are answered, and one that is not. */
function sendAll(peer: Peer, connection: QuicConnection): void {
  for (const unidirectional of [false, false, true])
    peer.trySendPattern(REQUEST_BYTES, { unidirectional }, connection);
}

/** Streams that did not bring the whole pattern: those the other side opened, and the answers on our own. */
function wrongStreams(peer: Peer, connection: QuicConnection): string[] {
  const theirs = connection.isClient ? 1 : 0;
  return [0, 4, 1, 5, 2, 6, 3, 7].flatMap((streamId) => {
    const isTheirs = (streamId & 1) === theirs;
    if (!isTheirs && (streamId & 2) !== 0) return [];
    const { length, finished, isPattern } = peer.received(streamId, connection);
    const expected = isTheirs ? REQUEST_BYTES : RESPONSE_BYTES;
    if (finished && isPattern && length === expected) return [];
    return [
      `${peer.host.name} has ${length} bytes on stream ${streamId} of the witness, pattern ${isPattern}`,
    ];
  });
}

/** Whoever is hostile stands here. */
export const HOSTILE_ADDRESS: Address = { ip: '10.0.0.2', port: 4433 };
/** The side under test. */
export const HONEST_ADDRESS: Address = { ip: '10.0.0.1', port: 443 };
const WITNESS_ADDRESS: Address = { ip: '10.0.0.3', port: 5000 };
/** Length of what is sent on every stream, and of every answer. */
const REQUEST_BYTES = 10_000;
const RESPONSE_BYTES = 20_000;
const WITNESS_US = 5_000_000;

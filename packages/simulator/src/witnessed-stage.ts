import type { EventProgram } from './http3-program.ts';
import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { Address, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import type { LinkOptions } from './link.ts';
import { Peer } from './peer.ts';
import { createTestIdentity, TEST_SERVER_NAME, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

/** Options of a stage. */
export interface WitnessedStageOptions {
  readonly seed: number;
  /** Makes a crypto provider over this seeded source; is called once for each host. */
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly honestIsServer: boolean;
  /** Options of the honest context, besides those that make it a server or a client. */
  readonly honest: Partial<QuicContextOptions>;
  /** Further addresses of the honest side. Default: none. */
  readonly honestElsewhere?: readonly Address[];
  /**
   * What the honest side's program does with connections to the hostile host. Default: the same as with
   * others.
   */
  readonly program?: StageProgram;
}

/** What the program of a host does. */
export interface StageProgram {
  /** Default true. */
  readonly reads?: boolean;
  /** Takes every event of such a connection, in place of what else the program does. */
  readonly onEvent?: EventProgram;
  /** Length of the answer to every request. Default 20000. */
  readonly responseBytes?: number;
  /** Whether it takes every use of a ticket for the first one, or gives no answer. Default true. */
  readonly judgesTickets?: boolean;
}

/**
 * An honest context under test, an honest witness that talks to it, and room for a hostile host, which must
 * not affect the witness.
 */
export class WitnessedStage {
  readonly world: World;
  readonly honest: Peer;
  readonly witness: Peer;
  /** A host of this stage may send on a connection: in 0-RTT, or once the handshake is complete. */
  onReady: (peer: Peer, connection: QuicConnection) => void = () => {};
  /** A client of this stage got a ticket. */
  onTicket: (connection: QuicConnection, ticket: Uint8Array) => void = () => {};
  private readonly options: WitnessedStageOptions;

  constructor(options: WitnessedStageOptions) {
    this.options = options;
    this.world = new World(options.seed);
    const { honestIsServer, honest, program, honestElsewhere = [] } = options;
    const honestAddresses = [HONEST_ADDRESS, ...honestElsewhere];
    this.honest = this.addPeer('honest', honestAddresses, honestIsServer, honest, program);
    const patient = { transport: { keepAliveMs: 1000 } };
    this.witness = this.addPeer('witness', [WITNESS_ADDRESS], !honestIsServer, patient);
    this.addLinks(WITNESS_ADDRESS, {});
  }

  /** Add a host that opens or accepts connections, opens streams on them and sends. */
  addPeer(
    name: string,
    addresses: readonly Address[],
    isServer: boolean,
    context: Partial<QuicContextOptions>,
    program: StageProgram = {},
  ): Peer {
    const crypto = this.options.createCrypto(this.world.random.fork(name).fillBytes);
    const peer: Peer = new Peer(this.world, {
      name,
      addresses,
      keepsBytes: false,
      reads: (connection) =>
        !isHostile(connection) || (program.reads !== false && program.onEvent === undefined),
      respond: (_request, _streamId, connection) =>
        isHostile(connection) ? (program.responseBytes ?? RESPONSE_BYTES) : RESPONSE_BYTES,
      onEvent: (event) => {
        const connection = peer.context.connection(event.connection);
        if (program.onEvent !== undefined && connection !== undefined && isHostile(connection))
          return program.onEvent(event, connection);
        // The connection may have ended while the event waited.
        if (connection === undefined || connection.closeReason !== undefined) return;
        if (event.type === 'ticket') this.onTicket(connection, event.ticket);
        if (event.type === 'early-data-use' && program.judgesTickets !== false)
          connection.earlyDataVerdict(true);
        if (event.type === 'datagram-readable') while (connection.datagrams.receive() !== undefined);
        if (event.type === 'connected' && (isServer || !event.resumed)) this.sendAll(peer, connection);
        return undefined;
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

  /** Join all addresses of the honest side to another host, both ways. */
  addLinks({ ip }: Address, options: Partial<LinkOptions>): void {
    const { world } = this;
    const ways = [world.addLink(`to ${ip}`, options), world.addLink(`from ${ip}`, options)] as const;
    for (const { ip: here } of this.honest.host.addresses) {
      world.addRoute(here, ip, [ways[0]]);
      world.addRoute(ip, here, [ways[1]]);
    }
  }

  /** Open a connection; one that resumes a session sends at once, in 0-RTT packets where the session allows it. */
  connect(client: Peer, to: Address, session?: Uint8Array): void {
    const connection = client.context.createConnection(
      { to, serverName: TEST_SERVER_NAME, ...(session !== undefined && { session, earlyData: true }) },
      this.world.nowUs,
    );
    client.connections.push(connection);
    if (session !== undefined) this.sendAll(client, connection);
  }

  /** Connect the witness to the honest side. */
  connectWitness(): void {
    if (this.options.honestIsServer) this.connect(this.witness, HONEST_ADDRESS);
    else this.connect(this.honest, WITNESS_ADDRESS);
  }

  /** The honest side's connections to the host at this address. */
  connectionsTo({ ip }: Address): QuicConnection[] {
    const isHostileIp = HOSTILE_IPS.has(ip);
    return this.honest.connections.filter((connection) =>
      isHostileIp ? isHostile(connection) : connection.remoteAddress.ip === ip,
    );
  }

  /** Open streams: two that are answered, and one that is not. */
  private sendAll(peer: Peer, connection: QuicConnection): void {
    for (const unidirectional of [false, false, true])
      peer.trySendPattern(REQUEST_BYTES, { unidirectional }, connection);
    this.onReady(peer, connection);
  }

  /**
   * Faults that the witness finds: all data sent before must have arrived, and new data must arrive within
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
  return HOSTILE_IPS.has(remoteAddress.ip);
}

/**
 * Streams that did not carry the whole pattern: those that the other side opened, and responses on our own.
 */
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

/** The address of the hostile host. */
export const HOSTILE_ADDRESS: Address = { ip: '10.0.0.2', port: 4433 };
/** Another address of the hostile host. */
export const HOSTILE_ELSEWHERE: Address = { ip: '10.0.0.4', port: 4434 };
/** The side under test. */
export const HONEST_ADDRESS: Address = { ip: '10.0.0.1', port: 443 };
/** Another address of the side under test. */
export const HONEST_ELSEWHERE: Address = { ip: '10.0.0.5', port: 445 };
const HOSTILE_IPS: ReadonlySet<string> = new Set([HOSTILE_ADDRESS.ip, HOSTILE_ELSEWHERE.ip]);
/** The address of the witness. */
export const WITNESS_ADDRESS: Address = { ip: '10.0.0.3', port: 5000 };
/** Length of what is sent on every stream, and of every answer. */
const REQUEST_BYTES = 10_000;
const RESPONSE_BYTES = 20_000;
const WITNESS_US = 5_000_000;

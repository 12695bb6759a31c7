import type { Settings } from '../config/settings.ts';
import { Connection } from '../connection/connection.ts';
import type { Datagram } from '../connection/datagram.ts';
import type { EventQueue } from '../connection/event-queue.ts';
import { ConnectionParts } from '../connection/parts.ts';
import type { ConnectionSeed } from '../connection/seed.ts';
import type { ConnectionSurroundings } from '../connection/surroundings.ts';
import type { OutgoingDatagram } from '../connection/outgoing-datagram.ts';
import { Workbench } from '../connection/workbench.ts';
import { type Address } from '../path/address.ts';
import { addressPrefix } from '../path/address-prefix.ts';
import { traceVersions } from '../trace/versions.ts';
import { Census } from './census.ts';
import { ConnectionHandle } from './connection-handle.ts';
import type { ConnectionCounts } from './handles.ts';
import { HalfOpen } from './half-open.ts';
import { Registration } from './registration.ts';
import type { Router } from './router.ts';
import { WakeOrder } from './wake-order.ts';

/**
 * The connections of a context: their IDs, the order in which they are served, and which of them are
 * half-open.
 */
export class ConnectionTable {
  readonly wake: WakeOrder = new WakeOrder();
  readonly halfOpen: HalfOpen = new HalfOpen();
  /**
   * Connections of clients with a validated address, by network; undefined when no limit needs their number.
   */
  private proved: Census<Connection> | undefined;
  private readonly cores = new Map<number, Connection>();
  private readonly handles = new Map<number, ConnectionHandle>();
  private readonly settings: Settings;
  private readonly router: Router;
  private readonly events: EventQueue;
  private readonly nowUs: () => number;
  private readonly workbench: Workbench;
  private readonly around: ConnectionSurroundings;
  private nextId = 0;

  /** @param nowUs - returns the time of the current call. */
  constructor(settings: Settings, router: Router, events: EventQueue, nowUs: () => number) {
    this.settings = settings;
    this.router = router;
    this.events = events;
    this.nowUs = nowUs;
    this.proved = this.isCounting ? new Census() : undefined;
    this.workbench = new Workbench(
      settings.connectionIds.lengths,
      settings.versions,
      settings.transport.greaseQuicBit,
    );
    this.around = this.surroundingsBy(settings);
  }

  get size(): number {
    return this.cores.size;
  }

  /** Whether another client finds room only if a half-open connection is dropped. */
  get isCrowded(): boolean {
    return (
      this.size >= this.settings.limits.maxConnections || this.halfOpen.count >= this.settings.maxHalfOpen
    );
  }

  /** Whether the connections of each network are counted. */
  private get isCounting(): boolean {
    const { options, limits } = this.settings;
    return options.admit !== undefined || limits.perAddress.maxConnections !== Infinity;
  }

  /** The network of a client's address, as the limits count networks. */
  networkOf(client: Address): string {
    const { ipv4PrefixBits, ipv6PrefixBits } = this.settings.limits.perAddress;
    return addressPrefix(client.ip, ipv4PrefixBits, ipv6PrefixBits);
  }

  /** How many connections of a network have a validated address; 0 when no limit needs the number. */
  provedCountOf(network: string): number {
    return this.proved?.countOf(network) ?? 0;
  }

  /** The limits have changed: networks may be others, or counted for the first time. */
  recount(): void {
    const networkOf = (connection: Connection): string =>
      this.networkOf(connection.parts.paths.active.remote);
    this.halfOpen.recount(networkOf);
    this.proved = this.isCounting ? new Census() : undefined;
    for (const connection of this.cores.values()) {
      const isProved = !this.halfOpen.has(connection) || this.halfOpen.isProved(connection);
      if (!connection.isClient && isProved) this.proved?.add(connection, networkOf(connection));
    }
  }

  /** A client was accepted: its connection is half-open. */
  addClient(connection: Connection, from: Address): void {
    const network = this.networkOf(from);
    this.halfOpen.add(connection, network);
    if (this.halfOpen.isProved(connection)) this.proved?.add(connection, network);
  }

  /** Every connection, also those that have ended and are not forgotten yet. */
  all(): readonly Connection[] {
    return [...this.cores.values()];
  }

  /** The handle of every connection. */
  allHandles(): readonly ConnectionHandle[] {
    return [...this.handles.values()];
  }

  /** How many connections there are in each state. */
  counts(): ConnectionCounts {
    const counts = { handshaking: 0, connected: 0, confirmed: 0, closing: 0, draining: 0, closed: 0 };
    for (const { state } of this.handles.values()) counts[state]++;
    return counts;
  }

  /** The handle of a connection; undefined once it is forgotten. */
  handle(id: number): ConnectionHandle | undefined {
    return this.handles.get(id);
  }

  /** Build a connection. From now on packets reach it by its own IDs and by `extraId`. */
  build(seed: ConnectionSeed, extraId?: Uint8Array, settings: Settings = this.settings): Connection {
    const around = settings === this.settings ? this.around : this.surroundingsBy(settings);
    const id = this.nextId++;
    const registration = new Registration(this.router, extraId, this.onFault);
    const connection = new Connection(new ConnectionParts(id, seed, registration, around));
    registration.adopt(connection);
    this.cores.set(id, connection);
    this.handles.set(id, new ConnectionHandle(connection, this.touch));
    const { isClient, logId, version, local, remote, nowUs } = seed;
    settings.tracer.onConnectionStarted?.(id, isClient, logId, version.original.id, local, remote, nowUs);
    traceVersions(connection.parts, version, [], nowUs);
    return connection;
  }

  private surroundingsBy(settings: Settings): ConnectionSurroundings {
    const { events, workbench, nowUs } = this;
    return {
      settings,
      workbench,
      nowUs,
      push: (event) => events.push(event),
      onClosed: (id, reason) => {
        settings.tracer.onConnectionClosed?.(id, reason, nowUs());
        events.push({ type: 'closed', connection: id, reason });
      },
      onHandshakeComplete: (id) => this.onHandshakeComplete(this.cores.get(id)!),
    };
  }

  private readonly touch = (connection: Connection): void => this.wake.markReady(connection);

  private readonly onFault = (id: number, error: unknown): void =>
    this.settings.tracer.onInternalError?.(id, error, this.nowUs());

  /** The program has taken a stream's `stream-released` event: the peer may be allowed another stream. */
  onReleaseTold(id: number, streamId: number): void {
    const connection = this.cores.get(id);
    if (connection?.parts.streams.table.onReleaseTold(streamId) === true) this.wake.markReady(connection);
  }

  private onHandshakeComplete(connection: Connection): void {
    const network = this.halfOpen.remove(connection);
    if (network !== undefined) this.proved?.add(connection, network);
  }

  /** Let a connection take a datagram; undefined where a defect in it ended the connection. */
  receive(connection: Connection, datagram: Datagram, nowUs: number): boolean | undefined {
    try {
      return connection.receive(datagram, nowUs);
    } catch (error) {
      return this.onDefect(connection, error);
    }
  }

  /** Let a connection fill `out`; 0 where a defect in it ended the connection. */
  prepare(connection: Connection, out: OutgoingDatagram, nowUs: number): number {
    try {
      return connection.prepare(out, nowUs);
    } catch (error) {
      return this.onDefect(connection, error) ?? 0;
    }
  }

  /**
   * Run a step of a connection. If it throws because of a defect, only this connection ends, and undefined is
   * returned.
   */
  guard<T>(connection: Connection, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      return this.onDefect(connection, error);
    }
  }

  private onDefect(connection: Connection, error: unknown): undefined {
    connection.parts.life.fail(error);
    this.wake.markReady(connection);
    this.settings.tracer.onInternalError?.(connection.id, error, this.nowUs());
  }

  /**
   * Drop the half-open connection that is least likely to complete its handshake, without a packet to its
   * peer.
   */
  evict(): void {
    const connection = this.halfOpen.leastPromising()!;
    connection.parts.life.vanish({ kind: 'handshake-timeout' });
    this.forget(connection);
  }

  /** Remove the connection and its IDs. */
  forget(connection: Connection): void {
    connection.release();
    this.halfOpen.remove(connection);
    this.proved?.remove(connection);
    this.wake.remove(connection);
    this.cores.delete(connection.id);
    this.handles.delete(connection.id);
    this.settings.tracer.onConnectionForgotten?.(connection.id, this.nowUs());
  }
}

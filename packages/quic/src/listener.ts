import type { Clock, ConnectionHandlers, DatagramPort } from '@tsquic/event-adapters';
import {
  type Address,
  type AddressLimits,
  type QuicConnection as ConnectionHandle,
  type QuicHostContext,
  type SealingKeys,
  addressText,
  showAs,
} from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import type { ConnectionSetup } from './connection-core.ts';
import { coreOf, QuicConnection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import { Endpoint } from './endpoint.ts';
import { errorCodeOf, QuicError } from './errors.ts';
import { IncomingQueue } from './incoming-queue.ts';
import { checkClose, checkFinish } from './option-checks.ts';
import { secureContext } from './contexts.ts';
import type { CloseOptions, FinishOptions, ListenOptions, SecureContext } from './options.ts';
import { reportFault, tellProgram } from './program-fault.ts';

/**
 * Serves one connection. It may return a promise. What it throws ends only that connection: see
 * `ListenOptions.onError`.
 */
export type ConnectionHandler = (connection: QuicConnection) => void | Promise<void>;

/** A snapshot of a listener. */
export interface ListenerStatistics {
  /** Open connections whose handshake is complete. */
  readonly connections: number;
  /** Connections during their handshake. */
  readonly handshaking: number;
  /** Connections that wait to be taken by an iteration. */
  readonly waiting: number;
  /** Handlers that have not returned. */
  readonly handling: number;
  /** Handshakes completed since the beginning. */
  readonly accepted: number;
  /** Handshakes failed since the beginning, without clients that were refused at once. */
  readonly failed: number;
  /** What the sockets are opened through: 'dgram', 'ffi', or 'other' for one of the program's own. */
  readonly udp: string;
}

/** A server on its socket, from `listen`. Iterating it takes the connections, each with its handshake complete. */
export class QuicListener implements AsyncIterable<QuicConnection> {
  /** The address that the socket is bound to. */
  readonly address: Address;
  /** Resolves when the listener has ended; rejects with the reason of the signal that ended it. */
  readonly closed: Promise<void>;
  private readonly options: ListenOptions;
  private readonly handler: ConnectionHandler | undefined;
  private readonly onHandshake: ListenerParts['onHandshake'];
  private readonly endpoint: Endpoint;
  /** What all connections are made with. */
  private readonly setup: ConnectionSetup;
  private readonly open = new Set<QuicConnection>();
  private readonly handshaking = new Set<QuicConnection>();
  private readonly incoming = new IncomingQueue<QuicConnection>({
    onTaken: (connection) => this.onTaken(connection),
    onAbandoned: () => this.onAbandoned(),
  });
  /** What must end before a connection may finish: its handler, or its wait to be taken. */
  private readonly serving = new Map<QuicConnection, Deferred<void>>();
  private readonly end = new Deferred<void>().optional();
  private readonly releaseSignal: () => void;
  private readonly limits: { maxConnections: number; perAddress: AddressLimits };
  private accepted = 0;
  private failed = 0;
  private finishing: Promise<void> | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  static {
    showAs(QuicListener.prototype, 'QuicListener', (listener) => ({
      address: addressText(listener.address),
      state: listener.closing !== undefined ? 'closed' : listener.isLeaving ? 'finishing' : 'open',
      ...listener.statistics(),
    }));
  }

  constructor(parts: ListenerParts) {
    const { context, socket, clock, options, handler, onHandshake } = parts;
    this.options = options;
    this.handler = handler;
    this.onHandshake = onHandshake;
    const { maxConnections, perAddress } = { ...options, ...options.core };
    this.limits = { maxConnections: maxConnections ?? MAX_CONNECTIONS, perAddress: perAddress ?? {} };
    this.closed = this.end.promise;
    this.endpoint = new Endpoint({
      context,
      socket,
      clock,
      tracer: options.core?.tracer,
      onAccepted: (handle) => this.onAccepted(handle),
    });
    const onConnected = (connection: QuicConnection): void => this.onConnected(connection);
    this.setup = {
      endpoint: this.endpoint,
      onPath: options.onPath,
      onPathState: options.onPathState,
      onPathQuality: options.onPathQuality,
      onConnected,
      onClosed: (connection) => this.onClosed(connection),
      ...this.earlyData(onConnected),
    };
    this.address = this.endpoint.local;
    if (handler === undefined) this.endpoint.clientAllowance = this.backlog;
    publish('tsquic.listener.open', () => ({ listener: this }));
    this.releaseSignal = whenAborted(options.signal, (reason) => void this.shut({}, { reason }));
  }

  /** Open connections whose handshake is complete. */
  get connections(): ReadonlySet<QuicConnection> {
    return this.open;
  }

  /** Current counts, and counts since the beginning. */
  statistics(): ListenerStatistics {
    const { open, handshaking, incoming, handler, serving, accepted, failed } = this;
    return {
      connections: open.size,
      handshaking: handshaking.size,
      waiting: incoming.size,
      handling: handler === undefined ? 0 : serving.size,
      accepted,
      failed,
      udp: this.endpoint.udp,
    };
  }

  /**
   * Use another certificate from now on, like `setSecureContext` of `node:tls`: in handshakes that begin
   * later. Connections are unaffected, and sessions of the last certificate lead to a full handshake. Throws
   * `ERR_QUIC_INVALID_OPTION` for a certificate or key that cannot be read, or that do not belong together;
   * the last certificate then stays.
   */
  setSecureContext(options: SecureContext): void {
    this.endpoint.setIdentity(secureContext(options, this.options.crypto));
  }

  /**
   * Seal session tickets (`ticketKey`, 16 bytes) and tokens (`tokenKey`, 16 bytes), and make stateless reset
   * tokens (`resetKey`, 32 bytes), with other keys from now on; what the last keys made is still accepted.
   * Without this call, the keys of tickets and tokens change every day. Throws `ERR_QUIC_INVALID_OPTION` for
   * keys of another length.
   *
   * @param keys - keys to share with other servers. Default: random ones, except that a given `core.resetKey`
   * stays.
   */
  rotateKeys(keys: SealingKeys = {}): void {
    this.endpoint.rotateKeys(keys);
  }

  /**
   * Connections at once, as of `node:net` servers; it may be set at any time. Connections that are there stay. Throws
   * `ERR_QUIC_INVALID_OPTION` for what is no number of connections.
   */
  get maxConnections(): number {
    return this.limits.maxConnections;
  }

  set maxConnections(maxConnections: number) {
    this.endpoint.setLimits({ maxConnections });
    this.limits.maxConnections = maxConnections;
  }

  /** Limits for each client address; they may be set at any time, all at once. Throws `ERR_QUIC_INVALID_OPTION` for what makes no sense. */
  get perAddress(): AddressLimits {
    return this.limits.perAddress;
  }

  set perAddress(perAddress: AddressLimits) {
    this.endpoint.setLimits({ perAddress });
    this.limits.perAddress = { ...perAddress };
  }

  /**
   * Make clients retire their connection IDs, and issue others: for a generator of `connectionIds` whose
   * configuration has changed.
   */
  renewConnectionIds(): void {
    this.endpoint.renewConnectionIds();
  }

  /** The connections that clients make, in order. Ends with the listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicConnection> {
    return this.incoming.iterate();
  }

  /** Close every connection as `QuicConnection.close` does, send CONNECTION_CLOSE, and close the socket. */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkClose(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.shut(options, undefined);
  }

  /**
   * Close the listener when all work is done. From now on new clients are refused (CONNECTION_REFUSED), and
   * new streams of connected ones; the iterations of connections and streams end after those that have
   * arrived. Once its handler has returned, or waits for `closed`, every connection is finished as by
   * `QuicConnection.finish`; then the listener closes. Aborting the signal closes it at once.
   */
  async finish(options: FinishOptions = {}): Promise<void> {
    checkFinish(options);
    this.finishing ??= this.finishAll(endOf(options));
    const over = Promise.race([this.finishing, this.closed]);
    await unlessAborted(over, options.signal).catch(nothing);
    await this.shut(options, undefined);
  }

  /** Keep the program running while this listener is open, which is the default. */
  ref(): this {
    this.endpoint.keepAlive(true);
    return this;
  }

  /** Let the program end while this listener and its connections are open. */
  unref(): this {
    this.endpoint.keepAlive(false);
    return this;
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private get isLeaving(): boolean {
    return this.finishing !== undefined || this.closing !== undefined;
  }

  private get backlog(): number {
    return this.options.backlog ?? BACKLOG;
  }

  private onAccepted(handle: ConnectionHandle): ConnectionHandlers {
    const connection = new QuicConnection(handle, this.setup);
    this.handshaking.add(connection);
    const core = coreOf(connection);
    if (this.isLeaving) core.refuse();
    // A handshake takes no place of the backlog: those that never end would keep everybody else out.
    else this.allowAnother();
    if (!this.isLeaving) this.onHandshake?.(connection);
    return core;
  }

  /**
   * With early data, a connection is handed over before its handshake is complete, unless the data waits for
   * that.
   */
  private earlyData(onEarlyData: (connection: QuicConnection) => void): Partial<ConnectionSetup> {
    const { earlyData } = this.options;
    if (typeof earlyData !== 'object') return earlyData === true ? { onEarlyData } : {};
    const { delivery, replayStore } = earlyData;
    return { replayStore, ...(delivery === 'after-handshake' ? {} : { onEarlyData }) };
  }

  private onConnected(connection: QuicConnection): void {
    const hasRoom = this.handler !== undefined || this.incoming.size < this.backlog;
    if ((this.isLeaving || !hasRoom) && this.handshaking.has(connection)) return coreOf(connection).refuse();
    if (!this.handshaking.delete(connection)) return;
    this.accepted++;
    if (this.handler === undefined) this.endpoint.clientAllowance--;
    this.open.add(connection);
    const served = new Deferred<void>();
    this.serving.set(connection, served);
    if (this.handler === undefined) this.incoming.push(connection);
    else
      void this.serve(connection, this.handler).then(() => {
        this.serving.delete(connection);
        served.resolve();
      });
  }

  private onClosed(connection: QuicConnection): void {
    this.open.delete(connection);
    if (this.handshaking.delete(connection)) this.failed++;
  }

  private onTaken(connection: QuicConnection): void {
    this.release(connection);
    this.allowAnother();
  }

  /** No iteration takes connections any more. */
  private onAbandoned(): void {
    if (!this.isLeaving || this.handler !== undefined) return;
    for (const connection of this.serving.keys()) this.release(connection);
  }

  private release(connection: QuicConnection): void {
    this.serving.get(connection)?.resolve();
    this.serving.delete(connection);
  }

  private allowAnother(): void {
    if (this.handler === undefined && !this.isLeaving) this.endpoint.clientAllowance++;
  }

  private async serve(connection: QuicConnection, handler: ConnectionHandler): Promise<void> {
    try {
      // This never runs inside the loop's own work.
      await Promise.resolve();
      await handler(connection);
    } catch (error) {
      publish('tsquic.handler.error', () => ({ connection, error }));
      void connection.close({ code: errorCodeOf(error) || HANDLER_FAILED });
      const { onError } = this.options;
      if (onError !== undefined) tellProgram('the callback onError', onError, error, connection);
      else if (!(error instanceof QuicError)) reportFault('a connection handler', error);
    }
  }

  private async finishAll(end: CloseOptions): Promise<void> {
    this.endpoint.clientAllowance = 0;
    for (const connection of this.handshaking) coreOf(connection).refuse();
    for (const connection of this.open) coreOf(connection).streams.takeNoMore();
    const isAwaited = this.incoming.isAwaited;
    this.incoming.end();
    if (this.handler === undefined && !isAwaited)
      for (const connection of this.serving.keys()) this.release(connection);
    const finished = [...this.open].map(async (connection) => {
      const served = this.serving.get(connection)?.promise;
      const { finishesItself, endAwaited } = coreOf(connection);
      await (finishesItself ? served : Promise.race([served, endAwaited.promise]));
      await connection.finish(end);
    });
    // Some handlers serve connections that have ended meanwhile.
    const served = [...this.serving.values()].map(({ promise }) => promise);
    await Promise.allSettled([...finished, ...served]);
  }

  private shut(options: CloseOptions, failure: { readonly reason: unknown } | undefined): Promise<void> {
    this.closing ??= this.closeEndpoint(options, failure);
    return this.closing;
  }

  private async closeEndpoint(
    options: CloseOptions,
    failure: { readonly reason: unknown } | undefined,
  ): Promise<void> {
    this.endpoint.clientAllowance = 0;
    // Datagrams that wait in the socket are read first, so that a client that has just finished is not cut
    // off.
    await new Promise<void>((resolve) => this.endpoint.soon(resolve, SOCKET_US));
    await this.endpoint.close(options.code, options.reason);
    this.releaseSignal();
    this.incoming.end(failure?.reason);
    if (failure === undefined) this.end.resolve();
    else this.end.reject(failure.reason);
    publish('tsquic.listener.closed', () => ({ listener: this }));
  }
}

/** The options without the signal, which closes the listener and so ends what still waits. */
function endOf({ code = 0, reason = '' }: CloseOptions): CloseOptions {
  return { code, reason };
}

function nothing(): void {}

/** The parts of a listener. */
export interface ListenerParts {
  readonly context: QuicHostContext;
  readonly socket: DatagramPort;
  readonly clock: Clock;
  readonly options: ListenOptions;
  readonly handler: ConnectionHandler | undefined;
  /** A handshake begins, which may fail. It is told before anything of its connection, and must not throw. */
  readonly onHandshake?: ((connection: QuicConnection) => void) | undefined;
}

/** That of the core. */
const MAX_CONNECTIONS = 65_536;
/** The default of node:net. */
const BACKLOG = 511;
/**
 * Enough time for every runtime to pass on the datagrams of its sockets: Deno reads them in the background,
 * and takes more than a turn.
 */
const SOCKET_US = 1000;
/** Application error code when the handler's error has none. */
const HANDLER_FAILED = 1;

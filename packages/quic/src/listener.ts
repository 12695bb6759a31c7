import type { Clock, DatagramPort } from '@tsquic/event-adapters';
import type { Address, QuicConnection as ConnectionHandle, QuicHostContext } from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import { checkClose, checkCode } from './close-options.ts';
import { controlOf, QuicConnection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import { Endpoint } from './endpoint.ts';
import { errorCodeOf, QuicError } from './errors.ts';
import { IncomingQueue } from './incoming-queue.ts';
import { addressText, showAs } from './inspection.ts';
import { checkFinishNames } from './option-names.ts';
import type { CloseOptions, FinishOptions, ListenOptions } from './options.ts';
import { reportFault, tellProgram } from './program-fault.ts';

/**
 * Serves one connection. It may return a promise; what it throws ends that connection, and neither another one nor the
 * program: see `ListenOptions.onError`.
 */
export type ConnectionHandler = (connection: QuicConnection) => void | Promise<void>;

/** A snapshot of a listener. */
export interface ListenerStatistics {
  /** Connections that are open, with their handshake complete. */
  readonly connections: number;
  /** Clients that are shaking hands. */
  readonly handshaking: number;
  /** Connections that wait to be taken by an iteration. */
  readonly waiting: number;
  /** Handlers that have not returned. */
  readonly handling: number;
  /** Handshakes that were completed, since the beginning. */
  readonly accepted: number;
  /** Handshakes that failed, since the beginning. Those that were refused at once never began. */
  readonly failed: number;
}

/** A server on its socket, from `listen`. Iterating it takes the connections, each with its handshake complete. */
export class QuicListener implements AsyncIterable<QuicConnection> {
  /** Where the socket is bound. */
  readonly address: Address;
  /** Resolves when the listener has ended; rejects with the reason of the signal that ended it. */
  readonly closed: Promise<void>;
  private readonly options: ListenOptions;
  private readonly handler: ConnectionHandler | undefined;
  private readonly endpoint: Endpoint;
  private readonly open = new Set<QuicConnection>();
  private readonly handshaking = new Set<QuicConnection>();
  private readonly incoming = new IncomingQueue<QuicConnection>();
  /** What is waited for before a connection may finish: its handler, or somebody who takes it. */
  private readonly serving = new Map<QuicConnection, Deferred<void>>();
  private readonly end = new Deferred<void>().optional();
  private readonly releaseSignal: () => void;
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
    const { context, socket, clock, options, handler } = parts;
    this.options = options;
    this.handler = handler;
    this.closed = this.end.promise;
    this.endpoint = new Endpoint({
      context,
      socket,
      clock,
      onAccepted: (handle) => this.onAccepted(handle),
    });
    this.address = this.endpoint.local;
    if (handler === undefined) this.endpoint.clientAllowance = options.backlog ?? BACKLOG;
    this.incoming.onTaken = (connection) => this.onTaken(connection);
    this.incoming.onAbandoned = () => this.onAbandoned();
    publish('tsquic.listener.open', () => ({ listener: this }));
    this.releaseSignal = whenAborted(options.signal, (reason) => void this.shut({}, { reason }));
  }

  /** The connections that are open, with their handshake complete. */
  get connections(): ReadonlySet<QuicConnection> {
    return this.open;
  }

  /** Counts of now, and since the beginning. */
  statistics(): ListenerStatistics {
    const { open, handshaking, incoming, handler, serving, accepted, failed } = this;
    return {
      connections: open.size,
      handshaking: handshaking.size,
      waiting: incoming.size,
      handling: handler === undefined ? 0 : serving.size,
      accepted,
      failed,
    };
  }

  /** The connections that clients make, in order. Ends with the listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicConnection> {
    return this.incoming.iterate();
  }

  /** Close every connection as `QuicConnection.close` does, tell the clients, and give back the socket. */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkClose(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.shut(options, undefined);
  }

  /**
   * End in good order. New clients are refused from now on (CONNECTION_REFUSED), and new streams of those that are
   * connected; the iterations of connections and streams end after what has arrived. Once its handler has returned, or waits
   * for `closed`, every
   * connection is finished as by `QuicConnection.finish`; then the listener closes. Aborting the signal ends it at once.
   */
  async finish(options: FinishOptions = {}): Promise<void> {
    checkFinishNames(options);
    checkCode(options);
    this.finishing ??= this.finishAll(endOf(options));
    const over = Promise.race([this.finishing, this.closed]);
    await unlessAborted(over, options.signal).catch(nothing);
    await this.shut(options, undefined);
  }

  /** Keep the program running while this listener is open, as it does at first. */
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

  private onAccepted(handle: ConnectionHandle): void {
    const connection = new QuicConnection({
      endpoint: this.endpoint,
      handle,
      onConnected: () => this.onConnected(connection),
      onClosed: () => this.onClosed(connection),
    });
    this.handshaking.add(connection);
    if (this.isLeaving) controlOf(connection).refuse();
  }

  private onConnected(connection: QuicConnection): void {
    if (this.isLeaving) return controlOf(connection).refuse();
    this.handshaking.delete(connection);
    this.accepted++;
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
    if (!this.handshaking.delete(connection)) return;
    this.failed++;
    this.allowAnother();
  }

  private onTaken(connection: QuicConnection): void {
    this.release(connection);
    this.allowAnother();
  }

  /** Nobody takes connections any more. */
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
      // Never inside the loop's own work.
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
    for (const connection of this.handshaking) controlOf(connection).refuse();
    for (const connection of this.open) controlOf(connection).takeNoMoreStreams();
    const isAwaited = this.incoming.isAwaited;
    this.incoming.end();
    if (this.handler === undefined && !isAwaited)
      for (const connection of this.serving.keys()) this.release(connection);
    const finished = [...this.open].map(async (connection) => {
      await Promise.race([this.serving.get(connection)?.promise, controlOf(connection).endAwaited]);
      await connection.finish(end);
    });
    // Some serve connections that have ended meanwhile.
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
    // What waits in the socket comes first: a client that has just finished must not count as cut off here.
    await new Promise<void>((resolve) => this.endpoint.soon(resolve, SOCKET_US));
    await this.endpoint.close(options.code, options.reason);
    this.releaseSignal();
    this.incoming.end(failure?.reason);
    if (failure === undefined) this.end.resolve();
    else this.end.reject(failure.reason);
    publish('tsquic.listener.closed', () => ({ listener: this }));
  }
}

/** Without the signal: the listener closes then, and that ends what still waits. */
function endOf({ code = 0, reason = '' }: CloseOptions): CloseOptions {
  return { code, reason };
}

function nothing(): void {}

/** What `listen` makes a listener of. */
export interface ListenerParts {
  readonly context: QuicHostContext;
  readonly socket: DatagramPort;
  readonly clock: Clock;
  readonly options: ListenOptions;
  readonly handler: ConnectionHandler | undefined;
}

/** That of node:net. */
const BACKLOG = 511;
/** Until every runtime has handed over what its sockets hold: Deno reads them aside, and takes more than a turn. */
const SOCKET_US = 1000;
/** Application error code where the handler's error has none of its own. */
const HANDLER_FAILED = 1;

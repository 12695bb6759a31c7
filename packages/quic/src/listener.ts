import type { Clock, DatagramPort } from '@tsquic/event-adapters';
import type { Address, QuicConnection as ConnectionHandle, QuicHostContext } from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import { type CloseOptions, QuicConnection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import { Endpoint } from './endpoint.ts';
import { errorCodeOf, QuicError } from './errors.ts';
import { IncomingQueue } from './incoming-queue.ts';
import type { ListenOptions } from './options.ts';

/** Serves one connection. It may return a promise; what it throws ends that connection and no other. */
export type ConnectionHandler = (connection: QuicConnection) => void | Promise<void>;

/** A server on its socket, from `listen`. Iterating it takes the connections, each with its handshake complete. */
export class QuicListener implements AsyncIterable<QuicConnection> {
  /** Where the socket is bound. */
  readonly address: Address;
  /** Resolves when the listener has ended; rejects with the reason of the signal that ended it. */
  readonly closed: Promise<void>;
  private readonly options: ListenOptions;
  private readonly handler: ConnectionHandler | undefined;
  private readonly endpoint: Endpoint;
  private readonly connections = new Set<QuicConnection>();
  private readonly incoming = new IncomingQueue<QuicConnection>();
  /** Handlers that have not returned. */
  private readonly serving = new Set<Promise<void>>();
  private readonly end = new Deferred<void>().optional();
  private readonly releaseSignal: () => void;
  private finishing = false;
  private closing: Promise<void> | undefined = undefined;

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
    publish('tsquic.listener.open', () => ({ listener: this }));
    this.releaseSignal = whenAborted(options.signal, (reason) => void this.shut({}, { reason }));
  }

  /** The connections that clients make, in order. Ends with the listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicConnection> {
    return this.incoming.iterate();
  }

  /** Close every connection as `QuicConnection.close` does, tell the clients, and give back the socket. */
  close(options: CloseOptions = {}): Promise<void> {
    return this.shut(options, undefined);
  }

  /**
   * Take no more connections, let every one `finish`, wait until the handlers have returned, then close. The signal
   * cuts the waiting short.
   */
  async finish(options: CloseOptions & { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.finishing = true;
    await Promise.allSettled([...this.connections].map((connection) => connection.finish(options)));
    const { signal } = options;
    if (signal?.aborted !== true)
      await unlessAborted(Promise.allSettled(this.serving), signal).catch(() => {});
    await this.close(options);
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

  private onAccepted(handle: ConnectionHandle): void {
    new QuicConnection({
      endpoint: this.endpoint,
      handle,
      onConnected: (connection) => this.onConnected(connection),
      onClosed: (connection) => this.connections.delete(connection),
    });
  }

  private onConnected(connection: QuicConnection): void {
    const { backlog = BACKLOG } = this.options;
    const isFull = this.handler === undefined && this.incoming.size >= backlog;
    if (isFull || this.finishing || this.closing !== undefined) {
      void connection.close({ reason: isFull ? 'too many connections wait' : 'the server is closing' });
      return;
    }
    this.connections.add(connection);
    if (this.handler === undefined) this.incoming.push(connection);
    else {
      const served = this.serve(connection, this.handler);
      this.serving.add(served);
      // What it throws must stay unhandled where `serve` wants that.
      void served.finally(() => this.serving.delete(served));
    }
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
      if (onError !== undefined) onError(error, connection);
      else if (!(error instanceof QuicError)) throw error;
    }
  }

  private shut(options: CloseOptions, failure: { readonly reason: unknown } | undefined): Promise<void> {
    this.closing ??= this.closeEndpoint(options, failure);
    return this.closing;
  }

  private async closeEndpoint(
    options: CloseOptions,
    failure: { readonly reason: unknown } | undefined,
  ): Promise<void> {
    await this.endpoint.close(options.code, options.reason);
    this.releaseSignal();
    this.incoming.end(failure?.reason);
    if (failure === undefined) this.end.resolve();
    else this.end.reject(failure.reason);
    publish('tsquic.listener.closed', () => ({ listener: this }));
  }
}

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
/** Application error code where the handler's error has none of its own. */
const HANDLER_FAILED = 1;

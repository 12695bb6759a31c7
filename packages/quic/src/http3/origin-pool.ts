import { whenAborted } from '../abort.ts';
import { closeOutcome } from '../close-outcome.ts';
import { Deferred } from '../deferred.ts';
import { QuicError } from '../errors.ts';
import type { Alternative } from './alt-svc.ts';
import type { ClientExchange } from './client-exchange.ts';
import { PooledConnection } from './pooled-connection.ts';
import type { Http3SessionHandlers } from './handlers.ts';
import type { Http3Session } from './session.ts';

/** What a pool needs of its agent. */
export interface PoolHost {
  readonly maxConnections: number;
  readonly idleMs: number;
  /** The alternative of the origin to connect to; undefined for the origin itself. */
  alternative(): Alternative | undefined;
  /** Open a connection, whose events go to `handlers`. */
  open(alternative: Alternative | undefined, handlers: Http3SessionHandlers): Promise<Http3Session>;
  /** An alternative does not answer. */
  onUnreachable(alternative: Alternative): void;
  /** The pool has no connection, and nobody waits for one. */
  onEmpty(): void;
}

/** A request that waits for a connection with room for it. */
interface Waiting {
  readonly exchange: ClientExchange;
  /** Whether it may be sent before the server has proven to be no replayed one. RFC 8470 §2.2 */
  readonly mayBeEarly: boolean;
  readonly place: Deferred<void>;
}

/** The connections to one origin, and the requests that wait for them, in order. */
export class OriginPool {
  private readonly host: PoolHost;
  private readonly connections = new Set<PooledConnection>();
  private waiting: Waiting[] = [];
  private opening = 0;
  /** Connections without a request that have come to nothing since one had any. */
  private useless = new Set<PooledConnection>();
  private isClosed = false;

  constructor(host: PoolHost) {
    this.host = host;
  }

  get isEmpty(): boolean {
    return this.connections.size === 0 && this.waiting.length === 0 && this.opening === 0;
  }

  /** Connections that are open. */
  get size(): number {
    return this.connections.size;
  }

  get activeRequests(): number {
    return [...this.connections].reduce((sum, { activeRequests }) => sum + activeRequests, 0);
  }

  get waitingRequests(): number {
    return this.waiting.length;
  }

  /**
   * Begin a request on a connection with room for it. Rejects with the signal's reason, with the reason why there is no connection, and
   * with what is wrong with the request.
   */
  async begin(exchange: ClientExchange, mayBeEarly: boolean, signal: AbortSignal | undefined): Promise<void> {
    const waiting: Waiting = { exchange, mayBeEarly, place: new Deferred<void>() };
    this.waiting.push(waiting);
    const release = whenAborted(signal, (reason) => {
      this.remove(waiting);
      waiting.place.reject(reason);
    });
    this.match();
    try {
      await waiting.place.promise;
    } finally {
      release();
      this.tellEmpty();
    }
  }

  /** Close every connection; requests that wait are refused. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.refuseAll(new QuicError('ERR_QUIC_CLOSED', 'the agent is closed'));
    await Promise.all([...this.connections].map((connection) => connection.close()));
  }

  /** Let go of connections as they become idle, for others that are opened anew. */
  leaveAll(): void {
    for (const connection of this.connections) connection.leave();
  }

  /** Give each request that waits a connection, and open another where that is allowed and needed. */
  private match(): void {
    for (const waiting of [...this.waiting]) if (this.place(waiting)) this.remove(waiting);
    const usable = [...this.connections].filter(({ isOpen }) => isOpen).length + this.opening;
    const isNeeded = this.waiting.length > 0 && (this.opening === 0 || this.waiting.length > MOST_AT_ONCE);
    if (isNeeded && usable < this.host.maxConnections && !this.isEarlyOnly()) void this.open();
  }

  /** Whether all that wait do so for the end of a handshake alone. */
  private isEarlyOnly(): boolean {
    const hasEarly = [...this.connections].some(({ isOpen, isEarly }) => isOpen && isEarly);
    return hasEarly && this.waiting.every(({ mayBeEarly }) => !mayBeEarly);
  }

  /** Returns whether the request waits no longer. */
  private place({ exchange, mayBeEarly, place }: Waiting): boolean {
    try {
      for (const connection of this.connections) {
        if (!connection.isOpen || (connection.isEarly && !mayBeEarly)) continue;
        if (!exchange.begin(connection)) continue;
        this.useless.clear();
        place.resolve();
        return true;
      }
      return false;
    } catch (error) {
      place.reject(error);
      return true;
    }
  }

  private remove(waiting: Waiting): void {
    this.waiting = this.waiting.filter((one) => one !== waiting);
  }

  private async open(): Promise<void> {
    const alternative = this.host.alternative();
    let connection: PooledConnection | undefined;
    this.opening++;
    try {
      const session = await this.host.open(alternative, {
        onRequestsAvailable: () => this.match(),
        onGoAway: () => {
          connection?.leave();
          this.onUseless(connection);
        },
        onClosed: () => this.onClosed(connection),
      });
      this.opening--;
      connection = new PooledConnection(session, {
        ...{ alternative, idleMs: this.host.idleMs },
        onIdle: () => this.match(),
      });
      this.onOpened(connection);
    } catch (error) {
      this.opening--;
      this.onFailed(error, alternative);
    }
  }

  private onOpened(connection: PooledConnection): void {
    if (this.isClosed) return void connection.close();
    // The end may have been dispatched before anybody could hear of it here.
    if (connection.session.ended !== undefined) return this.onClosed(connection);
    this.connections.add(connection);
    if (!connection.isOpen) {
      connection.leave();
      this.onUseless(connection);
    }
    if (connection.isEarly)
      connection.session.connection.ready.then(
        () => this.match(),
        () => {},
      );
    this.match();
  }

  /** No connection could be opened: whoever waits is told, unless the origin itself may answer where an alternative did not. */
  private onFailed(error: unknown, alternative: Alternative | undefined): void {
    if (alternative !== undefined) {
      this.host.onUnreachable(alternative);
      this.match();
      return this.tellEmpty();
    }
    const hasOther = this.opening > 0 || [...this.connections].some(({ isOpen }) => isOpen);
    if (!hasOther) this.refuseAll(error);
    this.tellEmpty();
  }

  private onClosed(connection: PooledConnection | undefined): void {
    if (connection !== undefined) this.connections.delete(connection);
    this.onUseless(connection);
    this.match();
    this.tellEmpty();
  }

  /** A connection takes no requests any more: where none ever did, whoever waits is told, rather than that one is opened after another. */
  private onUseless(connection: PooledConnection | undefined): void {
    if (connection?.isUnused !== true) return;
    this.useless.add(connection);
    if (this.useless.size < MOST_USELESS) return;
    this.useless.clear();
    const { ended } = connection.session;
    const cause = ended && closeOutcome(ended).error;
    const message = 'the server ends its connections before they take a request';
    this.refuseAll(new QuicError('ERR_QUIC_CLOSED', message, { cause }));
  }

  private refuseAll(error: unknown): void {
    for (const { place } of this.waiting.splice(0)) place.reject(error);
  }

  private tellEmpty(): void {
    if (this.isEmpty) this.host.onEmpty();
  }
}

/** Requests that wait for one handshake before another connection is opened beside it. */
const MOST_AT_ONCE = 100;
/** Connections in a row that take no request. */
const MOST_USELESS = 3;

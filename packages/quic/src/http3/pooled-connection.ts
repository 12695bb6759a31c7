import type { Alarm } from '@tsquic/event-adapters';
import { coreOf } from '../connection.ts';
import type { Alternative } from './alt-svc.ts';
import type { ClientExchange } from './client-exchange.ts';
import type { Http3Session } from './session.ts';

/** How a connection was opened. */
export interface ConnectionRoute {
  /** The alternative that it leads to; undefined for the origin itself. */
  readonly alternative: Alternative | undefined;
  /** Milliseconds without a request after which it is closed. */
  readonly idleMs: number;
  /** The connection serves no request any more. */
  readonly onIdle: () => void;
}

/** A connection of a pool: who uses it, and whether that keeps the program running. */
export class PooledConnection {
  readonly session: Http3Session;
  readonly alternative: Alternative | undefined;
  private readonly route: ConnectionRoute;
  private readonly exchanges = new Set<ClientExchange>();
  private readonly alarm: Alarm;
  private awaited = 0;
  private served = false;
  private hasBegun = false;
  private isLeaving = false;

  constructor(session: Http3Session, route: ConnectionRoute) {
    this.session = session;
    this.route = route;
    this.alternative = route.alternative;
    this.alarm = coreOf(session.connection).createAlarm(() => void this.session.close());
    this.session.connection.unref();
    this.alarm.set(route.idleMs * 1000);
  }

  /** Whether it takes requests, as far as the server's limit allows. */
  get isOpen(): boolean {
    return !this.isLeaving && this.session.engine.acceptsRequests && this.session.ended === undefined;
  }

  /** Whether what is sent may be a replay: the server has not confirmed the handshake. RFC 8470 §2 */
  get isEarly(): boolean {
    return this.session.connection.earlyData === 'offered';
  }

  /** Whether a response has come by it. */
  get hasServed(): boolean {
    return this.served;
  }

  get activeRequests(): number {
    return this.exchanges.size;
  }

  /** Whether no request was ever begun on it. */
  get isUnused(): boolean {
    return !this.hasBegun;
  }

  onBegun(exchange: ClientExchange): void {
    this.hasBegun = true;
    this.exchanges.add(exchange);
    this.alarm.cancel();
  }

  /** A response has come. */
  onResponse(): void {
    this.served = true;
  }

  onOver(exchange: ClientExchange): void {
    if (!this.exchanges.delete(exchange)) return;
    if (this.exchanges.size > 0) return;
    if (this.isLeaving) return void this.session.finish();
    this.alarm.set(this.route.idleMs * 1000);
    this.route.onIdle();
  }

  /** It takes no more requests, and is closed when those that are under way are over. */
  leave(): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.alarm.cancel();
    if (this.exchanges.size === 0) void this.session.finish();
  }

  /** Close it at once. Whoever awaits that keeps the program running, though an idle connection does not. */
  async close(): Promise<void> {
    this.alarm.cancel();
    this.count(1);
    try {
      await this.session.close();
    } finally {
      this.count(-1);
    }
  }

  /** Somebody waits for it, or does not any more. */
  count(change: 1 | -1): void {
    this.awaited += change;
    if (this.awaited === 0) this.session.connection.unref();
    else if (this.awaited === 1 && change === 1) this.session.connection.ref();
  }
}

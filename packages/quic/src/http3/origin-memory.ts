import type { RememberedPath } from '@tsquic/quic-core';
import { tellProgram } from '../program-fault.ts';
import { type KeptOrigin, type KeptOrigins, RecentOrigins } from './kept-origins.ts';

/** What an agent remembers of origins for the connections to come, in a store of the program or its own. */
export class OriginMemory {
  private readonly store: KeptOrigins;
  /** Stands for the network that connections go by. */
  private network: object = {};
  /** Origins whose paths were learnt in this network; undefined while there was no other. */
  private metHere: Set<string> | undefined = undefined;

  constructor(store: KeptOrigins = new RecentOrigins()) {
    this.store = store;
  }

  /** The network that connections go by now: for `keepPath`. */
  get currentNetwork(): object {
    return this.network;
  }

  /**
   * What is remembered for one connection. Tickets and tokens are used once, so that nobody who watches can tell that two connections
   * are of one client; a token goes only where it came from, and so does what a path has shown. RFC 8446 §C.4, RFC 9000 §8.1.3
   *
   * @param isOrigin - whether the connection leads to the origin itself, rather than to an alternative of it.
   */
  take(origin: string, isOrigin: boolean): KeptOrigin {
    const { session, token, rememberedPath, settings } = this.store.get(origin) ?? {};
    const fresh = { ...(session && { session }), ...(settings && { settings }) };
    const path = rememberedPath && { rememberedPath };
    if (session !== undefined || (isOrigin && token !== undefined))
      this.set(origin, { ...(settings && { settings }), ...path, ...(!isOrigin && token && { token }) });
    if (!isOrigin) return fresh;
    return { ...fresh, ...(token && { token }), ...(this.isMetHere(origin) && path) };
  }

  keep(origin: string, fresh: Omit<KeptOrigin, 'rememberedPath'>): void {
    this.set(origin, { ...this.store.get(origin), ...fresh });
  }

  /**
   * A connection to the origin itself has ended, whose path has shown this; undefined for nothing.
   *
   * @param network - that of the time when the connection began.
   */
  keepPath(origin: string, rememberedPath: RememberedPath | undefined, network: object): void {
    if (rememberedPath === undefined || network !== this.network) return;
    if (this.metHere !== undefined && this.metHere.size < MOST_MET) this.metHere.add(origin);
    this.set(origin, { ...this.store.get(origin), rememberedPath });
  }

  /** Paths of another network say nothing about this one. draft-ietf-tsvwg-careful-resume */
  onNetworkChange(): void {
    this.network = {};
    this.metHere = new Set();
  }

  private isMetHere(origin: string): boolean {
    return this.metHere === undefined || this.metHere.has(origin);
  }

  private set(origin: string, kept: KeptOrigin): void {
    tellProgram('the store keptOrigins', () => this.store.set(origin, kept));
  }
}

const MOST_MET = 1024;

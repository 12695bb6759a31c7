import type { RememberedPath } from '@tsquic/quic-core';

/** What a client remembers of an origin, so that its next connection begins faster. */
export interface KeptOrigin {
  /** A session of TLS: `ConnectOptions.session`. */
  readonly session?: Uint8Array;
  /** Settings of the server, by identifier, which early data keeps to. RFC 9114 §7.2.4.2 */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** `ConnectOptions.token` */
  readonly token?: Uint8Array;
  /** `ConnectOptions.rememberedPath` */
  readonly rememberedPath?: RememberedPath;
}

/** Where an agent keeps what it remembers, by origin. A `Map` is one, but has no bound. */
export interface KeptOrigins {
  get(origin: string): KeptOrigin | undefined;
  set(origin: string, kept: KeptOrigin): unknown;
}

/** In memory, the origins that were used last. */
export class RecentOrigins implements KeptOrigins {
  private readonly kept = new Map<string, KeptOrigin>();

  get(origin: string): KeptOrigin | undefined {
    return this.kept.get(origin);
  }

  set(origin: string, kept: KeptOrigin): void {
    this.kept.delete(origin);
    this.kept.set(origin, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_ORIGINS) this.kept.delete(oldest!);
  }
}

const MOST_ORIGINS = 256;

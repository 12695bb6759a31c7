import type { Address } from '@tsquic/quic-core';
import type { LinkOptions } from '@tsquic/simulator';

/** What lies between clients and servers, as plain data. */
export interface NetworkPlan {
  /** From clients to servers. Times count from the first datagram of a client. */
  readonly up: Partial<LinkOptions>;
  /** From servers to clients. */
  readonly down: Partial<LinkOptions>;
  readonly rebinding: Rebinding;
  /** Of everything that is drawn: the same datagrams meet the same fate. */
  readonly seed: number;
}

/** When servers begin to see every client elsewhere; what they send to the old place is lost. */
export interface Rebinding {
  /** Microseconds after the first datagram of a client, in order. */
  readonly timesUs: readonly number[];
  /** Whether another port is given, or another address as well. */
  readonly to: 'port' | 'address';
}

/** No client is ever seen elsewhere. */
export const NEVER_REBOUND: Rebinding = { timesUs: [], to: 'port' };

/** A way that passes everything at once. */
export const PLAIN_LINK: Partial<LinkOptions> = { delayUs: 0, mtuBytes: Infinity };

/** Where clients send to, and the server behind it. */
export interface Front {
  /** A port of 0 leaves the choice to the system. */
  readonly listen: Address;
  readonly server: Address;
  /** Whether its datagrams are counted and captured, or only take part in the queues. */
  readonly isWatched: boolean;
}

/** A relay, as plain data. */
export interface RelayPlan {
  readonly network: NetworkPlan;
  readonly fronts: readonly Front[];
}

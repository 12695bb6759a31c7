import type { CongestionFactory } from '@tsquic/congestion';
import type { Address } from '../path/address.ts';
import type { TransportOptions } from './transport-options.ts';

/** What is known of a client that leads to no connection yet. Nothing of it is proved but what `token` says. */
export interface ArrivingClient {
  /** Where it claims to be. */
  readonly from: Address;
  /** Where it sent its packet. */
  readonly to: Address;
  /**
   * 'none': it brought no token of ours. 'retry': it answered a Retry, so that `from` is true. 'new-token': it was a client at
   * this IP before (RFC 9000 §8.1.3); a token that was used before is only found out later. 'invalid': the token of a Retry that
   * does not hold, which is answered with INVALID_TOKEN unless the client is ignored.
   */
  readonly token: 'none' | 'retry' | 'new-token' | 'invalid';
  /** QUIC version of its packet. */
  readonly version: number;
  /** Destination connection ID of its packet. */
  readonly connectionId: Uint8Array;
  /** Clients of this context whose handshake is not complete. */
  readonly halfOpen: number;
  /** Those of them in the network of `from`, see `perAddress`. */
  readonly halfOpenOfAddress: number;
  /** Connections of this context. */
  readonly connections: number;
  /** Those of clients in the network of `from` whose address is proved. */
  readonly connectionsOfAddress: number;
}

/** Limits, controller and protocols of one client, instead of those of the context. */
export interface AcceptOptions {
  /** What is left out stays as it is in the context. */
  readonly transport?: TransportOptions;
  readonly congestion?: CongestionFactory;
  /** Application protocols, or the choice among those that the client offers. */
  readonly alpn?:
    | readonly string[]
    | ((offered: readonly string[], serverName: string) => string | undefined);
  /** False rejects 0-RTT of the client, which sends the same data again after the handshake. RFC 9001 §4.6.2 */
  readonly earlyData?: false;
}

/**
 * What becomes of a client: 'accept' lets it in without a Retry, 'retry' has it prove its address unless its token does, 'refuse'
 * tells it CONNECTION_REFUSED, 'ignore' says nothing. Options let it in by the rules of the context, as undefined does.
 * What has no room is refused whatever the answer.
 */
export type AdmissionAnswer = 'accept' | 'retry' | 'refuse' | 'ignore' | AcceptOptions | undefined;

/** Limits for one client address, or the network it is in. */
export interface AddressLimits {
  /**
   * Connections of clients whose address is proved; further ones are refused. Where it may be reached by handshakes that are
   * not complete, addresses must be proved by a Retry. Default: no limit.
   */
  readonly maxConnections?: number;
  /**
   * Handshakes that are not complete: those of proved addresses, and as many others. A client beyond must prove its address, or is
   * not heard until there is room. Default: no limit.
   */
  readonly maxHalfOpen?: number;
  /** Bits of an IPv4 address that make a network, 0 to 32. Default 32: each address counts for itself. */
  readonly ipv4PrefixBits?: number;
  /** The same of IPv6, 0 to 128. Default 64: what one subscriber has at least. */
  readonly ipv6PrefixBits?: number;
}

/** The limits of addresses that a program leaves out. */
export const DEFAULT_ADDRESS_LIMITS: Required<AddressLimits> = {
  maxConnections: Infinity,
  maxHalfOpen: Infinity,
  ipv4PrefixBits: 32,
  ipv6PrefixBits: 64,
};

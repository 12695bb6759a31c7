import type { CongestionFactory, RememberedPath } from '@tsquic/congestion';
import type { CipherSuite, CryptoProvider, Group } from '@tsquic/crypto';
import type { CertificateVerifier, Identity } from '@tsquic/tls13';
import type { ConnectionIdGenerator } from '../ids/connection-ids.ts';
import type { BeforeSealing } from '../packet/sealing.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { Address } from '../path/address.ts';
import type { PreferredAddress } from '../path/preferred-address.ts';
import type { AddressLimits, AdmissionAnswer, ArrivingClient } from './admission.ts';
import type { GreetedClient, ServedOptions } from './served-options.ts';
import type { EarlyDataOptions } from './early-data-options.ts';
import type { PathSchedulerFactory } from '../path/path-scheduler.ts';
import type { TransportOptions } from './transport-options.ts';

/** Options of `createQuicContext`. A context without `identity` accepts no connection: it is a client. */
export interface QuicContextOptions {
  /** All cryptography and randomness. */
  readonly crypto: CryptoProvider;

  /**
   * Application protocols, best first, or (servers) a function that chooses among those a client
   * offers and returns undefined for none.
   */
  readonly alpn: readonly string[] | ((offered: readonly string[], serverName: string) => string | undefined);

  /** Makes this context a server: certificate and key for the name a client asks for, or one for all. */
  readonly identity?: Identity | ((serverName: string) => Identity | undefined);

  /** Judges servers' certificates. Clients need it, unless `dangerouslySkipCertificateCheck` is true. */
  readonly verifier?: CertificateVerifier;
  /** Client: accept any certificate. The key in it must still sign the handshake. Default false. */
  readonly dangerouslySkipCertificateCheck?: boolean;
  /** Emit `certificate` events and wait for `certificateVerdict` instead of asking `verifier`. Default false. */
  readonly judgeCertificates?: boolean;
  /** Server: ask clients for a certificate, judged by `verifier`. Default 'none'. */
  readonly clientCertificate?: 'none' | 'request' | 'require';

  /** Unix time, in microseconds, at the instant that the host calls 0. Default 0: the host's time is Unix time. */
  readonly unixTimeAtZeroUs?: number;

  /**
   * Suites to offer or accept, best first; a server that is given some goes by their order. Default: `crypto.preferredSuites`,
   * of which a server takes what its client prefers.
   */
  readonly cipherSuites?: readonly CipherSuite[];
  /**
   * Key exchange groups, best first. X25519MLKEM768 is for a future with quantum computers; every provider has it, and it
   * leads the default where `crypto` has it at little cost. Default: `crypto.preferredGroups`.
   */
  readonly groups?: readonly Group[];

  /**
   * Versions of QUIC to speak, first preferred: 1 and 0x6b3343cf (version 2, RFC 9369). A client begins with the first, and
   * tells the server the others; a server goes on in the first that its client speaks as well (RFC 9368 §2.3). Default:
   * both, where clients begin with 1 and servers leave the choice to them.
   */
  readonly versions?: readonly number[];

  /** Our limits as the peer will read them. */
  readonly transport?: TransportOptions;

  /** Makes a congestion controller for each path. Default: CUBIC. */
  readonly congestion?: CongestionFactory;

  /**
   * Makes the scheduler of each connection with several paths, which decides on which of them data leaves. Default: the
   * shortest round trip first. draft-ietf-quic-multipath §5.5
   */
  readonly pathScheduler?: PathSchedulerFactory;

  /** Connections at once; further clients are told so by CONNECTION_REFUSED (RFC 9000 §5.2.2). Default 65536. */
  readonly maxConnections?: number;
  /** Bytes of the connection IDs we issue, 4 to 20. Default 8. */
  readonly connectionIdLength?: number;
  /**
   * Makes the connection IDs we issue: for load balancers that route by them, see `@tsquic/quic-core/load-balancing`. Where
   * it throws or gives nonsense, `createConnection` throws, a client is not let in, and a connection gets no more IDs;
   * `Tracer.onInternalError` hears of it. RFC 9000 §5.1. Default: random ones.
   */
  readonly connectionIds?: ConnectionIdGenerator;
  /**
   * Key of our stateless reset tokens, 32 bytes. It stays until `rotateKeys` names another; tokens of the last one are still
   * known. RFC 9000 §10.3.2. Default: random, so resets do not survive a restart.
   */
  readonly resetKey?: Uint8Array;
  /**
   * Server: key of session tickets, 16 bytes, for servers that share them: it stays until `rotateKeys` is called.
   * Default: random, and another one every day, with the last one still good.
   */
  readonly ticketKey?: Uint8Array;
  /**
   * Server: key of address validation tokens, 16 bytes: for servers behind one address, which see each other's Retry
   * answered, and for a restart that is to know its clients. Where it is kept, `unixTimeAtZeroUs` must be true; each
   * server counts a token's use by itself. It stays until `rotateKeys` is called. RFC 9000 §8.1.4. Default: random, and
   * another one every day, with the last one still good.
   */
  readonly tokenKey?: Uint8Array;
  /**
   * Server: take data that clients which resume a session send at once, in 0-RTT packets. It saves them a round trip,
   * and can be sent a second time by others (RFC 9001 §9.2): each ticket is used once, by `EarlyDataOptions`. Default false.
   */
  readonly earlyData?: boolean | EarlyDataOptions;
  /** When to validate addresses by Retry: 'never', 'always', or above this many half-open connections. Default 64. */
  readonly retry?: 'never' | 'always' | number;

  /**
   * Server: ports of clients that are never answered, let in, or followed to: services there answer datagrams from any address.
   * RFC 9000 §21.5. Default: those of DNS, NTP, SSDP, memcached and others like them.
   */
  readonly blockedPorts?: readonly number[];

  /**
   * Server: where clients should go once the handshake is confirmed, an address of either family or both. The host must
   * receive there too, and send from there what has it for `from`. RFC 9000 §9.6. Default: none.
   */
  readonly preferredAddress?: PreferredAddress;

  /**
   * Server: clients whose handshake is not complete, at once. One more takes the place of the least promising of them, which
   * ends in silence; so does a client with a proven address where `maxConnections` is reached. Default 1024.
   */
  readonly maxHalfOpenConnections?: number;

  /**
   * Server: asked about every first packet of a client before any key is derived, and again after a Retry and for packets that
   * are repeated. It answers at once. Where it throws or answers nonsense, the packet is ignored, and `Tracer.onInternalError`
   * hears of it. Default: the rules of `retry`, `maxConnections`, `maxHalfOpenConnections` and `perAddress`.
   */
  readonly admit?: (client: ArrivingClient) => AdmissionAnswer;
  /**
   * Server: called once for each client, when its ClientHello was read and before anything is answered: options for that client,
   * or undefined for those of all. When it throws or returns what is invalid, the handshake ends with INTERNAL_ERROR, and
   * `Tracer.onInternalError` is called. Default: the options of all.
   */
  readonly optionsFor?: (client: GreetedClient) => ServedOptions | undefined;
  /** Server: how much of that one address may have, or one network. Default: no limits. */
  readonly perAddress?: AddressLimits;

  /**
   * What all connections together hold of what programs gave them to send, bytes; besides, each stream may hold 4 KiB.
   * Default 256 MiB.
   */
  readonly maxTotalSendBufferBytes?: number;

  /** Key-log lines (NSS format) of every connection go here. Default: nowhere. */
  readonly onKeyLog?: (line: string) => void;
  readonly tracer?: Tracer;
  /**
   * Sees every packet before it is encrypted, and may change its frames: for tests that send a peer what no honest
   * endpoint would. Default: none.
   */
  readonly beforeSealing?: BeforeSealing;
}

/** Options of `QuicContext.createConnection`. */
export interface ConnectionOptions {
  /** Where the server is. */
  readonly to: Address;
  /** Local address to send from, where the host has several or may get another. Default: unknown until a datagram comes. */
  readonly from?: Address;
  /** Name (or IP) the server's certificate must carry, and SNI. Default: `to.ip`. */
  readonly serverName?: string;
  /** Protocols to offer. Default: the context's list. */
  readonly alpn?: readonly string[];
  /**
   * Version to begin with. Default: that of `session`, else the first of the context's `versions`. With one that we do not speak the attempt ends in `version-negotiation`, where
   * the server follows RFC 9000 §6.
   */
  readonly version?: number;
  /**
   * What becomes of an address that the server prefers: 'follow' goes there once the handshake is confirmed, if it is of
   * the family in use and answers; 'ignore' leaves it to `migrate`. The host must be able to send there: a socket that is
   * connected to one address is not. RFC 9000 §9.6. Default 'follow'.
   */
  readonly preferredAddress?: 'follow' | 'ignore';
  /** A ticket kept from a `ticket` event: it resumes connections that begin in the version it was given in. */
  readonly session?: Uint8Array;
  /**
   * Whether to send 0-RTT packets if `session` and the server allow it: streams can be opened at once, and
   * `QuicConnection.earlyData` tells the state. An attacker can replay such packets, so they must carry only
   * requests that may be carried out twice. RFC 9001 §9.2. Default false.
   */
  readonly earlyData?: boolean;
  /** A token kept from a `token` event, 512 bytes at most: spares a Retry, and lets the server send faster from the start. */
  readonly token?: Uint8Array;
  /** The version that `token` was given in, as its event says: with another one it is not shown. Default: that begun with. */
  readonly tokenVersion?: number;
  /** `QuicConnection.rememberedPath` of an earlier connection to this server: lets us send faster from the start. */
  readonly rememberedPath?: RememberedPath;
}

import type { CongestionFactory, RememberedPath } from '@tsquic/congestion';
import type { CipherSuite, CryptoProvider, Group } from '@tsquic/crypto';
import type { CertificateVerifier, Identity } from '@tsquic/tls13';
import type { BeforeSealing } from '../packet/sealing.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { Address } from './address.ts';

/** Options of `createQuicContext`. A context without `identity` serves nobody: it is a client. */
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

  /** Suites to offer or accept, best first. Default: all three of TLS 1.3. */
  readonly cipherSuites?: readonly CipherSuite[];
  /** Key exchange groups, best first. Default: X25519, P-256, P-384. */
  readonly groups?: readonly Group[];

  /** Our limits as the peer will read them. */
  readonly transport?: TransportOptions;

  /** Makes a congestion controller for each path. Default: CUBIC. */
  readonly congestion?: CongestionFactory;

  /** Connections at once; further clients are told so by CONNECTION_REFUSED (RFC 9000 §5.2.2). Default 65536. */
  readonly maxConnections?: number;
  /** Bytes of the connection IDs we issue, 4 to 20. Default 8. */
  readonly connectionIdLength?: number;
  /** Key of our stateless reset tokens, 32 bytes. Default: random, so resets do not survive a restart. */
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
  /** When to validate addresses by Retry: 'never', 'always', or above this many half-open connections. Default 64. */
  readonly retry?: 'never' | 'always' | number;

  /**
   * Server: ports of clients that are never answered, let in, or followed to, for services are there that answer strangers.
   * RFC 9000 §21.5. Default: those of DNS, NTP, SSDP, memcached and others like them.
   */
  readonly blockedPorts?: readonly number[];

  /**
   * Server: clients whose handshake is not complete, at once. One more takes the place of the least promising of them, which
   * ends in silence; so does a client with a proven address where `maxConnections` is reached. Default 1024.
   */
  readonly maxHalfOpenConnections?: number;

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

/** What one endpoint allows and asks of the other. Times in milliseconds where RFC 9000 has them so. */
export interface TransportOptions {
  /** Silence that ends a connection, ms; 0 never. Default 30000. */
  readonly idleTimeoutMs?: number;
  /** Time for the handshake, ms. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** Receive window of the connection at first, bytes; grows by need up to `maxConnectionWindowBytes`. Default 524288. */
  readonly connectionWindowBytes?: number;
  /** Default 16 MiB; a path that holds more, bandwidth times round trip, wants more. */
  readonly maxConnectionWindowBytes?: number;
  /** Receive window of each stream at first, bytes; grows up to `maxStreamWindowBytes`. Default 262144. */
  readonly streamWindowBytes?: number;
  /** Default 8 MiB. */
  readonly maxStreamWindowBytes?: number;
  /** Bidirectional streams the peer may have open at once. Default 100. */
  readonly maxBidirectionalStreams?: number;
  /** Unidirectional streams the peer may have open at once. Default 100. */
  readonly maxUnidirectionalStreams?: number;
  /**
   * What a connection holds of what its program gave it to send and the peer has not acknowledged, bytes; besides, each
   * stream may hold 4 KiB. `write` takes less beyond. A stream that may not send takes at most 64 KiB. Default 48 MiB.
   */
  readonly maxSendBufferBytes?: number;
  /** Bytes in flight at most, whatever the congestion controller allows. Default 32 MiB. */
  readonly maxCongestionWindowBytes?: number;
  /** Longest delay of our acknowledgements, ms. Default 25. */
  readonly maxAckDelayMs?: number;
  /** Largest UDP payload we send, bytes, 1200 to 65527. Default 1452. */
  readonly maxUdpPayloadBytes?: number;
  /** Initial estimate of the round-trip time, microseconds. Default 333000 (RFC 9002 §6.2.2). */
  readonly initialRttUs?: number;
  /**
   * Send a PING after this much silence, ms; 0 never. Default 0. Where that is more than half of the timeout that
   * both sides agree on (`ConnectionStatistics.idleTimeoutMs`), half of it counts. RFC 9000 §10.1.2
   */
  readonly keepAliveMs?: number;
  /** Mark packets for ECN where the path and the congestion controller allow it. RFC 9000 §13.4. Default true. */
  readonly ecn?: boolean;
}

/** Options of `QuicContext.createConnection`. */
export interface ConnectionOptions {
  /** Where the server is. */
  readonly to: Address;
  /** Local address to send from, where the host has several. Default: unknown. */
  readonly from?: Address;
  /** Name (or IP) the server's certificate must carry, and SNI. Default: `to.ip`. */
  readonly serverName?: string;
  /** Protocols to offer. Default: the context's list. */
  readonly alpn?: readonly string[];
  /**
   * Version to begin with. Default 1. With one that we do not speak the attempt ends in `version-negotiation`, where
   * the server follows RFC 9000 §6.
   */
  readonly version?: number;
  /** A ticket kept from a `ticket` event. */
  readonly session?: Uint8Array;
  /** A token kept from a `token` event, 512 bytes at most: spares a Retry, and lets the server send faster from the start. */
  readonly token?: Uint8Array;
  /** `QuicConnection.rememberedPath` of an earlier connection to this server: lets us send faster from the start. */
  readonly rememberedPath?: RememberedPath;
}

import type { CryptoProvider } from '@tsquic/crypto';
import type { Clock, DatagramPort } from '@tsquic/event-adapters';
import type {
  QuicContextOptions,
  QuicHostContext,
  TransportOptions,
  RememberedPath,
} from '@tsquic/quic-core';
import type { CertificateVerifier } from '@tsquic/tls13';
import type { QuicConnection } from './connection.ts';

/** PEM as text or bytes, or DER; several in one PEM or in a list. */
export type Certificates = string | Uint8Array | readonly (string | Uint8Array)[];

/** What `connect` and `listen` share. Names and meanings are those of `node:tls` where it has them. */
export interface CommonOptions {
  /**
   * Application protocols, best first. QUIC demands at least one on both sides, and one in common (RFC 9001 §8.1).
   * No default.
   */
  readonly ALPNProtocols: readonly string[];
  /** Private key of `cert`: PEM, or PKCS #8 in DER. Default none; a server needs it or `SNICallback`. */
  readonly key?: string | Uint8Array;
  /** Decrypts `key`. Default: it is not encrypted. */
  readonly passphrase?: string;
  /** Certificate to show, leaf first, then its issuers. Default none. */
  readonly cert?: Certificates;
  /** Certificates to trust instead of the runtime's: authorities, or leaves themselves. */
  readonly ca?: Certificates;
  /** Judges the peer's chain instead of `ca`. Default: RFC 5280 and RFC 9525 with `ca`. */
  readonly verifier?: CertificateVerifier;
  /** TLS 1.3 suites to allow, best first, separated by colons, as in 'TLS_AES_128_GCM_SHA256'. Default: all three. */
  readonly ciphers?: string;

  /** Limits and times that this end announces and keeps. Each has its unit and default there. */
  readonly transport?: TransportOptions;
  /** Aborting it ends the attempt or the listener, and later the connections too. */
  readonly signal?: AbortSignal;
  /** Key-log lines (NSS format, for Wireshark) go here. Default: nowhere. */
  readonly onKeyLog?: (line: string) => void;

  /** A UDP socket of your own. It is closed at the end. Default: one from `node:dgram`. */
  readonly socket?: DatagramPort;
  /** Time and timers of your own. Default: the runtime's. */
  readonly clock?: Clock;
  /** Unix time, in microseconds, when `clock` says 0. Default: right for the runtime's clock; 0 for one of your own. */
  readonly unixTimeAtZeroUs?: number;
  /** Cryptography and randomness. Default: `node:crypto`. */
  readonly crypto?: CryptoProvider;
  /** More options of the core's context: `congestion`, `tracer`, `retry`, `resetKey` … They win over the above. */
  readonly core?: Partial<QuicContextOptions>;
  /**
   * A context of your own, not driven by anything else. All options that make a context (protocols, certificates,
   * `transport`, `crypto`, `core`) are then its business.
   */
  readonly context?: QuicHostContext;
}

/** Options of `connect`. */
export interface ConnectOptions extends CommonOptions {
  /** Name or IP address of the server. Default 'localhost'. */
  readonly host?: string;
  /** UDP port of the server. */
  readonly port: number;
  /** Use only addresses of this IP version. Default 0: both. */
  readonly family?: 0 | 4 | 6;
  /** Local IP address to send from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Local UDP port. Default 0: the system's choice. */
  readonly localPort?: number;
  /**
   * Name the server's certificate must carry, and SNI unless it is an IP address. Letters beyond ASCII go in their ASCII
   * form. Default: `host`.
   */
  readonly servername?: string;
  /** False accepts any certificate: whoever is in between can read and change everything. Default true. */
  readonly rejectUnauthorized?: boolean;
  /**
   * A session from `onSession`: the handshake is shorter, and sends no certificates. It is used only where a full
   * handshake would judge the server by the same: the same `servername`, the same `ca` or `verifier`, or in both cases
   * no check, a protocol of `ALPNProtocols`, the certificate that the server was shown; and for seven days at most
   * after the last handshake with certificates. Otherwise a full handshake is made.
   */
  readonly session?: Uint8Array;
  /** A token from `onToken`: spares a round trip where the server validates addresses. RFC 9000 §8.1.3 */
  readonly token?: Uint8Array;
  /**
   * `QuicConnection.rememberedPath` of an earlier connection to this server: what is sent starts faster, if the path
   * proves to be as it was. A server remembers by itself, in the tokens it gives.
   */
  readonly rememberedPath?: RememberedPath;
  /** Sessions to keep for `session` come here, after the handshake. */
  readonly onSession?: (session: Uint8Array) => void;
  /** Tokens to keep for `token` come here. */
  readonly onToken?: (token: Uint8Array) => void;
  /** Finds the addresses of `host`. Default: `dns.promises.lookup` with `all`. */
  readonly lookup?: (host: string) => Promise<readonly { readonly address: string }[]>;
  /** Milliseconds until the next address is tried beside the ones before it (RFC 8305 §5). Default 250. */
  readonly attemptDelayMs?: number;
}

/** Options of `listen`. */
export interface ListenOptions extends CommonOptions {
  /**
   * Names or IP addresses to bind. Default, and '::': a socket on every address that the interfaces have, IPv6 and IPv4,
   * those that come later included; '0.0.0.0' for IPv4 only. Answers leave from the address that was asked. Addresses
   * that no interface lists, 127.0.0.2 for one, are served when they are named here.
   */
  readonly host?: string | readonly string[];
  /** UDP port to bind. Default 0: the system's choice, see `QuicListener.address`. */
  readonly port?: number;
  /**
   * Chooses by the name a client asks for ('' when it sends none); undefined refuses it. Unlike that of `node:tls`
   * it answers at once, by its result. Default: `key` and `cert` for every name.
   */
  readonly SNICallback?: (servername: string) => ServerIdentity | undefined;
  /** Ask clients for a certificate. Default false. */
  readonly requestCert?: boolean;
  /** With `requestCert`: refuse clients without one, or with one that `ca` does not vouch for. Default true. */
  readonly rejectUnauthorized?: boolean;
  /**
   * Without a handler: connections that may shake hands or wait to be taken by an iteration; further ones are refused
   * (CONNECTION_REFUSED, RFC 9000 §5.2.2). Default 511.
   */
  readonly backlog?: number;
  /**
   * Hears what a connection handler throws, after its connection was closed with the `errorCode` of the error, or 1.
   * Default: errors that the peer or the network caused (`QuicError`) stop there; all others, being the program's own,
   * become warnings of the process (`QuicProgramFault`). Neither ends the program.
   */
  readonly onError?: (error: unknown, connection: QuicConnection) => void;
}

/** A server's certificate and its key. */
export interface ServerIdentity {
  /** PEM, or PKCS #8 in DER. */
  readonly key: string | Uint8Array;
  /** Leaf first, then its issuers. */
  readonly cert: Certificates;
  /** Decrypts `key`. Default: it is not encrypted. */
  readonly passphrase?: string | undefined;
}

/** Options of `QuicConnection.openStream`. */
export interface OpenStreamOptions {
  /** Only this side sends. Default false. */
  readonly unidirectional?: boolean;
  /**
   * Wait while the peer's limit on open streams stands in the way (RFC 9000 §4.6); false rejects with
   * `ERR_QUIC_STREAMS_UNAVAILABLE` instead. Default true.
   */
  readonly waitUntilAvailable?: boolean;
  /** Ends the waiting, and later the stream, both ways; what waits on it then fails with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Options of `QuicConnection.close`. */
export interface CloseOptions {
  /** Application error code, 0 to 2^53-1. Default 0. */
  readonly code?: number;
  /** For people; at most 256 bytes of UTF-8 travel. Default ''. */
  readonly reason?: string;
}

/** Options of `QuicConnection.finish` and `QuicListener.finish`. */
export interface FinishOptions extends CloseOptions {
  /** A time limit, as `AbortSignal.timeout(ms)`: aborting it closes at once. */
  readonly signal?: AbortSignal;
}

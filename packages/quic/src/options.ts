import type { CryptoProvider } from '@tsquic/crypto';
import type { Clock, DatagramPort, UdpKind } from '@tsquic/event-adapters';
import type {
  AddressLimits,
  AdmissionAnswer,
  ArrivingClient,
  ConnectionIdGenerator,
  DatagramOutcome,
  DataPath,
  Address,
  PreferredAddress,
  EarlyDataOptions,
  QuicContextOptions,
  QuicHostContext,
  StreamPriority,
  TransportOptions,
  RememberedPath,
  ServedTransportOptions,
} from '@tsquic/quic-core';
import type { CertificateVerifier } from '@tsquic/tls13';
import type { QuicEndpoint } from './client-endpoint.ts';
import type { QuicConnection } from './connection.ts';
import type { QuicSendGroup } from './send-orders.ts';

/** What became of a path: a pair of addresses. 'active' is the one that everything goes by from now on. RFC 9000 §9 */
export interface PathEvent {
  /** 'lost' is one that had been validated. */
  readonly change: 'validated' | 'failed' | 'active' | 'lost';
  /** Multipath: the path whose addresses these are. Without it always 0. */
  readonly pathId: number;
  readonly local: Address;
  readonly remote: Address;
}

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
  /**
   * Key exchange groups to allow, best first, separated by colons: X25519MLKEM768, X25519, P-256, P-384. Default 'auto':
   * all of them where the runtime has ML-KEM (Node from 24.7 on), and all but X25519MLKEM768 elsewhere, where that costs each
   * side up to a millisecond.
   */
  readonly ecdhCurve?: string;

  /**
   * Versions of QUIC to speak, first preferred: 1 and 0x6b3343cf (version 2, RFC 9369). A client begins with the first; a
   * server goes on in the first that its client speaks as well, which costs no round trip (RFC 9368). Default: both, where
   * clients begin with 1 and servers leave the choice to them.
   */
  readonly versions?: readonly number[];
  /** Limits and times that this end announces and keeps. Each has its unit and default there. */
  readonly transport?: TransportOptions;
  /** Hears what becomes of the paths of a connection: validated, failed, in use, lost. RFC 9000 §9. */
  readonly onPath?: (event: PathEvent, connection: QuicConnection) => void;
  /** Hears how the paths stand that are used at the same time: see `QuicConnection.paths`. */
  readonly onPathState?: (event: PathStateEvent, connection: QuicConnection) => void;
  /** Hears how fast the paths are: first, and when that has changed by a threshold of `QuicPaths.watch`. */
  readonly onPathQuality?: (event: PathQualityEvent, connection: QuicConnection) => void;
  /** Aborting it ends the attempt or the listener, and later the connections too. */
  readonly signal?: AbortSignal;
  /** Key-log lines (NSS format, for Wireshark) go here. Default: nowhere. */
  readonly onKeyLog?: (line: string) => void;

  /** A UDP socket of your own. It is closed at the end. Default: one as `udp` says. */
  readonly socket?: DatagramPort;
  /**
   * What UDP sockets are opened through. 'ffi', system calls through `node:ffi` or `bun:ffi`, sends and receives many datagrams at once,
   * and marks them for ECN (Linux, Node from 26.9 or Bun from 1.4 on, not in workers); it rejects elsewhere. 'dgram' is `node:dgram`. Default: 'ffi' where it works,
   * and 'dgram' elsewhere.
   */
  readonly udp?: UdpKind;
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

/** Options of `connect` that decide how contexts are made, and sockets: those of a `QuicEndpoint`. */
export interface ClientEndpointOptions
  extends
    Omit<CommonOptions, 'signal' | 'onPath' | 'onPathState' | 'onPathQuality' | 'socket' | 'context' | 'udp'>,
    Pick<ConnectOptions, 'localAddress' | 'localPort' | 'rejectUnauthorized'> {}

/** Options of `connect`. */
export interface ConnectOptions extends CommonOptions {
  /**
   * Sockets to share with other connections. `ALPNProtocols` is then that of this connection, and all options that a
   * `QuicEndpoint` takes besides, such as `ca` and `transport`, are its own. Default: a socket for this connection.
   */
  readonly endpoint?: QuicEndpoint;
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
  /** False accepts any certificate: an attacker on the path can then read and change all data. Default true. */
  readonly rejectUnauthorized?: boolean;
  /**
   * A session from `onSession`: the handshake is shorter, and sends no certificates. It is used only where a full
   * handshake would judge the server by the same: the same `servername`, the same `ca` or `verifier`, or in both cases
   * no check, a protocol of `ALPNProtocols`, the certificate that the server was shown; and for seven days at most
   * after the last handshake with certificates. Otherwise a full handshake is made.
   */
  readonly session?: Uint8Array;
  /**
   * Whether to resolve at once if `session` and its server allow data in 0-RTT packets: streams can be opened,
   * and their data leaves with the first datagrams. Only the first address is tried then, and
   * `QuicConnection.ready` tells when the handshake is confirmed. An attacker can replay these packets, so only
   * requests that may be carried out twice should be sent before that (RFC 9001 §9.2). Rejected data is sent
   * again automatically. Default false.
   */
  readonly earlyData?: boolean;
  /**
   * QUIC version to begin with. Default: the first of `versions`. A server that does not speak it is asked again in one of
   * `versions` that it does. With one that this library does not speak, the attempt ends in
   * `ERR_QUIC_VERSION_NEGOTIATION`, where the server follows RFC 9000 §6.
   */
  readonly version?: number;
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
  /**
   * Go to the address that the server prefers, from a socket of its own, once the handshake is confirmed and if that is of
   * the family in use (RFC 9000 §9.6). Default true; false where `socket` or `context` is the program's.
   */
  readonly followPreferredAddress?: boolean;
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
   * Where clients should go once their handshake is confirmed: addresses of this machine, which are bound as well.
   * RFC 9000 §9.6. Default: none.
   */
  readonly preferredAddress?: PreferredAddress;
  /**
   * Chooses by the name a client asks for ('' when it sends none); undefined refuses it. Unlike that of `node:tls`
   * it answers at once, by its result. Default: `key` and `cert` for every name.
   */
  readonly SNICallback?: (servername: string) => ServerIdentity | undefined;
  /**
   * Chooses among the protocols that a client offers; undefined refuses it. As in `node:tls`, but the result must be one of
   * them or undefined. Default: the first of `ALPNProtocols` that the client offers.
   */
  readonly ALPNCallback?: (client: {
    readonly servername: string;
    readonly protocols: readonly string[];
  }) => string | undefined;
  /**
   * Chooses options of one client by the name and the protocol of its ClientHello, before anything is answered: certificate, demand for
   * one, limits, congestion controller, and whether 0-RTT is too early. It answers at once; undefined leaves the options of all. Keys
   * and certificates are read once for each object that it returns. What it throws ends the handshake, and becomes a warning of the
   * process (`QuicProgramFault`). Default: the options of all.
   */
  readonly optionsFor?: (client: GreetedClient) => ServedOptions | undefined;
  /**
   * Take data that clients which resume a session send in 0-RTT packets. Connections then come before their handshake is
   * complete, with streams that are marked as `early`: act on these only where it may happen twice, or wait for `ready` of
   * the connection. Each ticket is used once. RFC 9001 §9.2. Default false.
   */
  readonly earlyData?: boolean | ServerEarlyDataOptions;
  /** Ask clients for a certificate. Default false. */
  readonly requestCert?: boolean;
  /** With `requestCert`: refuse clients without one, or with one that `ca` does not vouch for. Default true. */
  readonly rejectUnauthorized?: boolean;
  /**
   * Without a handler: connections that may wait to be taken by an iteration; further ones are refused
   * (CONNECTION_REFUSED, RFC 9000 §5.2.2). Handshakes that are not complete take no place. Default 511.
   */
  readonly backlog?: number;
  /** Connections at once; further clients are refused (CONNECTION_REFUSED, RFC 9000 §5.2.2). Default 65536. */
  readonly maxConnections?: number;
  /** Clients at these addresses are not answered: a `BlockList` of `node:net`, or what has its `check`. Default: none. */
  readonly blockList?: { check(address: string, family: 'ipv4' | 'ipv6'): boolean };
  /**
   * Decides about each client before anything is computed for it: 'accept' spares it a Retry, 'retry' has it prove its address,
   * 'refuse' tells it CONNECTION_REFUSED, 'ignore' says nothing; an object lets it in with `transport`, `congestion` and `alpn` of its own,
   * undefined by the rules of all. It answers at once, and is asked again when the client repeats its packet. What it throws, and an answer that is none of
   * these, becomes a warning of the process (`QuicProgramFault`), and the client is ignored. Default: the rules of all.
   */
  readonly admit?: (client: ArrivingClient) => AdmissionAnswer;
  /** Limits for each client address, or the network it is in. Default: none. */
  readonly perAddress?: AddressLimits;
  /** Makes connection IDs that load balancers route by, see `tsquic/load-balancing`. Default: random ones. */
  readonly connectionIds?: ConnectionIdGenerator;
  /**
   * Hears what a connection handler throws, after its connection was closed with the `errorCode` of the error, or 1.
   * Default: errors that the peer or the network caused (`QuicError`) stop there; all others, being the program's own,
   * become warnings of the process (`QuicProgramFault`). Neither ends the program.
   */
  readonly onError?: (error: unknown, connection: QuicConnection) => void;
}

/** What `QuicListener.setSecureContext` takes: one certificate, or a choice among several. */
export type SecureContext = ServerIdentity | Required<Pick<ListenOptions, 'SNICallback'>>;

/** A client whose ClientHello was read. */
export interface GreetedClient {
  /** The name that it asks for; '' when it sent none. */
  readonly servername: string;
  /** The protocol that was chosen. */
  readonly alpnProtocol: string;
  /** The protocols that it offers. */
  readonly protocols: readonly string[];
  /** Its address, which need not be validated yet. */
  readonly remoteAddress: Address;
  /** The version of QUIC in use. */
  readonly version: number;
}

/** What `ListenOptions.optionsFor` may choose. What is left out is as for all clients. */
export interface ServedOptions
  extends
    Partial<ServerIdentity>,
    Pick<ListenOptions, 'requestCert' | 'rejectUnauthorized' | 'ca' | 'verifier'> {
  /** Limits and times, as far as no packet depends on them yet. */
  readonly transport?: ServedTransportOptions;
  /** Makes the congestion controllers: see `@tsquic/congestion`. */
  readonly congestion?: NonNullable<QuicContextOptions['congestion']>;
  /** False rejects 0-RTT: the client sends the same data again after the handshake, without a risk of replay. */
  readonly earlyData?: false;
}

/** How a server takes 0-RTT. */
export interface ServerEarlyDataOptions extends Omit<EarlyDataOptions, 'replayStore'> {
  /**
   * Knows which tickets were used: one that several processes share may answer by a promise, and the early data waits for
   * that, or for the end of the handshake. One that throws or rejects counts as "used". Default: a store of this listener.
   */
  readonly replayStore?: SharedReplayStore;
}

/** A store of used tickets, as `SET id NX PXAT expiresAtMs` of Redis is one. RFC 8446 §8.1 */
export interface SharedReplayStore {
  /** Whether this ID of 16 bytes is used for the first time; it may be forgotten at `expiresAtMs`, Unix time. */
  use(id: Uint8Array, expiresAtMs: number): boolean | Promise<boolean>;
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
  /**
   * How urgent the stream is: 0 to 255, lower ones first; even ones take turns, of odd ones the stream with the lowest ID
   * goes first. Or `urgency` and `incremental` of HTTP (RFC 9218 §4). Default 8. `QuicStream.setPriority` changes it.
   */
  readonly priority?: StreamPriority;
  /** `QuicStream.sendOrder` from the beginning; not together with `priority`. Default null: no order. */
  readonly sendOrder?: number | null;
  /** `QuicStream.sendGroup` from the beginning. Default null. */
  readonly sendGroup?: QuicSendGroup | null;
  /**
   * Bytes that the stream holds which have not left, at most; as many wait in front of it, so that `desiredSize` of its
   * writer counts down from this number. For what is out of date soon. Default: what keeps the path full, and 65536.
   */
  readonly highWaterMark?: number;
  /** Ends the waiting, and later the stream, both ways; what waits on it then fails with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Options of `QuicDatagrams.send`. */
export interface SendDatagramOptions {
  /** Milliseconds after which it is not sent any more, which `onOutcome` then hears. Default: it waits. RFC 9221 §5.4 */
  readonly maxAge?: number;
  /**
   * Hears what becomes of it: a second time only when it was reported lost and has arrived after all. The end of the
   * connection is told by the connection. RFC 9221 §5.2
   */
  readonly onOutcome?: (outcome: DatagramOutcome) => void;
  /**
   * Several paths: the ID of the one to send it by, or 'all' for a copy by each available one, of which the peer may get several
   * and `onOutcome` hears of the first. `send` returns false where the path is not in use. Default: whichever has room.
   */
  readonly path?: DataPath;
}

/** Options of `QuicConnection.rebind`. */
export interface RebindOptions {
  /** Local IP address to send from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Local UDP port. Default 0: the system's choice. */
  readonly localPort?: number;
  /** A socket of your own, bound to one address. It is closed at the end. Default: one as `udp` of `connect` says. */
  readonly socket?: DatagramPort;
  /** Send from it before the server has answered there: for networks that are gone already. Default false. */
  readonly atOnce?: boolean;
}

/** Options of `QuicPaths.open`. */
export interface PathOptions {
  /** Local IP address to send from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Local UDP port. Default 0: the system's choice. */
  readonly localPort?: number;
  /** A socket of your own, bound to one address. It is closed at the end. Default: one as `udp` of `connect` says. */
  readonly socket?: DatagramPort;
  /** Whether to use the path only where no other can be used. Default false. */
  readonly backup?: boolean;
}

/** Multipath: a path can be used, or again; is silent, so that others carry the data; is abandoned for good. */
export interface PathStateEvent {
  readonly pathId: number;
  readonly state: 'available' | 'suspended' | 'abandoned';
  /** Why it was abandoned: 0, or a code of draft-ietf-quic-multipath §4.2.1. */
  readonly code: number;
  readonly local: Address;
  readonly remote: Address;
}

/** How fast a path is. */
export interface PathQualityEvent {
  readonly pathId: number;
  readonly smoothedRttUs: number;
  /** What congestion control lets leave. */
  readonly bytesPerSecond: number;
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

import type { CipherSuite, CryptoProvider, Group, SignatureScheme, Signer } from '@tsquic/crypto';

/** Options of both roles. */
interface TlsCommonOptions {
  readonly crypto: CryptoProvider;

  /**
   * Makes this endpoint's quic_transport_parameters. It is called at a client before the ClientHello, without
   * argument, and at a server after it has read the client's and before it answers, so that it can check them
   * first. What it throws, `provide` throws.
   */
  readonly transportParameters: (peer?: Uint8Array) => Uint8Array;

  /**
   * Suites to offer or accept, best first; a server that is given some goes by their order. Default: `crypto.preferredSuites`,
   * of which a server takes what its client prefers.
   */
  readonly cipherSuites?: readonly CipherSuite[];
  /**
   * Groups to offer or accept, preferred ones first. Default: those of the provider, which are X25519, P-256
   * and P-384, after X25519MLKEM768 where the host has it natively.
   */
  readonly groups?: readonly Group[];
  /** Signature schemes to accept from the peer. Default: all of RFC 8446 §4.2.3 but SHA-1. */
  readonly signatureSchemes?: readonly SignatureScheme[];
  /** Whether to emit `key-log` events. Default false. */
  readonly keyLog?: boolean;
  /** Returns Unix time in milliseconds, for certificate validity and ticket ages. */
  readonly unixTimeMs: () => number;
}

/** Options of a client. */
export interface TlsClientOptions extends TlsCommonOptions {
  /**
   * DNS name (ASCII) or numeric IP of the server. A name goes into SNI in lower case and without a trailing
   * dot; an IP does not (RFC 6066 §3). RangeError for anything else.
   */
  readonly serverName: string;
  /** Application protocols to offer, preferred ones first. At least one: RFC 9001 §8.1. */
  readonly alpn: readonly string[];
  /** Groups to send key shares for at once. Default: the first of `groups`, and after X25519MLKEM768 the second as well. */
  readonly keyShares?: readonly Group[];
  /**
   * Judges the server's chain. With `undefined`, the program judges it: the engine emits `certificate` and
   * waits.
   */
  readonly verifier: CertificateVerifier | undefined;
  /** The client's own certificate, for servers that ask for one. */
  readonly identity?: Identity;
  /**
   * A session from a `ticket` event. It is offered for resumption if the server was judged by the same
   * `verifier` under the same `serverName`, its protocol is in `alpn`, this client has the same `identity`,
   * and neither seven days have passed nor a certificate has expired since. Otherwise a full handshake is
   * made.
   */
  readonly session?: Uint8Array;
  /** Whether to offer 0-RTT with `session` if its ticket allows it. Default false. */
  readonly earlyData?: boolean;
}

/** Options of a server. */
export interface TlsServerOptions extends TlsCommonOptions {
  /**
   * Is called with the client's quic_transport_parameters at its first ClientHello, before any answer, also
   * before a HelloRetryRequest. What it throws, `provide` throws.
   */
  readonly onClientParameters?: (parameters: Uint8Array) => void;
  /**
   * Returns other options for this client, or undefined. It is called once, after `onClientParameters` and before sessions and 0-RTT are judged and anything is
   * answered. What it throws leaves `provide` unchanged. Default: the options of all.
   */
  readonly onClientHello?: (hello: ClientHelloFacts) => ChosenServerOptions | undefined;
  /**
   * Returns the identity for a client that asks for `serverName` (lower case; '' when it sent none) and
   * accepts `signatureSchemes`; undefined ends in unrecognized_name.
   */
  readonly identity: (serverName: string, signatureSchemes: readonly number[]) => Identity | undefined;
  /**
   * Application protocols of this side, preferred ones first, or a function that chooses from the client's;
   * undefined ends in no_application_protocol.
   */
  readonly alpn: readonly string[] | ((offered: readonly string[], serverName: string) => string | undefined);
  /** Whether the client is asked for a certificate. Default 'none'. */
  readonly clientCertificate?: 'none' | 'request' | 'require';
  /**
   * Judges the client's chain, and again when the client resumes: tickets contain it, up to 4096 bytes. When
   * undefined, the engine emits `certificate` and waits, and clients that sent a certificate get no tickets.
   */
  readonly verifier?: CertificateVerifier;
  /** Keys that seal session tickets; without them no tickets are sent. */
  readonly tickets?: TicketProtection;
  /**
   * Whether tickets allow 0-RTT, and 0-RTT is accepted. Default false. A ClientHello with its 0-RTT packets
   * can be replayed for as long as its ticket's age seems right: let `judgeEarlyData` refuse tickets that
   * were used before. RFC 8446 §8
   */
  readonly earlyData?: boolean;
  /**
   * State that 0-RTT depends on: the transport parameters that a client remembers, and application settings.
   * Tickets contain these bytes (RFC 9001 §4.6). Default: empty.
   */
  readonly earlyDataContext?: Uint8Array;
  /**
   * Decides last whether 0-RTT is accepted: whether the state that it depends on is still valid, and whether
   * it may be a replay. Default: `earlyDataContext` must be the same as when the ticket was made.
   */
  readonly judgeEarlyData?: (offer: EarlyDataOffer) => boolean;
}

/** What the first ClientHello says of whom the client wants to speak to. */
export interface ClientHelloFacts {
  /** Lower case; '' when the client names none. */
  readonly serverName: string;
  /** The protocol that was chosen. */
  readonly alpn: string;
  /** The protocols that the client offers. */
  readonly offered: readonly string[];
}

/** Options that may depend on the ClientHello. */
export type ChosenServerOptions = Partial<
  Pick<
    TlsServerOptions,
    'identity' | 'clientCertificate' | 'verifier' | 'earlyData' | 'earlyDataContext' | 'judgeEarlyData'
  >
>;

/** 0-RTT that a client offers with a valid ticket. RFC 8446 §4.2.10, §8 */
export interface EarlyDataOffer {
  /** The ticket, as the client sent it. */
  readonly ticket: Uint8Array;
  /** `earlyDataContext` when the ticket was made. */
  readonly context: Uint8Array;
  /** When the ticket was made: Unix time in milliseconds of the server that made it. */
  readonly issuedAtMs: number;
  /** When the ClientHello was made, by the ticket age in it; at most ten seconds from now. */
  readonly sentAtMs: number;
  /**
   * When the ClientHello will be too old to be accepted: a server that remembers the ticket until then
   * accepts no replay. RFC 8446 §8.3
   */
  readonly expiresAtMs: number;
}

/** A certificate chain and the key that belongs to its leaf. */
export interface Identity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signer: Signer;
}

/** Judges a peer's certificate chain, synchronously. `@tsquic/tls13/x509` has one that follows RFC 5280. */
export interface CertificateVerifier {
  /**
   * Returns undefined when the chain is valid for the purpose; otherwise the alert to send and a sentence for
   * people.
   *
   * @param chain - DER, leaf first; from the network.
   * @param serverName - the name or IP that the leaf must have; '' when a client's chain is judged.
   */
  verify(
    chain: readonly Uint8Array[],
    serverName: string,
    unixTimeMs: number,
    crypto: CryptoProvider,
  ): CertificateFault | undefined;

  /**
   * Everything that the verdict depends on, as bytes of any length: the anchors, and the rules. A session
   * resumes only with a verifier that has the same fingerprint as the one that judged the peer, in this
   * process or another. Without this method, a session resumes only with the same object.
   */
  fingerprint?(crypto: CryptoProvider): Uint8Array;
}

/** Why a chain is not accepted. */
export interface CertificateFault {
  /** The alert to send, RFC 8446 §6.2. */
  readonly alert: number;
  readonly message: string;
  /** The kind of the fault, for programs that give advice. Absent when the verifier does not tell. */
  readonly reason?: FaultReason;
}

/**
 * - `form`: a certificate is malformed, or uses a feature that is not supported.
 * - `name`: it is for other hosts.
 * - `time`: it has expired, or is not valid yet.
 * - `purpose`: it is not for this end of TLS.
 * - `authority`: one of its issuers is not an authority, or not for such certificates.
 * - `issuer`: no trusted authority has issued it.
 * - `signature`: its issuer has not signed it.
 * - `budget`: judging it would take too much work.
 */
export type FaultReason =
  | 'form'
  | 'name'
  | 'time'
  | 'purpose'
  | 'authority'
  | 'issuer'
  | 'signature'
  | 'budget';

/** Seals the state of sessions into the tickets that a server sends. */
export interface TicketProtection {
  seal(plaintext: Uint8Array): Uint8Array;
  /** Returns undefined for bytes that no current key has sealed. */
  open(ticket: Uint8Array): Uint8Array | undefined;
}

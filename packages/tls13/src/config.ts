import type { CipherSuite, CryptoProvider, Group, SignatureScheme, Signer } from '@tsquic/crypto';

/** What both sides need. */
interface TlsCommonOptions {
  readonly crypto: CryptoProvider;

  /**
   * This endpoint's quic_transport_parameters. A client is asked before its ClientHello, with no
   * argument; a server once it has read the client's, before it answers, so that it may look first. What
   * it throws leaves `provide` unchanged.
   */
  readonly transportParameters: (peer?: Uint8Array) => Uint8Array;

  /** Suites to offer or accept, best first. Default: all three. */
  readonly cipherSuites?: readonly CipherSuite[];
  /** Groups to offer or accept, best first. Default: X25519, P-256, P-384. */
  readonly groups?: readonly Group[];
  /** Signature schemes to accept from the peer. Default: all of RFC 8446 §4.2.3 but SHA-1. */
  readonly signatureSchemes?: readonly SignatureScheme[];
  /** Emit `key-log` events. Default false. */
  readonly keyLog?: boolean;
  /** Unix time in milliseconds: certificate validity and ticket ages are judged by it. */
  readonly unixTimeMs: () => number;
}

/** What a client offers, and by what it judges its server. */
export interface TlsClientOptions extends TlsCommonOptions {
  /**
   * DNS name (ASCII) or numeric IP of the server; goes into SNI unless it is an IP (RFC 6066 §3), in lower case and
   * without a dot behind. A RangeError for anything else.
   */
  readonly serverName: string;
  /** Application protocols to offer, best first. At least one: RFC 9001 §8.1. */
  readonly alpn: readonly string[];
  /** Groups to send key shares for at once. Default: the first of `groups`. */
  readonly keyShares?: readonly Group[];
  /**
   * Judges the server's chain. `undefined` means that the program judges by itself: the engine emits
   * `certificate` and waits.
   */
  readonly verifier: CertificateVerifier | undefined;
  /** Our own certificate, for servers that ask. */
  readonly identity?: Identity;
  /**
   * A session kept from a `ticket` event: offers resumption, where the server was judged by the same `verifier` under
   * the same `serverName`, its protocol is in `alpn`, this client has the same `identity`, and no more than seven days
   * and no certificate's end lie between. Otherwise a full handshake is made.
   */
  readonly session?: Uint8Array;
  /** Offer 0-RTT with `session`, when its ticket allows. Default false. */
  readonly earlyData?: boolean;
}

/** What a server accepts, and who it is. */
export interface TlsServerOptions extends TlsCommonOptions {
  /**
   * The identity for a client that asks for `serverName` (lower case; '' when it sent none) and accepts
   * `signatureSchemes`; undefined ends in unrecognized_name.
   */
  readonly identity: (serverName: string, signatureSchemes: readonly number[]) => Identity | undefined;
  /** Protocols we speak, best first, or a choice among the client's; undefined ends in no_application_protocol. */
  readonly alpn: readonly string[] | ((offered: readonly string[], serverName: string) => string | undefined);
  /** Ask the client for a certificate. Default 'none'. */
  readonly clientCertificate?: 'none' | 'request' | 'require';
  /**
   * Judges the client's chain, and again when the client resumes: tickets hold it, up to 4096 bytes. Undefined emits
   * `certificate` and waits; clients that showed a certificate then get no tickets.
   */
  readonly verifier?: CertificateVerifier;
  /** Keys that seal session tickets; none means that no tickets are sent. */
  readonly tickets?: TicketProtection;
  /**
   * Promise 0-RTT in tickets, and accept it. Default false. A 0-RTT packet can be replayed as long as
   * `tickets.open` opens its ticket again: have it refuse a ticket that it has opened before.
   */
  readonly earlyData?: boolean;
  /**
   * What 0-RTT depends on: the transport parameters a client remembers, application settings. 0-RTT is
   * accepted only when these bytes are the same as when the ticket was made (RFC 9001 §4.6). Default: empty.
   */
  readonly earlyDataContext?: Uint8Array;
}

/** A certificate chain and the key that belongs to its leaf. */
export interface Identity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signer: Signer;
}

/** Judges a peer's certificate chain, synchronously. `@tsquic/tls13/x509` has the standard one. */
export interface CertificateVerifier {
  /**
   * Undefined when the chain is good for the purpose; otherwise the alert to send and a sentence for people.
   *
   * @param chain - DER, leaf first; from the network.
   * @param serverName - the name or IP the leaf must carry; '' when a client's chain is judged.
   */
  verify(
    chain: readonly Uint8Array[],
    serverName: string,
    unixTimeMs: number,
    crypto: CryptoProvider,
  ): CertificateFault | undefined;

  /**
   * All that its judgement depends on, as bytes of any length: whom it trusts, what it demands. A session resumes only
   * where the verifier has the same ones as when the peer was judged, in this or another process. Without this method
   * a session resumes with this very object alone.
   */
  fingerprint?(crypto: CryptoProvider): Uint8Array;
}

/** Why a chain is refused. */
export interface CertificateFault {
  /** RFC 8446 §6.2 alert. */
  readonly alert: number;
  readonly message: string;
  /** What kind of fault it is, for programs that advise people. Absent where the verifier does not say. */
  readonly reason?: FaultReason;
}

/**
 * - `form`: a certificate is malformed, or uses something that is not supported.
 * - `name`: it is for other hosts.
 * - `time`: it is expired, or not valid yet.
 * - `purpose`: it is not made for this end of TLS.
 * - `authority`: one of its issuers is no authority, or not for that.
 * - `issuer`: nobody who is trusted vouches for it.
 * - `signature`: it is not signed by the one it names.
 * - `budget`: to judge it would cost too much.
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

/** Seals what a server must remember into the tickets it sends. */
export interface TicketProtection {
  seal(plaintext: Uint8Array): Uint8Array;
  /** Undefined for anything not sealed by a key we still hold. */
  open(ticket: Uint8Array): Uint8Array | undefined;
}

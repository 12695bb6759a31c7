import type { CipherSuite } from '@tsquic/crypto';

/** Encryption levels, in the order in which their keys become available. RFC 9001 §2.1 */
export const Level = { Initial: 0, EarlyData: 1, Handshake: 2, Application: 3 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** Events for the transport that carries the handshake bytes. Take them with `TlsEngine.nextEvent()`. */
export type TlsEvent =
  /** Send these handshake bytes in the CRYPTO stream of `level`. */
  | { readonly type: 'send'; readonly level: Level; readonly bytes: Uint8Array }
  /** A traffic secret, from which packet keys are derived (RFC 9001 §5.1). */
  | {
      readonly type: 'keys';
      readonly level: Level;
      readonly direction: 'read' | 'write';
      readonly suite: CipherSuite;
      readonly secret: Uint8Array;
    }
  /**
   * 0-RTT is accepted or rejected: at a client when the server's answer or its HelloRetryRequest says so,
   * which is not authenticated until `complete`; at a server when it answers. The protocol and the name are those of the
   * client's session, and at a server those of its answer, which are the same where it accepts. RFC 8446 §4.2.10
   */
  | {
      readonly type: 'early-data';
      readonly accepted: boolean;
      readonly alpn: string;
      readonly serverName: string;
    }
  /** The peer's quic_transport_parameters, which are not authenticated until `complete`. */
  | { readonly type: 'transport-parameters'; readonly bytes: Uint8Array }
  /** Judge this chain (DER, leaf first) and call `certificateVerdict`, for which the handshake waits. */
  | { readonly type: 'certificate'; readonly chain: readonly Uint8Array[]; readonly serverName: string }
  /** The handshake is complete in the sense of RFC 9001 §4.1.1. */
  | {
      readonly type: 'complete';
      readonly alpn: string;
      readonly serverName: string;
      readonly cipherSuite: string;
      /** Name of the key exchange group, such as 'X25519MLKEM768' or 'P-256'. */
      readonly group: string;
      readonly resumed: boolean;
      readonly earlyDataAccepted: boolean;
      /**
       * The peer's certificates: DER, leaf first; empty when it sent none. A server also has those of a
       * client that resumed; a client does not keep those of its server.
       */
      readonly peerCertificates: readonly Uint8Array[];
    }
  /** A client received a session ticket: self-contained bytes to keep for `TlsClientOptions.session`. */
  | { readonly type: 'ticket'; readonly session: Uint8Array }
  /** One line of the NSS key log format, without line feed. Emitted only when `keyLog` is set. */
  | { readonly type: 'key-log'; readonly line: string };

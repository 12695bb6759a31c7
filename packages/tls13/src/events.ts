import type { CipherSuite } from '@tsquic/crypto';

/** Encryption levels, in the order in which keys appear. RFC 9001 §2.1 */
export const Level = { Initial: 0, EarlyData: 1, Handshake: 2, Application: 3 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** What the engine tells whoever carries its bytes. Pull with `TlsEngine.nextEvent()`. */
export type TlsEvent =
  /** Put these handshake bytes into the CRYPTO stream of `level`. */
  | { readonly type: 'send'; readonly level: Level; readonly bytes: Uint8Array }
  /** A traffic secret; packet keys derive from it (RFC 9001 §5.1). */
  | {
      readonly type: 'keys';
      readonly level: Level;
      readonly direction: 'read' | 'write';
      readonly suite: CipherSuite;
      readonly secret: Uint8Array;
    }
  /** The peer's quic_transport_parameters: unauthenticated until `complete`. */
  | { readonly type: 'transport-parameters'; readonly bytes: Uint8Array }
  /** Judge this chain and call `certificateVerdict`; the handshake waits. Leaf first, DER. */
  | { readonly type: 'certificate'; readonly chain: readonly Uint8Array[]; readonly serverName: string }
  /** The handshake is complete in the sense of RFC 9001 §4.1.1. */
  | {
      readonly type: 'complete';
      readonly alpn: string;
      readonly serverName: string;
      readonly cipherSuite: string;
      readonly resumed: boolean;
      readonly earlyDataAccepted: boolean;
      /**
       * The peer's certificates: DER, leaf first; none where it showed none. A server knows them of a client that
       * resumed, too; a client does not keep those of its server.
       */
      readonly peerCertificates: readonly Uint8Array[];
    }
  /** A client received a session ticket to keep; opaque, self-contained bytes for `TlsClientOptions.session`. */
  | { readonly type: 'ticket'; readonly session: Uint8Array }
  /** One line of the NSS key log format, without line feed. Only when `keyLog` is set. */
  | { readonly type: 'key-log'; readonly line: string };

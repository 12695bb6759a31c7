/** Everything the application can be told. Pull with `nextEvent()`; nothing calls back. */
export type QuicEvent =
  | { readonly type: 'accepted'; readonly connection: number }
  | {
      readonly type: 'connected';
      readonly connection: number;
      readonly alpn: string;
      readonly serverName: string;
      readonly cipherSuite: string;
      readonly resumed: boolean;
      readonly earlyDataAccepted: boolean;
      /**
       * The peer's certificates: DER, leaf first; none where it showed none. Where the session was resumed, a server
       * has those of the first handshake, and a client has none.
       */
      readonly peerCertificates: readonly Uint8Array[];
    }
  | { readonly type: 'confirmed'; readonly connection: number }
  | {
      readonly type: 'certificate';
      readonly connection: number;
      readonly serverName: string;
      readonly chain: readonly Uint8Array[];
    }
  | { readonly type: 'stream-opened'; readonly connection: number; readonly streamId: number }
  | { readonly type: 'stream-readable'; readonly connection: number; readonly streamId: number }
  | { readonly type: 'stream-writable'; readonly connection: number; readonly streamId: number }
  | {
      readonly type: 'stream-reset';
      readonly connection: number;
      readonly streamId: number;
      readonly code: number;
    }
  | {
      readonly type: 'stream-stopped';
      readonly connection: number;
      readonly streamId: number;
      readonly code: number;
    }
  | { readonly type: 'stream-delivered'; readonly connection: number; readonly streamId: number }
  | { readonly type: 'stream-released'; readonly connection: number; readonly streamId: number }
  | { readonly type: 'streams-available'; readonly connection: number; readonly unidirectional: boolean }
  | { readonly type: 'ticket'; readonly connection: number; readonly ticket: Uint8Array }
  | { readonly type: 'token'; readonly connection: number; readonly token: Uint8Array }
  | { readonly type: 'wake'; readonly connection: number }
  | { readonly type: 'closed'; readonly connection: number; readonly reason: CloseReason };

/** Why a connection ended: who, which kind, which code. */
export type CloseReason =
  | { readonly kind: 'application'; readonly code: number; readonly text: string; readonly remote: boolean }
  | {
      readonly kind: 'transport';
      /** RFC 9000 §20.1; 0x100 + alert for TLS. */
      readonly code: number;
      /** Type of the frame to blame, 0 when none. */
      readonly frameType: number;
      readonly text: string;
      readonly remote: boolean;
      /** What went wrong inside, for INTERNAL_ERROR. */
      readonly cause?: unknown;
    }
  | { readonly kind: 'idle-timeout' }
  | { readonly kind: 'handshake-timeout' }
  | { readonly kind: 'stateless-reset' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'version-negotiation'; readonly offered: readonly number[] };

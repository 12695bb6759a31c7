import type { Address } from './path/address.ts';

/** Everything the application can be told. Pull with `nextEvent()`; nothing calls back. */
export type QuicEvent =
  | { readonly type: 'accepted'; readonly connection: number }
  | {
      readonly type: 'connected';
      readonly connection: number;
      readonly alpn: string;
      readonly serverName: string;
      readonly cipherSuite: string;
      /** Key exchange group, as 'X25519MLKEM768' or 'P-256'. */
      readonly group: string;
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
  /**
   * What becomes of data in 0-RTT packets. A client hears 'offered' where it may send at once, and then what its server
   * decided; a server hears what it decided, before the first stream, and which protocol the data speaks, long before
   * `connected` tells it. Rejected data is sent again by itself once the
   * handshake is complete (`isResent`), unless another protocol was agreed on: then its streams are released. RFC 9001 §4.6
   */
  | {
      readonly type: 'early-data';
      readonly connection: number;
      readonly state: 'offered' | 'accepted' | 'rejected';
      /** The protocol: while it is offered that of the session, then the one that the server chose. RFC 7301 */
      readonly alpn: string;
      /** The name that the client asked for; '' where it sent none. RFC 6066 §3 */
      readonly serverName: string;
      /** Client, rejected: whether what was sent is sent again. */
      readonly isResent?: boolean;
    }
  /**
   * Server whose `earlyData` has `replayStore: 'ask'`: whether this ID is used for the first time, before `expiresAtMs`
   * (Unix time), in any of the processes that share ticket keys; answer with `earlyDataVerdict`. RFC 8446 §8
   */
  | {
      readonly type: 'early-data-use';
      readonly connection: number;
      /** 16 bytes. */
      readonly id: Uint8Array;
      readonly expiresAtMs: number;
    }
  | {
      readonly type: 'stream-opened';
      readonly connection: number;
      readonly streamId: number;
      /** Present where the stream was opened by a 0-RTT packet, which could be a replay. RFC 9001 §9.2 */
      readonly early?: true;
    }
  | { readonly type: 'stream-readable'; readonly connection: number; readonly streamId: number }
  | { readonly type: 'stream-writable'; readonly connection: number; readonly streamId: number }
  | {
      readonly type: 'stream-reset';
      readonly connection: number;
      readonly streamId: number;
      readonly code: number;
      /** Bytes from the beginning that the peer let arrive, and that were read: 0 with RESET_STREAM, which RESET_STREAM_AT is not. */
      readonly reliableSize: number;
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
  /** A datagram can be read where none could. RFC 9221 §5 */
  | { readonly type: 'datagram-readable'; readonly connection: number }
  /** There is room again, after `send` took a datagram for want of room only in vain. */
  | { readonly type: 'datagram-writable'; readonly connection: number }
  /** What became of a datagram that the program gave a tag. RFC 9221 §5.2 */
  | {
      readonly type: 'datagram-outcome';
      readonly connection: number;
      readonly tag: number;
      readonly outcome: DatagramOutcome;
    }
  /** The largest datagram that fits has changed; `maxBytes` is -1 when none may be sent. */
  | { readonly type: 'datagram-size'; readonly connection: number; readonly maxBytes: number }
  /** Datagrams that came were dropped, because the program did not read: `total` so far. RFC 9221 §5.3 */
  | { readonly type: 'datagrams-dropped'; readonly connection: number; readonly total: number }
  | { readonly type: 'ticket'; readonly connection: number; readonly ticket: Uint8Array }
  | {
      readonly type: 'token';
      readonly connection: number;
      readonly token: Uint8Array;
      readonly version: number;
    }
  | {
      /**
       * A path was validated, or could not be; it is in use now; one that had been validated is forgotten. Of events that
       * wait the newest are kept. RFC 9000 §9
       */
      readonly type: 'path';
      readonly connection: number;
      readonly change: 'validated' | 'failed' | 'active' | 'lost';
      /** Multipath: the ID of the path whose addresses these are. Absent for path 0. */
      readonly pathId?: number;
      readonly local: Address;
      readonly remote: Address;
    }
  | PathStateEvent
  | PathQualityEvent
  | { readonly type: 'wake'; readonly connection: number }
  | { readonly type: 'closed'; readonly connection: number; readonly reason: CloseReason };

/**
 * Multipath: a path is validated and carries data, or does so again; its packets are not acknowledged, so that
 * others carry the data; it is abandoned by this end or the peer, and never comes back. draft-ietf-quic-multipath §3
 */
export interface PathStateEvent {
  readonly type: 'path-state';
  readonly connection: number;
  readonly pathId: number;
  readonly state: 'available' | 'suspended' | 'abandoned';
  /** Why it was abandoned: 0, or a code of draft-ietf-quic-multipath §4.2.1. */
  readonly code: number;
  readonly local: Address;
  readonly remote: Address;
}

/**
 * What became of a datagram: the peer has it; it is lost; it was reported lost, and has arrived after all; it never left,
 * because its time was over, because too many waited, or because it no longer fits into a packet.
 */
export type DatagramOutcome =
  | 'acknowledged'
  | 'lost'
  | 'spuriously-lost'
  | 'expired'
  | 'dropped'
  | 'too-large';

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

/** The quality of a path has changed by a threshold of `QuicConnection.watchPaths`; of those that wait, the last one stays. */
export interface PathQualityEvent {
  readonly type: 'path-quality';
  readonly connection: number;
  readonly pathId: number;
  readonly smoothedRttUs: number;
  /** Bytes per second that congestion control lets leave. */
  readonly bytesPerSecond: number;
}

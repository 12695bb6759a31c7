import type { TlsClientOptions, TlsServerOptions } from './config.ts';
import type { Level, TlsEvent } from './events.ts';

/**
 * One TLS 1.3 handshake as QUIC carries it: bytes in, events out, no records and no packets.
 * RFC 8446 with RFC 9001 §4 and §8. (Contract; classes follow.)
 */
export interface TlsEngine {
  /** Client: queue the ClientHello. Server: nothing. Call once, first. */
  start(): void;

  /**
   * Handshake bytes of `level`, in order and without gaps; any fragmentation. Borrowed for the call.
   * Throws `TlsAlert` when they end the handshake; the engine is unusable afterwards.
   */
  provide(level: Level, bytes: Uint8Array): void;

  /** The next event, or undefined. Drain after every call that can change state. */
  nextEvent(): TlsEvent | undefined;

  /** Answer to a `certificate` event: undefined to go on, or the alert to end with (thrown as `TlsAlert`). */
  certificateVerdict(alert: number | undefined): void;

  /** Keying material for the application, RFC 8446 §7.5. Only after `complete`. */
  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;

  /** Whether a message has begun but not ended at the level being read: CRYPTO data must not stop there. */
  readonly hasPartialMessage: boolean;
}

export type CreateClient = (options: TlsClientOptions) => TlsEngine;
export type CreateServer = (options: TlsServerOptions) => TlsEngine;

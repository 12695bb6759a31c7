import type { CloseReason } from '../events.ts';
import type { Drop } from '../packet/drop.ts';
import type { PacketType } from '../packet/header.ts';

/** Someone who watches. All times are microseconds; `connection` is -1 for datagrams that belong to none. */
export interface Tracer {
  onConnectionStarted?(connection: number, isClient: boolean, logId: string, nowUs: number): void;
  onConnectionClosed?(connection: number, reason: CloseReason, nowUs: number): void;
  onPacketSent?(
    connection: number,
    type: PacketType,
    packetNumber: number,
    bytes: number,
    nowUs: number,
  ): void;
  onPacketReceived?(
    connection: number,
    type: PacketType,
    packetNumber: number,
    bytes: number,
    nowUs: number,
  ): void;
  onPacketDropped?(connection: number, drop: Drop, bytes: number, nowUs: number): void;
  onPacketLost?(connection: number, packetNumber: number, bytes: number, nowUs: number): void;
  /** A bug of ours was caught: the connection closes with INTERNAL_ERROR. A tracer may throw it on, and tests do. */
  onInternalError?(connection: number, error: unknown, nowUs: number): void;
}

/** A tracer that watches nothing. */
export const NO_TRACE: Tracer = {};

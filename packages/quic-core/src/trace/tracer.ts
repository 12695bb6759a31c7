import type { Address } from '../path/address.ts';
import type { CloseReason, PathStateEvent } from '../events.ts';
import type { TransportParameters } from '../parameters/parameters.ts';
import type { Drop } from '../packet/drop.ts';
import type { PacketType } from '../version/packet-type.ts';

/**
 * Hears what a context and its connections do. Every method may be absent and then costs nothing. All times are microseconds; `connection`
 * is -1 for datagrams that belong to none. `pathId` is 0 unless a connection has several paths. Buffers and records are borrowed for
 * the call.
 */
export interface Tracer {
  /** A connection exists; `logId` is the original destination connection ID, hexadecimal. */
  onConnectionStarted?(
    connection: number,
    isClient: boolean,
    logId: string,
    version: number,
    local: Address,
    remote: Address,
    nowUs: number,
  ): void;
  /**
   * Versions by their numbers, first preferred: of ours, of the peer's as far as it has named them, and the one that
   * packets are written in from now on, 0 where both have none in common. Told when a connection begins, with the version
   * of the client's first flight; when a client has read a Version Negotiation packet; and with the negotiated version
   * once the peer's parameters are checked. RFC 9000 §6, RFC 9368 §2
   */
  onVersions?(
    connection: number,
    ours: readonly number[],
    theirs: readonly number[],
    chosen: number,
    nowUs: number,
  ): void;
  onConnectionClosed?(connection: number, reason: CloseReason, nowUs: number): void;
  /** The last call about a connection: nothing of it is left. */
  onConnectionForgotten?(connection: number, nowUs: number): void;

  /** A datagram leaves, after its packets; `ecn` is its codepoint. */
  onDatagramSent?(connection: number, bytes: number, ecn: number, nowUs: number): void;
  /** A datagram came for this connection; its packets follow. */
  onDatagramReceived?(connection: number, bytes: number, ecn: number, nowUs: number): void;

  /**
   * A packet of `bytes` bytes on the wire is about to be sealed. Its frames are in the clear in `buffer`, from
   * `payloadAt` to `payloadEnd`: `decodeFrames` reads them.
   */
  onPacketSent?(
    connection: number,
    type: PacketType,
    packetNumber: number,
    bytes: number,
    buffer: Uint8Array,
    payloadAt: number,
    payloadEnd: number,
    nowUs: number,
    pathId: number,
  ): void;
  /** A packet was opened; its frames are where `onPacketSent` says, and act after this call. */
  onPacketReceived?(
    connection: number,
    type: PacketType,
    packetNumber: number,
    bytes: number,
    buffer: Uint8Array,
    payloadAt: number,
    payloadEnd: number,
    nowUs: number,
    pathId: number,
  ): void;
  onPacketDropped?(connection: number, drop: Drop, bytes: number, nowUs: number): void;
  /** A packet came before its keys and is kept for them. */
  onPacketBuffered?(connection: number, bytes: number, nowUs: number): void;
  /** A sent packet was declared lost: by its age, or (`reordered`) because newer ones arrived. RFC 9002 §6.1 */
  onPacketLost?(
    connection: number,
    type: PacketType,
    packetNumber: number,
    bytes: number,
    isMtuProbe: boolean,
    reordered: boolean,
    nowUs: number,
    pathId: number,
  ): void;

  /** Transport parameters: ours (`isLocal`) when they are written, the peer's once they are checked. RFC 9000 §18 */
  onParameters?(connection: number, isLocal: boolean, parameters: TransportParameters, nowUs: number): void;
  /** The TLS handshake is complete. */
  onHandshakeCompleted?(
    connection: number,
    alpn: string,
    cipherSuite: string,
    resumed: boolean,
    earlyDataAccepted: boolean,
    nowUs: number,
  ): void;
  /** A session ticket came, of this many bytes. RFC 8446 §4.6.1 */
  onTicket?(connection: number, bytes: number, nowUs: number): void;
  /** 1-RTT packets are sent in another key phase, at the wish of the peer (`isRemote`) or ours. RFC 9001 §6 */
  onKeyUpdated?(connection: number, phase: number, isRemote: boolean, nowUs: number): void;
  /** The keys of this packet type are gone. RFC 9001 §4.9 */
  onKeysDiscarded?(connection: number, type: PacketType, nowUs: number): void;

  /** Packets of a path ID take other addresses from now on; those of a later path ID, the first ones. RFC 9000 §9 */
  onPathChanged?(connection: number, local: Address, remote: Address, nowUs: number, pathId: number): void;
  /** Larger or smaller datagrams leave from now on. RFC 9000 §14 */
  onMtuChanged?(connection: number, mtuBytes: number, nowUs: number, pathId: number): void;
  /** What recovery and congestion control know has changed. The record is reused. */
  onMetrics?(connection: number, metrics: RecoveryMetrics, nowUs: number, pathId: number): void;
  /** Multipath: a path is there, silent, or abandoned with this code; see `PathStateEvent`. draft-ietf-quic-multipath §3 */
  onPathState?(connection: number, event: Omit<PathStateEvent, 'connection'>, nowUs: number): void;

  /** A message of the program, for the record. The core never calls this method. */
  onMessage?(connection: number, text: string, nowUs: number): void;

  /** A bug of ours was caught: the connection closes with INTERNAL_ERROR. A tracer may throw it on, and tests do. */
  onInternalError?(connection: number, error: unknown, nowUs: number): void;
}

/** What RFC 9002 Appendices A.3 and B.2 keep, of the path in use. */
export interface RecoveryMetrics {
  /** 0 before the first sample, like `latestRttUs`. */
  minRttUs: number;
  smoothedRttUs: number;
  latestRttUs: number;
  rttVarianceUs: number;
  /** Probe timeouts in a row. */
  probeTimeouts: number;
  congestionWindowBytes: number;
  bytesInFlight: number;
  /** Bytes per second that the congestion controller asks for, 0 where the window sets the pace. */
  pacingRate: number;
  inSlowStart: boolean;
}

/** A tracer that watches nothing. */
export const NO_TRACE: Tracer = {};

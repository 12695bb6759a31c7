import type { RememberedPath } from '@tsquic/congestion';
import type { CloseReason } from '../events.ts';
import type { StreamPriority } from '../streams/priority.ts';
import type { DatagramSource } from '../datagrams/datagram-source.ts';
import type { DatagramCounts } from '../datagrams/datagrams.ts';
import type { StreamSource } from '../streams/source.ts';
import type { Address } from '../path/address.ts';
import type { PreferredAddress } from '../path/preferred-address.ts';

/** A path as a client names it. */
export interface ClientPath {
  /** Local address to send from, which must be one of the host. Default: that of the path in use. */
  readonly from?: Address;
  /** The server's address: the one in use, which is the default, or one of `preferredAddress`. */
  readonly to?: Address;
  /** Number of the interface to send by, where the host numbers its interfaces. Default 0: unknown. */
  readonly interfaceIndex?: number;
}

/** Where a client moves one of its paths, as it names it. */
export interface MovedPath extends ClientPath {
  /** Multipath: the path that moves, and whose addresses are the default. Default 0. draft-ietf-quic-multipath §3.1.3 */
  readonly pathId?: number;
}

/**
 * A program's handle of a connection. It stays safe to use after the connection is gone.
 *
 * Peers, networks and time end connections and streams while a program still acts on earlier events, so that
 * no call throws because of an end. Once the connection has ended, from whichever side, `openStream` returns
 * undefined, streams take no data and request none, `close`, `wakeAt` and `certificateVerdict` do nothing,
 * and values (`statistics`, `closeReason` …) stay as they were last. The `closed` event is in the queue by
 * then. `QuicUsageError` is thrown only for calls that are wrong whatever the peer does.
 */
export interface QuicConnection {
  readonly id: number;
  readonly isClient: boolean;
  /** Why the connection ended; undefined while it lives. */
  readonly closeReason: CloseReason | undefined;
  /** Original destination connection ID, hexadecimal. */
  readonly logId: string;
  /** The peer's address on the path in use. */
  readonly remoteAddress: Address;
  /**
   * Version of QUIC in use: 1, or 0x6b3343cf (version 2). Until the handshake is complete it may change from
   * the version that the client began with. RFC 9368 §2.3
   */
  readonly version: number;

  /**
   * Open a stream. Returns undefined when the peer's limit allows no more streams, for which the event
   * `streams-available` tells when to try again, and after the end. RFC 9000 §2.1, §4.6
   */
  openStream(options?: StreamOptions): QuicStream | undefined;
  /**
   * The stream with this ID, or undefined when it is unknown or forgotten. Streams of an ended connection
   * stay known while they have data to read.
   */
  stream(streamId: number): QuicStream | undefined;

  /** Sending and receiving datagrams: unreliable, unordered, each in one packet. RFC 9221 */
  readonly datagrams: QuicDatagrams;

  /**
   * Whether the peer accepts RESET_STREAM_AT, so that `QuicStream.resetAt` does something; false before its transport parameters
   * have come. draft-ietf-quic-reliable-stream-reset §3
   */
  readonly takesResetAt: boolean;

  /**
   * Close with an application error code, 0 to 2^53-1 (RFC 9000 §10.2); `QuicUsageError('invalid-option')`
   * for another one. Data not yet acknowledged is lost. Only the first call has an effect.
   */
  close(code?: number, text?: string): void;

  /**
   * Server: end a connection during its handshake with CONNECTION_REFUSED, which any client can decrypt at
   * that time. RFC 9000 §5.2.2
   */
  refuse(): void;

  /**
   * Answer a `certificate` event: undefined accepts the certificate, otherwise a TLS alert (RFC 8446 §6.2).
   * `QuicUsageError('no-certificate')` when no event waits for an answer.
   */
  certificateVerdict(alert: number | undefined): void;

  /**
   * Start a key update with the next packet that may carry new keys; a PING is sent if there is no other
   * packet. Returns false, and does nothing, before the handshake is confirmed (the event `confirmed`), until
   * three probe timeouts after the peer has confirmed the last update of either side, and after the end: a
   * later call may succeed. RFC 9001 §6.1, §6.5
   */
  updateKeys(): boolean;

  /**
   * The state of 0-RTT: 'none' when none was offered; 'offered' when the client may send it and the server
   * has not decided. RFC 9001 §4.6
   */
  readonly earlyData: 'none' | 'offered' | 'accepted' | 'rejected';

  /**
   * Answer an `early-data-use` event: whether this is the first use of the ticket. If it is not, 0-RTT is
   * rejected and the data waits for the handshake. `QuicUsageError('no-early-data-use')` when no event waits
   * for an answer. RFC 8446 §8
   */
  earlyDataVerdict(isFirstUse: boolean): void;

  /**
   * Export keying material, RFC 8446 §7.5; from the event `connected` on, also after the end.
   * `QuicUsageError('not-connected')` before.
   */
  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;

  /** Like `QuicStream.grant`, for all streams together: MAX_DATA. RFC 9000 §4.1 */
  grant(bytes: number): void;
  /** Like `QuicStream.setManualCredit`, for all streams together. */
  setManualCredit(isManual: boolean): void;

  /** Raise a `wake` event at this time, in microseconds of the context's clock; Infinity cancels it. */
  wakeAt(timeUs: number): void;

  /**
   * What the next connection over the path in use can start with: its round-trip time in microseconds and its
   * window in bytes; undefined until the path has shown that. draft-ietf-tsvwg-careful-resume
   */
  readonly rememberedPath: RememberedPath | undefined;

  /**
   * Client: the server's preferred addresses, which `migrate` and `probe` accept as `to`. Undefined before
   * the handshake is complete, when the server has none, and when they are addresses that a server must not
   * send its clients to: a host of a smaller network than its own, or a port of a service that answers any
   * datagram. RFC 9000 §9.6, §21.5.6
   */
  readonly preferredAddress: PreferredAddress | undefined;

  /**
   * Client: validate a path and keep it ready, without migrating to it. A `path` event tells the result:
   * 'validated', or 'failed' after some seconds. RFC 9000 §9.1
   *
   * Returns false, and does nothing, before the handshake is confirmed, after the end, for a path ID that is not in use, and
   * when the server forbids migration (disable_active_migration) or uses no connection IDs. When all of its IDs are in use,
   * the path waits for one. `QuicUsageError`: 'not-a-client', or 'invalid-option' for invalid addresses, and
   * for ones that are not the server's.
   */
  probe(path: MovedPath): boolean;

  /**
   * Client: migrate to another path as soon as it is validated, or at once. `path` events tell the result:
   * 'validated' and 'active', or 'failed', after which the old path stays in use. The round-trip time, the
   * congestion window, ECN and the MTU start anew, and packets carry another connection ID of the server.
   * Returns what `probe` does. RFC 9000 §9.2, §9.4, §9.5
   */
  migrate(path: MovedPath & { readonly atOnce?: boolean }): boolean;

  /**
   * Client: use a further path at the same time, from another local address: it is validated, and then carries
   * data besides the others. `path-state` events tell how it stands. Returns its ID, or undefined before the
   * handshake is confirmed, after the end, where one end does not offer multipath (`TransportOptions.maxPaths`),
   * where the server forbids it, and while its limit does, which it is told. Where the server has not issued a
   * connection ID for the path, the path waits for one. `QuicUsageError` as for `probe`.
   * draft-ietf-quic-multipath §3.1
   */
  openPath(path: ClientPath): number | undefined;
  /**
   * Multipath: send nothing more on a path, for good; what was under way goes out on others. Returns false for
   * the last path that can carry data, for which there is `close`, for one that is not known, and after the
   * end. `QuicUsageError('invalid-option')` for what is no path ID. draft-ietf-quic-multipath §3.4
   */
  abandonPath(pathId: number): boolean;
  /**
   * Multipath: whether both ends should send on a path like on the others, or only where no other can be used.
   * Returns false for a path that is not known, and after the end. `QuicUsageError('invalid-option')` for what
   * is no path ID or no status. draft-ietf-quic-multipath §3.3
   */
  setPathStatus(pathId: number, status: PathWish): boolean;

  /**
   * Tell `path-quality` when the round-trip time of a path has changed by at least `rttUs` microseconds, or what congestion control
   * lets leave by at least `bytesPerSecond`, since that event last told it, and once at first. Undefined ends that. Does nothing after
   * the end. `QuicUsageError('invalid-option')` for what is no positive number. Works without multipath as well.
   */
  watchPaths(thresholds: PathThresholds | undefined): void;

  /** A snapshot of counters, and of estimates of the path in use. */
  statistics(): ConnectionStatistics;
  /** A snapshot of every path that the connection remembers; the one in use comes first. RFC 9000 §9 */
  pathStatistics(): readonly PathStatistics[];
}

/** How a path should be used: like others, or only where no other can be. draft-ietf-quic-multipath §3.3 */
export type PathWish = 'available' | 'backup';

/** Changes of a path that are worth an event. What is left out is not watched. */
export interface PathThresholds {
  readonly rttUs?: number;
  readonly bytesPerSecond?: number;
}

/** The paths that data leaves on: the one with this ID, every one, or whichever has room. */
export type DataPath = number | 'all' | undefined;

/** Options of `QuicConnection.openStream`. */
export interface StreamOptions {
  /** Whether only this side sends. Default false. RFC 9000 §2.1 */
  readonly unidirectional?: boolean;
  /** As by `QuicStream.setPriority`. Default: `defaultStreamPriority` of the transport options. */
  readonly priority?: StreamPriority;
}

/**
 * One stream. Which halves exist depends on which side opened it and how: RFC 9000 §2.1.
 *
 * A half ends because of the peer (STOP_SENDING, RESET_STREAM) or with the connection, and does not exist
 * when the peer opened a unidirectional stream. Then `write` takes 0 bytes and `read` returns 0, `setSource`,
 * `reset` and `stopSending` do nothing, and an event tells why: `stream-stopped`, `stream-reset` or `closed`.
 * `QuicUsageError` is thrown only for calls that are wrong whatever the peer does: writing after the
 * program's own end or reset ('not-writable'), reading from or stopping a unidirectional stream that the
 * program opened ('not-readable'), and an invalid error code ('invalid-option').
 */
export interface QuicStream {
  readonly id: number;
  readonly connection: QuicConnection;

  /**
   * Hand over bytes to send; they are copied. Returns how many were taken, from 0 to all: the event
   * `stream-writable` tells when there is room again, unless `stream-stopped` or `closed` comes. With `fin`,
   * the stream ends after the last byte, but only if all were taken.
   */
  write(data: Uint8Array, fin?: boolean): number;

  /** Bytes that `write` took and sources supplied. */
  readonly writtenBytes: number;
  /** Written bytes that have not left yet. */
  readonly unsentBytes: number;
  /** Written bytes that the peer has not acknowledged, with the unsent ones. */
  readonly unacknowledgedBytes: number;
  /** Bytes from the beginning that the peer has acknowledged: it had these, also where the stream was reset since. */
  readonly acknowledgedBytes: number;
  /**
   * Bytes from the beginning that have left, once or more often: the final size of a stream that was reset, also by the peer's
   * STOP_SENDING. RFC 9000 §4.5
   */
  readonly sentBytes: number;
  /**
   * Let `write` take only as many bytes as keep `unsentBytes` and `unacknowledgedBytes` at or below these
   * marks. `stream-writable` tells when both are at half of their mark or less, after a write that left one
   * of them above that. Infinity, the default, is no limit. `QuicUsageError('invalid-option')` below 1.
   */
  setHighWaterMark(unsentBytes: number, unacknowledgedBytes?: number): void;

  /**
   * Let `source` supply the bytes while packets are built, after all that was written; undefined removes it.
   * It is asked until a packet is full, and again for the next, until it returns the end or no bytes.
   */
  setSource(source: StreamSource | undefined): void;

  /**
   * Copy received bytes into `into`, in order. Returns how many; 0 means none now, or the end (`finished`).
   * Data that arrived before the connection ended can be read after it. A RESET_STREAM drops unread data; a
   * RESET_STREAM_AT drops what lies beyond its reliable size, and the event `stream-reset` comes after the
   * rest was read.
   */
  read(into: Uint8Array): number;

  /** Bytes that `read` would return now. */
  readonly readableBytes: number;
  /**
   * Bytes from the beginning that the peer has used of its credit: up to the last one that came, or the final size once that is
   * known; also after the stream was released. RFC 9000 §4.5
   */
  readonly receivedBytes: number;
  /**
   * Whether data of the peer on this stream came in 0-RTT packets. Before the event `connected` it may be a
   * replay: act only on requests that may be carried out twice. RFC 9001 §9.2
   */
  readonly early: boolean;
  /** Whether all bytes up to the end were read. */
  readonly finished: boolean;
  /** Whether the peer has acknowledged everything written, and the end. */
  readonly delivered: boolean;

  /**
   * Give the peer credit for this many bytes beyond those that were read, at once. A limit never shrinks:
   * less credit than the peer has changes nothing. RFC 9000 §4.1
   */
  grant(bytes: number): void;
  /**
   * True: from now on the peer gets credit only by `grant`, besides what it has, which is at least
   * `streamWindowBytes`. False, the default: credit follows what is read. RFC 9000 §4.2
   */
  setManualCredit(isManual: boolean): void;

  /** The priority, 0 to 255; lower values are sent first. */
  readonly priority: number;
  /**
   * Set the priority, at any time: it applies from the next packet on, also to retransmissions. Streams of
   * the same even priority take turns, one packet each; of the same odd priority, the stream with the lowest
   * ID is sent first. A stream that always has data leaves no room for higher priority values, and at an odd
   * one none for higher IDs. RFC 9000 §2.3, RFC 9218 §10
   */
  setPriority(priority: StreamPriority): void;

  /**
   * Multipath: send the data of the stream on the path with this ID, also where that is a backup, and elsewhere only while that
   * is silent or once it is over; on every available path, so that the data comes by the one that is first ('all'); on whichever
   * has room (undefined), as at first. Returns false, and changes nothing, for a path that is not in use, without multipath,
   * and after the end. `QuicUsageError('invalid-option')` for what is no path ID. draft-ietf-quic-multipath §5.5
   */
  setPath(path: DataPath): boolean;

  /** Abandon sending: RESET_STREAM. RFC 9000 §3.1 */
  reset(code: number): void;
  /**
   * Abandon sending, but deliver the first `reliableSize` bytes: RESET_STREAM_AT. A second call may lower the
   * number; `reset` makes it 0. The code of the first call counts. Returns false, and does nothing, when the
   * peer does not accept the frame. `QuicUsageError('invalid-option')` for more bytes than were written.
   * draft-ietf-quic-reliable-stream-reset §5
   */
  resetAt(code: number, reliableSize: number): boolean;
  /**
   * Abandon both halves with RESET_STREAM and STOP_SENDING, as far as they are open. Data that still comes is
   * dropped, and counts as read for flow control. The stream raises no more events but `stream-released` and
   * those that are in the queue already.
   */
  discard(code?: number): void;
  /** Ask the peer to stop sending: STOP_SENDING; received data is dropped. RFC 9000 §3.5 */
  stopSending(code: number): void;
}

/**
 * The datagrams of a connection. RFC 9221
 *
 * They are subject to congestion control and pacing but not to flow control, and lost ones are not
 * retransmitted. The peer decides whether it accepts datagrams (its
 * `TransportOptions.maxDatagramFrameBytes`); `maxBytes` tells.
 */
export interface QuicDatagrams {
  /**
   * Largest datagram that fits now, bytes; -1 while none may be sent, because the peer accepts none or its
   * transport parameters have not come. The event `datagram-size` tells of changes, which come with the path,
   * its MTU, and the peer's connection ID.
   */
  readonly maxBytes: number;
  /**
   * Hand over a datagram to send; it is copied. Returns false when it is larger than `maxBytes`, when the
   * queue is full and the policy drops the newest (`datagram-writable` tells when there is room), and after
   * the end of the connection. `QuicUsageError('invalid-option')` for an invalid tag or time.
   */
  send(data: Uint8Array, options?: DatagramOptions): boolean;
  /**
   * Let `source` supply datagrams while packets are built, after those that were handed over; undefined
   * removes it. It is asked only while datagrams may be sent.
   */
  setSource(source: DatagramSource | undefined): void;
  /**
   * Priority among the streams of the connection, 0 to 255; lower values are sent first, and with streams of
   * the same value, datagrams take turns packet by packet. Default: `TransportOptions.datagramPriority`.
   * `QuicUsageError('invalid-option')` for another value. RFC 9221 §5.1
   */
  priority: number;
  /** The oldest received datagram that was not read, or undefined; also after the end of the connection. */
  receive(): Uint8Array | undefined;
  /** A snapshot of counters and of the queues. */
  statistics(): DatagramCounts;
}

/** Options of one datagram. */
export interface DatagramOptions {
  /**
   * A number from 0 on, with which the event `datagram-outcome` tells what became of the datagram. Default:
   * no such event.
   */
  readonly tag?: number;
  /**
   * The datagram is not sent after this time, in microseconds of the context's clock. Default Infinity.
   * RFC 9221 §5.4
   */
  readonly expiresUs?: number;
  /**
   * Multipath: the path to send it on, as by `QuicStream.setPath`. With 'all', one copy is sent on each path, the peer may get
   * several, and each has an outcome. `send` returns false where the path is not in use. Default: whichever has room.
   */
  readonly path?: DataPath;
}

/** The state of a connection. RFC 9000 §10.2, RFC 9001 §4.1 */
export type ConnectionState = 'handshaking' | 'connected' | 'confirmed' | 'closing' | 'draining' | 'closed';

/** How many connections there are in each state. */
export type ConnectionCounts = Readonly<Record<ConnectionState, number>>;

/** A snapshot of a connection: counters since its beginning, and estimates of the path in use. */
export interface ConnectionStatistics {
  readonly state: ConnectionState;
  /** The version of QUIC that packets are written in: 1, or 0x6b3343cf (version 2, RFC 9369). */
  readonly version: number;
  /** Microseconds from creation to the end of the TLS handshake; -1 before. */
  readonly handshakeUs: number;
  /** Bytes of all datagrams that left. */
  readonly bytesSent: number;
  /** Bytes of all datagrams that came for this connection. */
  readonly bytesReceived: number;
  readonly packetsSent: number;
  /** Packets that were decrypted. */
  readonly packetsReceived: number;
  /** Packets declared lost. RFC 9002 §6.1 */
  readonly packetsLost: number;
  /** Packets that were acknowledged after they had been declared lost. */
  readonly packetsSpuriouslyLost: number;
  /** Packets that came and were dropped: damaged, forged, duplicate or late. */
  readonly packetsDropped: number;
  /** Smoothed round-trip time, microseconds; the initial estimate before the first sample. RFC 9002 §5.3 */
  readonly smoothedRttUs: number;
  /** Latest round-trip sample, microseconds; 0 before the first. */
  readonly latestRttUs: number;
  /** Minimum round-trip time, microseconds; 0 before the first sample. */
  readonly minRttUs: number;
  /** Round-trip variation, microseconds. */
  readonly rttVarianceUs: number;
  readonly congestionWindowBytes: number;
  /** Bytes sent and neither acknowledged nor lost. */
  readonly bytesInFlight: number;
  /** Probe timeouts that expired. RFC 9002 §6.2 */
  readonly probeTimeouts: number;
  /** Key updates, from whichever side. RFC 9001 §6 */
  readonly keyUpdates: number;
  /** Largest UDP payload that may be sent, bytes. */
  readonly mtuBytes: number;
  /**
   * The idle timeout, milliseconds; 0 for none. It is the smaller of both sides' timeouts once the peer's is
   * known, and at least three probe timeouts. RFC 9000 §10.1
   */
  readonly idleTimeoutMs: number;
}

/** A snapshot of one path: a pair of addresses, and the state of the path between them. */
export interface PathStatistics {
  /** Multipath: the ID of the path; 0 where there is one path. */
  readonly pathId: number;
  /** Multipath: whether either end wants the path used only where no other is. */
  readonly backup: boolean;
  readonly local: Address;
  readonly remote: Address;
  /** Number of the interface that its datagrams came by, 0 when the host does not tell. */
  readonly interfaceIndex: number;
  /** Whether this is the path in use; on other paths only frames of path validation are sent. Of several path IDs, each has one. */
  readonly active: boolean;
  /** Whether the peer's address is validated. RFC 9000 §8 */
  readonly validated: boolean;
  /** Smoothed round-trip time, microseconds; the initial estimate before the first sample. */
  readonly smoothedRttUs: number;
  /** Latest round-trip sample, microseconds; 0 before the first. */
  readonly latestRttUs: number;
  /** Minimum round-trip time, microseconds; 0 before the first sample. */
  readonly minRttUs: number;
  /** Round-trip variation, microseconds. */
  readonly rttVarianceUs: number;
  /** Name of the congestion controller. */
  readonly congestion: string;
  readonly congestionWindowBytes: number;
  /** Rate that the controller asks for, bytes per second; 0 when the rate follows from the window. */
  readonly pacingRate: number;
  readonly slowStart: boolean;
  /** UDP payloads that came on this path. */
  readonly bytesReceived: number;
  /** Bytes sent and neither acknowledged nor lost. */
  readonly bytesInFlight: number;
  readonly bytesDelivered: number;
  readonly bytesLost: number;
  /** Largest UDP payload that may be sent, bytes. */
  readonly mtuBytes: number;
  /** Whether the path passes ECN marks. RFC 9000 §13.4.2 */
  readonly ecn: 'testing' | 'unknown' | 'capable' | 'failed';
}

import type { RememberedPath } from '@tsquic/congestion';
import type { CloseReason } from '../events.ts';
import type { StreamSource } from '../streams/source.ts';
import type { Address } from './address.ts';

/**
 * What a program holds of a connection. It may be held and used for ever.
 *
 * Peers, networks and time end connections and streams while a program still acts on earlier events, so no end makes
 * a call throw. Once the connection has ended, whoever ended it, `openStream` gives none, streams take and ask for
 * nothing, `close`, `wakeAt` and `certificateVerdict` do nothing, and what is told (`statistics`, `closeReason` …) is
 * told as it was last. The `closed` event says so; it is in the queue by then. `QuicUsageError` is for what is wrong
 * whatever the peer does.
 */
export interface QuicConnection {
  readonly id: number;
  readonly isClient: boolean;
  /** Undefined while the connection lives. */
  readonly closeReason: CloseReason | undefined;
  /** Original destination connection ID, hexadecimal. */
  readonly logId: string;
  /** Where the peer is now. */
  readonly remoteAddress: Address;

  /**
   * Open a stream, or undefined while the peer's limit stands in the way, for which `streams-available` says when
   * to try again, and after the end. RFC 9000 §2.1, §4.6
   */
  openStream(options?: { readonly unidirectional?: boolean }): QuicStream | undefined;
  /**
   * The stream with this ID, or undefined when it is unknown or forgotten already. Streams of an ended connection that
   * have something to read are still known.
   */
  stream(streamId: number): QuicStream | undefined;

  /**
   * End with an application error code, 0 to 2^53-1 (RFC 9000 §10.2); `QuicUsageError('invalid-option')` for another
   * one. Data not yet acknowledged is lost. The first end counts: a second call changes nothing.
   */
  close(code?: number, text?: string): void;

  /**
   * Server: end a connection whose handshake is under way with CONNECTION_REFUSED, which any client can read by then. RFC
   * 9000 §5.2.2
   */
  refuse(): void;

  /**
   * Answer a `certificate` event: undefined accepts, otherwise a TLS alert (RFC 8446 §6.2).
   * `QuicUsageError('no-certificate')` when none waits for an answer, or it was given before.
   */
  certificateVerdict(alert: number | undefined): void;

  /** RFC 8446 §7.5; from `connected` on, after the end too. `QuicUsageError('not-connected')` before. */
  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;

  /** Raise a `wake` event at this time, microseconds of the context's clock; Infinity takes it back. */
  wakeAt(timeUs: number): void;

  /**
   * What the path in use has taught, for the next connection over it; undefined while that is nothing. Times in
   * microseconds, windows in bytes. draft-ietf-tsvwg-careful-resume
   */
  readonly rememberedPath: RememberedPath | undefined;

  /** A snapshot of counters, and of estimates of the path in use. */
  statistics(): ConnectionStatistics;
  /** A snapshot of every path that the connection remembers; the one in use comes first. RFC 9000 §9 */
  pathStatistics(): readonly PathStatistics[];
}

/**
 * One stream. Which halves exist depends on who opened it and how: RFC 9000 §2.1.
 *
 * A half ends by the peer (STOP_SENDING, RESET_STREAM), by the end of the connection, or never was, where the peer
 * opened a stream of one way. Then `write` takes 0 and `read` gives 0, `setSource`, `reset` and `stopSending` do
 * nothing, and an event tells: `stream-stopped`, `stream-reset` or `closed`. What throws `QuicUsageError` is what no
 * peer has a part in: writing on after one's own end or reset ('not-writable'), reading from or stopping a stream of
 * one way that one opened oneself ('not-readable'), an error code that is none ('invalid-option').
 */
export interface QuicStream {
  readonly id: number;
  readonly connection: QuicConnection;

  /**
   * Hand over bytes to send; they are copied. Returns how many were taken, from 0 to all: `stream-writable`
   * tells when there is room again, unless `stream-stopped` or `closed` tells that there will be none. With `fin`, the
   * stream ends after the last byte, but only if all were taken.
   */
  write(data: Uint8Array, fin?: boolean): number;

  /**
   * Let `source` make the bytes while packets are built, after whatever was written; undefined takes it back. It is
   * asked until a packet is full, and again for the next, until it gives the end, or nothing.
   */
  setSource(source: StreamSource | undefined): void;

  /**
   * Copy received bytes into `into`, in order. Returns how many; 0 means none now, or the end (`finished`). What
   * arrived before the connection ended can be read after it; a RESET_STREAM drops what was not read.
   */
  read(into: Uint8Array): number;

  /** Bytes that `read` would return now. */
  readonly readableBytes: number;
  /** All bytes up to the end were read. */
  readonly finished: boolean;
  /** Everything written was acknowledged, the end included. */
  readonly delivered: boolean;

  /** Give up sending: RESET_STREAM. RFC 9000 §3.1 */
  reset(code: number): void;
  /** Ask the peer to stop: STOP_SENDING; what has arrived is dropped. RFC 9000 §3.5 */
  stopSending(code: number): void;
}

/** A snapshot of a connection: counters since its beginning, and estimates of the path in use. */
export interface ConnectionStatistics {
  readonly state: 'handshaking' | 'connected' | 'confirmed' | 'closing' | 'draining' | 'closed';
  /** Microseconds from creation to the end of the TLS handshake; -1 before. */
  readonly handshakeUs: number;
  /** Bytes of all datagrams that left. */
  readonly bytesSent: number;
  /** Bytes of all datagrams that came for this connection. */
  readonly bytesReceived: number;
  readonly packetsSent: number;
  /** Packets that could be read. */
  readonly packetsReceived: number;
  /** Packets declared lost. RFC 9002 §6.1 */
  readonly packetsLost: number;
  /** Lost packets that arrived after all. */
  readonly packetsSpuriouslyLost: number;
  /** Packets that came and could not be used: damaged, forged, repeated or late. */
  readonly packetsDropped: number;
  /** Microseconds; the initial estimate before the first sample. RFC 9002 §5.3 */
  readonly smoothedRttUs: number;
  /** Microseconds; 0 before the first sample. */
  readonly latestRttUs: number;
  /** Microseconds; 0 before the first sample. */
  readonly minRttUs: number;
  /** Microseconds. */
  readonly rttVarianceUs: number;
  readonly congestionWindowBytes: number;
  /** Bytes sent and neither acknowledged nor lost. */
  readonly bytesInFlight: number;
  /** Probe timeouts that expired. RFC 9002 §6.2 */
  readonly probeTimeouts: number;
  /** Largest UDP payload that leaves, bytes. */
  readonly mtuBytes: number;
  /**
   * How long silence may last before the connection ends, milliseconds; 0 for ever. The smaller of both sides'
   * timeouts once the peer's is known, and no less than three probe timeouts. RFC 9000 §10.1
   */
  readonly idleTimeoutMs: number;
}

/** A snapshot of one path: a pair of addresses, and what is known about the way between them. */
export interface PathStatistics {
  readonly local: Address;
  readonly remote: Address;
  /** Interface that its datagrams came by, 0 when the host does not say. */
  readonly interfaceIndex: number;
  /** Everything but path validation goes here. */
  readonly active: boolean;
  /** The peer is known to be there. RFC 9000 §8 */
  readonly validated: boolean;
  /** Microseconds; the initial estimate before the first sample. */
  readonly smoothedRttUs: number;
  /** Microseconds; 0 before the first sample. */
  readonly latestRttUs: number;
  /** Microseconds; 0 before the first sample. */
  readonly minRttUs: number;
  /** Microseconds. */
  readonly rttVarianceUs: number;
  /** Name of the congestion controller. */
  readonly congestion: string;
  readonly congestionWindowBytes: number;
  /** Bytes per second that the controller asks for; 0 when the rate follows from the window. */
  readonly pacingRate: number;
  readonly slowStart: boolean;
  /** Bytes sent and neither acknowledged nor lost. */
  readonly bytesInFlight: number;
  readonly bytesDelivered: number;
  readonly bytesLost: number;
  /** Largest UDP payload that leaves, bytes. */
  readonly mtuBytes: number;
  /** Whether ECN works here. RFC 9000 §13.4.2 */
  readonly ecn: 'testing' | 'unknown' | 'capable' | 'failed';
}

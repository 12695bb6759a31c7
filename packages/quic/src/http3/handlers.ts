import type { StreamHandlers } from '@tsquic/event-adapters';
import type { Http3Stream, Http3StreamHandlers, RequestHead, ResponseHead, Settings } from '@tsquic/http3';
import type { CloseReason, QuicStream as StreamHandle } from '@tsquic/quic-core';
import type { Http3Session } from './session.ts';

/** A field of a message: its name in lower case, and its value as a string of bytes. */
export type FieldLines = ResponseHead['fields'];

/** Follows what concerns a whole connection, for an extension of HTTP/3. Every method may be left out. */
export interface Http3ExtensionHandlers {
  /** The peer's settings have come. RFC 9114 §7.2.4 */
  onSettings?(settings: Settings): void;
  /**
   * Server: a CONNECT request that names a protocol, RFC 9220. Returns the handlers of its stream, which responds by itself;
   * undefined leaves it to the next extension, and in the end to the answer 501.
   */
  onConnect?(stream: Http3Stream, head: RequestHead): Http3StreamHandlers | undefined;
  /**
   * A stream of one of the extension's types, of which the type is read. Returns the handlers of the stream, whose `onReadable` is
   * called at once where something is there; undefined leaves it to the next extension, and in the end to a refusal with
   * H3_STREAM_CREATION_ERROR.
   */
  onExtensionStream?(stream: StreamHandle, streamType: number): StreamHandlers | undefined;
  /** The peer allows more streams, after `openStream` returned undefined. */
  onStreamsAvailable?(unidirectional: boolean): void;
  /** Client: requests may be made again, after `request` returned undefined. */
  onRequestsAvailable?(): void;
  /** The peer takes no further requests, or makes none. RFC 9114 §5.2 */
  onGoAway?(): void;
  /** After `goAway`: nothing is under way any more. */
  onDrained?(): void;
  /** The connection has ended: the last call. */
  onClosed?(reason: CloseReason): void;
}

/** Follows a connection of which it answers the requests. */
export interface Http3SessionHandlers extends Http3ExtensionHandlers {
  /** Server: a request that is no CONNECT with a protocol. Returns the handlers of its stream; undefined is the answer 501. */
  onRequest?(stream: Http3Stream, head: RequestHead): Http3StreamHandlers | undefined;
}

/** Something beside requests that connections of HTTP/3 are used for, such as WebTransport. RFC 9114 §9 */
export interface Http3Extension {
  /** Settings to tell the peer, by identifier. Default: none. */
  readonly settings?: Settings;
  /** Types of the peer's unidirectional streams that belong to the extension. Default: none. */
  readonly streamTypes?: readonly number[];
  /** First integers of the peer's bidirectional streams that belong to the extension. Default: none. */
  readonly bidirectionalTypes?: readonly number[];
  /** Whether it uses datagrams of requests, RFC 9297. Default: false. */
  readonly datagrams?: boolean;
  /**
   * A connection begins; returns what follows it. It is called before the first event: at a server while the handshake goes on, which
   * may fail, so that `onClosed` is all that is told.
   */
  onSession?(session: Http3Session): Http3ExtensionHandlers;
}

import type { StreamHandlers } from '@tsquic/event-adapters';
import type { Http3Stream, RequestHead, ResponseHead, Settings } from '@tsquic/http3';
import type { CloseReason, HttpPriority, QuicStream as StreamHandle } from '@tsquic/quic-core';
import type { Http3Session } from './session.ts';

/** A field of a message: its name in lower case, and its value as a string of bytes. */
export type FieldLines = ResponseHead['fields'];

/** Why a message will never be complete. RFC 9114 §4.1.1 */
export interface MessageFailure {
  /** The error code of HTTP/3 that the stream ended with. */
  readonly code: number;
  readonly text: string;
  /** Whether the peer ended the stream, rather than this side because of what the peer sent. */
  readonly isRemote: boolean;
  /** Client: the server has not processed the request, so that it may be sent again elsewhere. */
  readonly rejected: boolean;
}

/** Follows one request and its response, on either side. Every method may be left out. */
export interface Http3StreamHandlers {
  /** Client: an interim response, 1xx. */
  onInterim?(head: ResponseHead): void;
  /** Client: the response began. */
  onResponse?(head: ResponseHead): void;
  /** Content can be read, until `read` returns less than it was given room for. */
  onContent?(): void;
  onTrailers?(fields: FieldLines): void;
  /** The peer's message is complete, and its content is read. */
  onEnd?(): void;
  /** There is room again, after `write` took less than it was given. */
  onWritable?(): void;
  /** The peer wants no more of what is sent here; its own message may go on. */
  onStopped?(code: number): void;
  /** The peer's message will never be complete. */
  onFailed?(failure: MessageFailure): void;
  /** Server: the client asks for another priority, which applies already. */
  onPriority?(priority: HttpPriority): void;
  /** A datagram can be received where none could. RFC 9297 §2 */
  onDatagram?(): void;
  /** The connection ended before both messages were over. Content that has come can still be read, and `onEnd` may follow that. */
  onClosed?(reason: CloseReason): void;
}

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
  /** A connection begins; returns what follows it. It is called before the first event. */
  onSession?(session: Http3Session): Http3ExtensionHandlers;
}

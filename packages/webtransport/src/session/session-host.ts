import type { Http3Stream, RequestHead, ResponseHead } from '@tsquic/http3';
import type { CloseReason, QuicConnection, QuicStream } from '@tsquic/quic-core';

/** What happens on a QUIC stream. */
export interface StreamHandlers {
  onReadable?(): void;
  onWritable?(): void;
  onReset?(code: number, reliableSize: number): void;
  onStopped?(code: number): void;
  onDelivered?(): void;
  onReleased?(): void;
}

/** Why a CONNECT stream will never be complete. */
export interface ConnectFailure {
  readonly code: number;
  readonly text: string;
  /** Whether the peer reset it. */
  readonly isRemote: boolean;
}

/** What happens on a CONNECT stream. */
export interface ConnectHandlers {
  onResponse?(head: ResponseHead): void;
  onContent?(): void;
  onEnd?(): void;
  onWritable?(): void;
  onStopped?(code: number): void;
  onFailed?(failure: ConnectFailure): void;
  onDatagram?(): void;
  /** The connection ended before the stream did. */
  onClosed?(reason: CloseReason): void;
}

/** The HTTP/3 connection that sessions live on, as they need it. */
export interface SessionHost {
  readonly connection: QuicConnection;
  /** Client: make a request; undefined while the peer allows none. */
  request(head: RequestHead, handlers: ConnectHandlers): Http3Stream | undefined;
  /** Open a stream; undefined while the peer allows none. */
  openStream(unidirectional: boolean, handlers: StreamHandlers): QuicStream | undefined;
  /** Tell these handlers what happens on a stream from now on. */
  follow(stream: QuicStream, handlers: StreamHandlers): void;
  /** Close the connection, for what the peer did wrong. */
  close(code: number, text: string): void;
}

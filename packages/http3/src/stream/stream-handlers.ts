import type { CloseReason, HttpPriority } from '@tsquic/quic-core';
import type { FieldLine } from '@tsquic/qpack';
import type { Http3Event } from '../events.ts';
import type { ResponseHead } from '../message/response-head.ts';

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
  onTrailers?(fields: readonly FieldLine[]): void;
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

/** Call the handler of a stream that an event of the engine is for, if there is one; other events are for whoever follows the connection. */
export function tellStreamHandlers(event: Http3Event, handlers: Http3StreamHandlers): void {
  switch (event.type) {
    case 'interim':
      return handlers.onInterim?.(event.head);
    case 'response':
      return handlers.onResponse?.(event.head);
    case 'content':
      return handlers.onContent?.();
    case 'trailers':
      return handlers.onTrailers?.(event.fields);
    case 'end':
      return handlers.onEnd?.();
    case 'writable':
      return handlers.onWritable?.();
    case 'stopped':
      return handlers.onStopped?.(event.code);
    case 'failed':
      return handlers.onFailed?.(event);
    case 'priority':
      return handlers.onPriority?.(event.priority);
    case 'datagram':
      return handlers.onDatagram?.();
    default:
  }
}

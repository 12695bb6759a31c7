import type { HttpPriority } from '@tsquic/quic-core';
import type { FieldLine } from '@tsquic/qpack';
import type { ResponseHead } from '../message/response-head.ts';

/**
 * One request and its response, RFC 9114 §4.1. Once a half has ended, from whichever side, writing takes no bytes, reading returns
 * none and an event has told why; `QuicUsageError` is thrown for calls that are wrong whatever the peer does.
 */
export interface Http3Stream {
  readonly id: number;
  /** Whether the peer's message is complete, or nobody reads it further. */
  readonly hasRead: boolean;
  /** Whether this side's message was given its end, sent or not yet: nothing can be written after it. */
  readonly hasEnded: boolean;
  /** Whether this side has sent all of its message, or nobody wants it further. */
  readonly hasSent: boolean;
  /** Copy content into `into`; returns how many bytes, 0 for none now or no more. */
  read(into: Uint8Array): number;
  /**
   * Server: send an interim response (1xx), or the response, after which content follows unless `ends` says that there is none.
   * `QuicUsageError('invalid-option')` for a head that HTTP/3 forbids, and for a second response. One whose fields are larger than the
   * client takes is given up, and `failed` tells both sizes. RFC 9114 §4.2.2
   */
  respond(head: ResponseHead, ends?: boolean): void;
  /**
   * Send content; returns how many bytes were taken, from 0 to all: the event `writable` tells when there is room again. With
   * `ends`, the message ends with the last byte, but only if all were taken. `QuicUsageError('invalid-option')` for content of a
   * response with 204 or 304; that of a response to HEAD is taken and not sent. RFC 9110 §6.4.1
   */
  write(content: Uint8Array, ends?: boolean): number;
  /**
   * Send trailers, which end the message. `QuicUsageError('invalid-option')` for fields that may not stand there, and are larger than
   * the server takes; in the tunnel of a client, and after 204 and 304. A server ends a tunnel without them. RFC 9114 §4.4
   */
  sendTrailers(fields: readonly FieldLine[]): void;
  /**
   * Give up both halves. Default: H3_REQUEST_CANCELLED, or H3_REQUEST_REJECTED by a server that was told nothing of the request.
   * RFC 9114 §4.1.1
   */
  cancel(code?: number): void;
  /** Ask the peer to send no more of its message, while this side goes on. Default: H3_NO_ERROR. RFC 9114 §4.1 */
  stopReading(code?: number): void;
  /** Server: the priority of the response. Client: ask for another one, by PRIORITY_UPDATE. RFC 9218 §7 */
  setPriority(priority: HttpPriority): void;
  /** Send a datagram of this request; false where it may not be sent now, or does not fit. RFC 9297 §2.1 */
  sendDatagram(payload: Uint8Array): boolean;
  /** The oldest datagram of this request that was not read; undefined when there is none. */
  receiveDatagram(): Uint8Array | undefined;
}

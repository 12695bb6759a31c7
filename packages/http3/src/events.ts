import type { CloseReason, HttpPriority } from '@tsquic/quic-core';
import type { FieldLine } from '@tsquic/qpack';
import type { RequestHead } from './message/request-head.ts';
import type { ResponseHead } from './message/response-head.ts';
import type { Settings } from './settings/settings.ts';

/** What a program is told of one HTTP/3 connection. Pull with `nextEvent()`; nothing calls back. */
export type Http3Event =
  /** The peer's settings, with those of extensions. RFC 9114 §7.2.4 */
  | { readonly type: 'settings'; readonly settings: Settings }
  /** Server: a request began; its content follows. */
  | { readonly type: 'request'; readonly streamId: number; readonly head: RequestHead }
  /** Client: an interim response, 1xx. RFC 9110 §15.2 */
  | { readonly type: 'interim'; readonly streamId: number; readonly head: ResponseHead }
  /** Client: the response began; its content follows. */
  | { readonly type: 'response'; readonly streamId: number; readonly head: ResponseHead }
  /** Content can be read, until `read` returns less than it was given room for. */
  | { readonly type: 'content'; readonly streamId: number }
  | { readonly type: 'trailers'; readonly streamId: number; readonly fields: readonly FieldLine[] }
  /** The peer's message is complete, and its content is read. */
  | { readonly type: 'end'; readonly streamId: number }
  /** `write` took less than it was given, and has room now. */
  | { readonly type: 'writable'; readonly streamId: number }
  /** The peer wants no more of what this side sends. RFC 9114 §4.1.1; the receiving half may go on. */
  | { readonly type: 'stopped'; readonly streamId: number; readonly code: number }
  /**
   * The message of the peer will never be complete: it was reset or rejected by the peer (`isRemote`), or ended here because it breaks
   * the protocol. A request that was `rejected` can be sent again elsewhere. RFC 9114 §4.1.1, §5.2
   */
  | {
      readonly type: 'failed';
      readonly streamId: number;
      readonly code: number;
      readonly text: string;
      readonly isRemote: boolean;
      readonly rejected: boolean;
    }
  /** Server: a client asks for another priority, which applies already. RFC 9218 §7 */
  | { readonly type: 'priority'; readonly streamId: number; readonly priority: HttpPriority }
  /** A datagram of a request can be read where none could. RFC 9297 §2 */
  | { readonly type: 'datagram'; readonly streamId: number }
  /** A stream of a type that the program said it knows; it reads what follows the type. RFC 9114 §9 */
  | { readonly type: 'extension-stream'; readonly streamId: number; readonly streamType: number }
  /** Client: requests may be opened again where `request` returned undefined. */
  | { readonly type: 'requests-available' }
  /** The peer takes no further requests (of a server), or is going (of a client). RFC 9114 §5.2 */
  | { readonly type: 'goaway' }
  /** After `goAway`: all that was accepted is complete, and the connection may be closed. */
  | { readonly type: 'drained' }
  | { readonly type: 'closed'; readonly reason: CloseReason };

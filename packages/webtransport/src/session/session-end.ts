import type { ResponseHead } from '@tsquic/http3';
import type { CloseReason } from '@tsquic/quic-core';

/** How a session ended. */
export type SessionEnd =
  /** An application closed it, with code and text; by FIN alone: 0 and ''. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string; readonly remote: boolean }
  /** The server did not accept it, with this response; a redirection is not followed. draft-ietf-webtrans-http3 §3.2 */
  | { readonly kind: 'rejected'; readonly head: ResponseHead }
  /** Its CONNECT stream was reset by the peer, or by this side for what the peer did wrong. */
  | { readonly kind: 'failed'; readonly code: number; readonly text: string; readonly remote: boolean }
  /** The connection ended. */
  | { readonly kind: 'disconnected'; readonly reason: CloseReason };

import type { FieldLine } from '@tsquic/qpack';
import type { HttpPriority } from '@tsquic/quic-core';
import type { Settings } from '../settings/settings.ts';

/** A frame as a tracer sees it; `length` is that of its payload, bytes. RFC 9114 §7.2, RFC 9218 §7.2 */
export type Http3FrameRecord = { readonly length: number } & (
  | { readonly type: 'data' | 'cancel_push' | 'max_push_id' }
  /** The lines before they are encoded, or once they are decoded; undefined where they cannot be. */
  | { readonly type: 'headers'; readonly fields: readonly FieldLine[] | undefined }
  | { readonly type: 'settings'; readonly settings: Settings }
  | { readonly type: 'goaway'; readonly id: number }
  | { readonly type: 'priority_update'; readonly streamId: number; readonly value: string }
  /** A type without a meaning: a reserved one, RFC 9114 §7.2.8, or one of an extension. */
  | { readonly type: 'unknown'; readonly frameType: number }
);

/**
 * Hears what an HTTP/3 connection makes and reads. Every method may be absent and then costs nothing. Records are those of the engine:
 * they are to be read only. What a method throws goes to whoever called the engine.
 */
export interface Http3Tracer {
  /** Settings of this side or of the peer. RFC 9114 §7.2.4 */
  onSettings?(isLocal: boolean, settings: Settings): void;
  /** The type of a stream is known; -1 is a request. RFC 9114 §6 */
  onStreamType?(streamId: number, isLocal: boolean, streamType: number): void;
  /** A frame of this side begins: DATA as far as its content is given at once. */
  onFrameCreated?(streamId: number, frame: Http3FrameRecord): void;
  /** A frame of the peer: DATA when its header is read, others when they are. */
  onFrameParsed?(streamId: number, frame: Http3FrameRecord): void;
  /** A datagram of a request, with so many bytes after its ID. RFC 9297 §2.1 */
  onDatagramCreated?(streamId: number, bytes: number): void;
  onDatagramParsed?(streamId: number, bytes: number): void;
  /** Server: the priority of a response is what the client asks for. RFC 9218 §7 */
  onPriorityUpdated?(streamId: number, priority: HttpPriority): void;
}

/** A tracer that watches nothing. */
export const NO_TRACE: Http3Tracer = {};

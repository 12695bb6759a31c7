import type { QuicEvent } from '../events.ts';

/** A stream event before it is known whose it is. */
export type StreamEvent =
  Extract<QuicEvent, { type: `stream-${string}` | 'streams-available' }> extends infer E
    ? E extends unknown
      ? Omit<E, 'connection'>
      : never
    : never;

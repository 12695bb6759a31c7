import type { QuicEvent } from '../events.ts';

/** A stream event without the number of its connection, which the connection adds. */
export type StreamEvent =
  Extract<QuicEvent, { type: `stream-${string}` | 'streams-available' }> extends infer E
    ? E extends unknown
      ? Omit<E, 'connection'>
      : never
    : never;

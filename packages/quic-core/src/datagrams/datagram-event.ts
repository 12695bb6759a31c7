import type { QuicEvent } from '../events.ts';

/** A datagram event without the number of its connection, which the connection adds. */
export type DatagramEvent =
  Extract<QuicEvent, { type: `datagram-${string}` | `datagrams-${string}` }> extends infer E
    ? E extends unknown
      ? Omit<E, 'connection'>
      : never
    : never;

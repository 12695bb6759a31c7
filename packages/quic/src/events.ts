import type { ConnectionHandlers, StreamHandlers } from '@tsquic/event-adapters';
import type { QuicConnection as ConnectionHandle, QuicStream as StreamHandle } from '@tsquic/quic-core';
import { coreOf, type QuicConnection } from './connection.ts';

export { closeReasonOf } from './close-outcome.ts';
export {
  type ConnectionHandlers,
  IgnoredStream,
  type IgnoredStreamOptions,
  type StreamHandlers,
} from '@tsquic/event-adapters';

/** A connection whose events a program has taken. */
export interface TakenConnection {
  /** The core's handle, whose calls are synchronous; its streams have `read`, `write` and `setSource`. */
  readonly handle: ConnectionHandle;
  /** Set the handlers of a stream, for example one from `handle.openStream`. */
  followStream(stream: StreamHandle, handlers: StreamHandlers): void;
  /** Call it after using the handle or a stream outside a handler, so that what is due leaves soon. */
  wake(): void;
}

/**
 * Use a connection from `connect` or `listen` by events instead of promises and web streams: for programs
 * that use many small streams or move many bytes, or that supply bytes while packets are built (`setSource`).
 * `begin` is called at once, and returns the handlers. Their `onConnected`, `onTicket` and `onToken` are not
 * called, because the handshake is complete, and `onSession` and `onToken` are options of `connect`. The
 * peer's streams that wait to be taken are passed to `onStream` at once, and later ones as they come; those
 * that an iteration has returned stay web streams.
 *
 * What a handler throws becomes a warning of the process (`QuicProgramFault`), and the connection goes on.
 * `close`, `closed`, `finish` and `statistics` of the connection work as before; `finish` does not wait for
 * the handlers' streams.
 */
export function takeEvents<H extends ConnectionHandlers>(
  connection: QuicConnection,
  begin: (taken: TakenConnection) => H,
): H {
  const core = coreOf(connection);
  const handlers = begin({
    handle: core.handle,
    followStream: (stream, followers) => core.streams.follow(stream, followers),
    wake: () => core.wake(),
  });
  core.takeEvents(handlers);
  core.wake();
  return handlers;
}

import { channel } from 'node:diagnostics_channel';
import type { CloseInfo } from './close-outcome.ts';
import type { QuicConnection } from './connection.ts';
import type { QuicListener } from './listener.ts';
import type { QuicStream } from './stream.ts';

/** Messages of the `node:diagnostics_channel` channels that this package publishes on, by channel name. */
export interface DiagnosticsMessages {
  /** A listener is ready for clients. */
  readonly 'tsquic.listener.open': { readonly listener: QuicListener };
  readonly 'tsquic.listener.closed': { readonly listener: QuicListener };
  /** A handshake is complete, on either side. */
  readonly 'tsquic.connection.open': { readonly connection: QuicConnection };
  /** A connection has ended, also one whose handshake failed; `info` is set when an application closed it. */
  readonly 'tsquic.connection.closed': {
    readonly connection: QuicConnection;
    readonly info: CloseInfo | undefined;
    readonly error: unknown;
  };
  /** A stream was opened, on either side. */
  readonly 'tsquic.stream.open': { readonly connection: QuicConnection; readonly stream: QuicStream };
  /** Both directions of a stream have ended. */
  readonly 'tsquic.stream.closed': { readonly connection: QuicConnection; readonly streamId: number };
  /** The handler of a listener threw. */
  readonly 'tsquic.handler.error': { readonly connection: QuicConnection; readonly error: unknown };
}

/** Publish on a channel of `node:diagnostics_channel`; without subscribers, the message is not even made. */
export function publish<Name extends keyof DiagnosticsMessages>(
  name: Name,
  message: () => DiagnosticsMessages[Name],
): void {
  const target = CHANNELS[name];
  if (target.hasSubscribers) target.publish(message());
}

const CHANNELS = {
  'tsquic.listener.open': channel('tsquic.listener.open'),
  'tsquic.listener.closed': channel('tsquic.listener.closed'),
  'tsquic.connection.open': channel('tsquic.connection.open'),
  'tsquic.connection.closed': channel('tsquic.connection.closed'),
  'tsquic.stream.open': channel('tsquic.stream.open'),
  'tsquic.stream.closed': channel('tsquic.stream.closed'),
  'tsquic.handler.error': channel('tsquic.handler.error'),
};

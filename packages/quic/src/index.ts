export { type CloseInfo } from './close-outcome.ts';
export { connect } from './connect.ts';
export { QuicConnection } from './connection.ts';
export { type DiagnosticsMessages } from './diagnostics.ts';
export {
  QuicApplicationError,
  QuicError,
  QuicStreamError,
  QuicTransportError,
  TlsAlertError,
} from './errors.ts';
export { listen } from './listen.ts';
export { type ConnectionHandler, type ListenerStatistics, QuicListener } from './listener.ts';
export type {
  Certificates,
  CloseOptions,
  CommonOptions,
  ConnectOptions,
  FinishOptions,
  ListenOptions,
  OpenStreamOptions,
  ServerIdentity,
} from './options.ts';
export { QuicStream } from './stream.ts';
export type { RememberedPath } from '@tsquic/quic-core';

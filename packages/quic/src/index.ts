export { type CloseInfo } from './close-outcome.ts';
export { connect } from './connect.ts';
export { type CloseOptions, type OpenStreamOptions, QuicConnection } from './connection.ts';
export { type DiagnosticsMessages } from './diagnostics.ts';
export {
  QuicApplicationError,
  QuicError,
  QuicStreamError,
  QuicTransportError,
  TlsAlertError,
} from './errors.ts';
export { listen } from './listen.ts';
export { type ConnectionHandler, QuicListener } from './listener.ts';
export type {
  Certificates,
  CommonOptions,
  ConnectOptions,
  ListenOptions,
  ServerIdentity,
} from './options.ts';
export { QuicStream } from './stream.ts';
export type { RememberedPath } from '@tsquic/quic-core';

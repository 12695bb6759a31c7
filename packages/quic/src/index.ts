export { QuicEndpoint } from './client-endpoint.ts';
export { type CloseInfo } from './close-outcome.ts';
export { connect } from './connect.ts';
export { QuicConnection } from './connection.ts';
export type { QuicConnectionStatistics } from './connection-statistics.ts';
export { QuicDatagrams } from './datagrams.ts';
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
  ClientEndpointOptions,
  CloseOptions,
  CommonOptions,
  ConnectOptions,
  FinishOptions,
  GreetedClient,
  ListenOptions,
  OpenStreamOptions,
  PathEvent,
  PathOptions,
  PathQualityEvent,
  PathStateEvent,
  RebindOptions,
  SecureContext,
  SendDatagramOptions,
  ServedOptions,
  ServerEarlyDataOptions,
  ServerIdentity,
  SharedReplayStore,
} from './options.ts';
export { QuicPaths } from './paths.ts';
export { QuicSendGroup } from './send-orders.ts';
export { QuicStream } from './stream.ts';
export type {
  Address,
  AddressLimits,
  AdmissionAnswer,
  ArrivingClient,
  ConnectionIdGenerator,
  ConnectionIdPurpose,
  ConnectionStatistics,
  DatagramAnswer,
  DatagramCounts,
  DatagramOutcome,
  DatagramSource,
  DataPath,
  HttpPriority,
  PathScheduler,
  PathSchedulerFactory,
  PathStatistics,
  PathThresholds,
  PreferredAddress,
  RememberedPath,
  SchedulablePath,
  SealingKeys,
  ServedTransportOptions,
  StreamPriority,
  TransportOptions,
} from '@tsquic/quic-core';

export type { RememberedPath } from '@tsquic/congestion';
export { type Address, sameAddress } from './path/address.ts';
export type { AcceptOptions, AddressLimits, AdmissionAnswer, ArrivingClient } from './config/admission.ts';
export type { GreetedClient, ServedOptions, ServedTransportOptions } from './config/served-options.ts';
export type { ConnectionOptions, QuicContextOptions } from './config/config.ts';
export type { ConnectionIdGenerator, ConnectionIdPurpose } from './ids/connection-ids.ts';
export type { ClientLimitOptions } from './config/client-limits.ts';
export type { SealingKeys } from './config/sealing-keys.ts';
export type { EarlyDataOptions } from './config/early-data-options.ts';
export { TRANSPORT_RANGES, type TransportOptions } from './config/transport-options.ts';
export { createQuicContext, QuicContext } from './context/context.ts';
export type { QuicHostContext } from './context/contract.ts';
export type {
  ConnectionCounts,
  ConnectionState,
  ConnectionStatistics,
  ClientPath,
  DataPath,
  MovedPath,
  PathStatistics,
  PathThresholds,
  PathWish,
  QuicConnection,
  QuicStream,
  StreamOptions,
  DatagramOptions,
  QuicDatagrams,
} from './context/handles.ts';
export {
  ADDRESS_LIMIT_NAMES,
  checkOptionNames,
  CONTEXT_OPTION_NAMES,
  type OptionNames,
  TRANSPORT_OPTION_NAMES,
} from './config/option-names.ts';
export { createOutgoingDatagram, type OutgoingDatagram } from './connection/outgoing-datagram.ts';
export {
  alertOf,
  closeErrorCode,
  ERROR_CODES,
  type QuicErrorCode,
  transportCodeName,
  usageErrorCode,
} from './errors/error-codes.ts';
export { TransportCode } from './errors/transport-error.ts';
export { QuicUsageError, type UsageCode } from './errors/usage-error.ts';
export type { CloseReason, DatagramOutcome, QuicEvent } from './events.ts';
export { addressText, type Facts, showAs } from './inspection.ts';
export { Drop, dropName } from './packet/drop.ts';
export { PacketType } from './version/packet-type.ts';
export type { BeforeSealing, SealingPacket } from './packet/sealing.ts';
export { type HttpPriority, priorityOf, type StreamPriority } from './streams/priority.ts';
export type { DropPolicy } from './datagrams/datagram-queue.ts';
export type { DatagramAnswer, DatagramSource } from './datagrams/datagram-source.ts';
export type { DatagramCounts } from './datagrams/datagrams.ts';
export { createReplayStore, type EarlyDataUse, type ReplayStore } from './tokens/replay-store.ts';
export type { SourceAnswer, StreamSource } from './streams/source.ts';
export type { TransportParameters } from './parameters/parameters.ts';
export { decodeFrames, type FrameRecord } from './trace/frames.ts';
export type { RecoveryMetrics, Tracer } from './trace/tracer.ts';
export type { PathScheduler, PathSchedulerFactory, SchedulablePath } from './path/path-scheduler.ts';
export { LowestRtt } from './path/path-scheduler.ts';
export type { PreferredAddress } from './path/preferred-address.ts';

export type { RememberedPath } from '@tsquic/congestion';
export { type Address, sameAddress } from './context/address.ts';
export type { ConnectionOptions, QuicContextOptions, TransportOptions } from './context/config.ts';
export { createQuicContext, QuicContext } from './context/context.ts';
export type { QuicHostContext } from './context/contract.ts';
export type { ConnectionStatistics, PathStatistics, QuicConnection, QuicStream } from './context/handles.ts';
export {
  checkOptionNames,
  CONTEXT_OPTION_NAMES,
  type OptionNames,
  TRANSPORT_OPTION_NAMES,
} from './context/option-names.ts';
export { createOutgoingDatagram, type OutgoingDatagram } from './context/outgoing-datagram.ts';
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
export type { CloseReason, QuicEvent } from './events.ts';
export { Drop, dropName } from './packet/drop.ts';
export { PacketType } from './packet/header.ts';
export type { BeforeSealing, SealingPacket } from './packet/sealing.ts';
export type { SourceAnswer, StreamSource } from './streams/source.ts';
export type { TransportParameters } from './handshake/parameters.ts';
export { decodeFrames, type FrameRecord } from './trace/frames.ts';
export type { RecoveryMetrics, Tracer } from './trace/tracer.ts';

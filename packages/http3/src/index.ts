export {
  type Capsule,
  CapsuleReader,
  type CapsuleReaderOptions,
  DATAGRAM_CAPSULE,
  encodeCapsule,
} from './capsule/capsule.ts';
export { Http3Connection, type RequestOptions } from './connection/http3-connection.ts';
export { Http3Code } from './errors/http3-error.ts';
export type { Http3Event } from './events.ts';
export type { RequestHead } from './message/request-head.ts';
export type { ResponseHead } from './message/response-head.ts';
export { earlySettings, type Http3Options } from './options.ts';
export { decodePriority, encodePriority } from './priority/priority-field.ts';
export { SettingId, type Settings } from './settings/settings.ts';
export type { Http3FrameRecord, Http3Tracer } from './trace/http3-tracer.ts';
export type { Http3Stream } from './stream/http3-stream.ts';
export {
  type Http3StreamHandlers,
  type MessageFailure,
  tellStreamHandlers,
} from './stream/stream-handlers.ts';

/** WebTransport over HTTP/3: the W3C API for clients in Node, Deno and Bun, and servers with sessions of the same shape. */
export { type Dialect, DIALECTS } from './dialect/dialect.ts';
export type { Explanation } from './explain/explanation.ts';
export {
  type SessionAnswer,
  webTransport,
  type WebTransportHandler,
  type WebTransportServerOptions,
} from './server/extension.ts';
export { IncomingSession } from './server/incoming-session.ts';
export { listenWebTransport, type ListenWebTransportOptions } from './server/listen.ts';
export type { AllowedOrigins } from './server/origins.ts';
export { WebTransportServerSession } from './server/server-session.ts';
export type { SessionOptions } from './session-options.ts';
export { WebTransportBidirectionalStream } from './web/bidirectional-stream.ts';
export type { BufferSource } from './web/buffer-source.ts';
export type { WebTransportHash } from './web/certificate-hashes.ts';
export { WebTransportDatagramDuplexStream, type WebTransportDatagramStats } from './web/datagrams.ts';
export { WebTransportReceiveStream, type WebTransportReceiveStreamStats } from './web/receive-stream.ts';
export { WebTransportSendGroup, type WebTransportSendGroupStats } from './web/send-order.ts';
export { WebTransportSendStream, type WebTransportSendStreamStats } from './web/send-stream.ts';
export type { WebTransportConnectionStats } from './web/stats.ts';
export { WebTransport, type WebTransportOptions } from './web/web-transport.ts';
export { WebTransportError, type WebTransportErrorOptions } from './web/web-transport-error.ts';
export { WebTransportSession } from './web/web-transport-session.ts';
export type { WebTransportCloseInfo, WebTransportSendStreamOptions } from './web/web-session.ts';

export { Http3Agent, type Http3AgentStatistics } from './http3/agent.ts';
export type { Http3AgentOptions, Http3ClientOptions } from './http3/agent-options.ts';
export { earlySettings } from './http3/early-settings.ts';
export { fetch, type Http3RequestInit } from './http3/fetch.ts';
export { trailersOf } from './http3/fetched-response.ts';
export type { HeaderFields } from './http3/fields.ts';
export { connectHttp3, type ConnectHttp3Options } from './http3/connect-http3.ts';
export type {
  FieldLines,
  Http3Extension,
  Http3ExtensionHandlers,
  Http3SessionHandlers,
} from './http3/handlers.ts';
export type { Http3StreamHandlers, MessageFailure } from '@tsquic/http3';
export type { KeptOrigin, KeptOrigins } from './http3/kept-origins.ts';
export { nodeHandler } from './http3/node-listener.ts';
export { RequestInfo } from './http3/request-info.ts';
export { serve } from './http3/serve.ts';
export type { Http3Handler, Http3ServerOptions, ServeOptions } from './http3/serve-options.ts';
export { type AltSvcOptions, Http3Server } from './http3/server.ts';
export { Http3Session, type Http3SessionOptions, type RawStreamOptions } from './http3/session.ts';
export { type QuicSendGroup, SendOrders } from './send-orders.ts';

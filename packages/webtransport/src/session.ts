/** Sessions without promises, sockets or clocks, over an HTTP/3 connection that a program drives. */
export { type Dialect, DIALECTS } from './dialect/dialect.ts';
export { LimitSetting, WebTransportSetting } from './dialect/setting-id.ts';
export { http3OptionsFor } from './session/http3-options.ts';
export { CapsuleType, type SessionClose } from './session/capsules.ts';
export { ClientSessions, type NoSession, type SessionTarget } from './session/client-sessions.ts';
export { ConnectionSessions } from './session/connection-sessions.ts';
export { EngineHost } from './session/engine-host.ts';
export { DataStream, type DataStreamHandlers } from './session/data-stream.ts';
export { decodeApplicationCode, encodeApplicationCode, WebTransportCode } from './session/error-code.ts';
export { ServerSessions, type ServerSessionsHandlers } from './session/server-sessions.ts';
export { Session, type SessionHandlers } from './session/session.ts';
export type { SessionEnd } from './session/session-end.ts';
export type { ConnectFailure, ConnectHandlers, SessionHost, StreamHandlers } from './session/session-host.ts';
export { type Acceptance, SessionRequest } from './session/session-request.ts';
export { type SessionConfig, sessionConfigOf, type SessionOptions } from './session-options.ts';

import { Http3Connection } from '@tsquic/http3';
import type { QuicConnection } from '@tsquic/quic-core';
import { EngineHost, http3OptionsFor, ServerSessions, sessionConfigOf } from '@tsquic/webtransport/session';
import type { EventProgram } from './http3-program.ts';

/** A server of WebTransport that accepts every session, and reads neither streams nor datagrams. */
export function createWebTransportProgram(): EventProgram {
  const hosts = new WeakMap<QuicConnection, EngineHost>();
  const config = sessionConfigOf({});
  return (event, connection) => {
    let host = hosts.get(connection);
    if (host === undefined) {
      host = new EngineHost(new Http3Connection(connection, http3OptionsFor(config)));
      const server = new ServerSessions(host, config, { onRequest: (request) => void request.accept() });
      host.followServer(server);
      hosts.set(connection, host);
    }
    host.onQuicEvent(event);
  };
}

import type { QuicConnection } from '@tsquic/quic-core';
import type { Http3Tracer } from '../trace/http3-tracer.ts';
import { decodeHttpDatagram, encodeHttpDatagram, type HttpDatagram } from './http-datagram.ts';

/** What the datagrams of a connection need of it. */
export interface HttpDatagramHost {
  readonly tracer: Http3Tracer;
  /** Whether both sides have said SETTINGS_H3_DATAGRAM. RFC 9297 §2.1.1 */
  areAllowed(): boolean;
}

/** The datagrams of a connection's requests. RFC 9297 §2 */
export class HttpDatagrams {
  private readonly connection: Pick<QuicConnection, 'datagrams'>;
  private readonly host: HttpDatagramHost;

  constructor(connection: Pick<QuicConnection, 'datagrams'>, host: HttpDatagramHost) {
    this.connection = connection;
    this.host = host;
  }

  /** Send one; false where it may not be sent now, or does not fit. */
  send(streamId: number, payload: Uint8Array): boolean {
    const { connection, host } = this;
    const isSent = host.areAllowed() && connection.datagrams.send(encodeHttpDatagram({ streamId, payload }));
    if (isSent) host.tracer.onDatagramCreated?.(streamId, payload.length);
    return isSent;
  }

  /** The oldest that has come; undefined when there is none. Throws H3_DATAGRAM_ERROR for one that names no request. */
  receive(): HttpDatagram | undefined {
    const bytes = this.connection.datagrams.receive();
    if (bytes === undefined) return undefined;
    const datagram = decodeHttpDatagram(bytes);
    this.host.tracer.onDatagramParsed?.(datagram.streamId, datagram.payload.length);
    return datagram;
  }
}

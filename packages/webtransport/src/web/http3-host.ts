import type { Http3Stream, RequestHead } from '@tsquic/http3';
import type { QuicConnection, QuicStream } from '@tsquic/quic-core';
import type { Http3Session } from 'tsquic/http3';
import type { ConnectHandlers, SessionHost, StreamHandlers } from '../session/session-host.ts';

/** A connection of `tsquic/http3`, as sessions need it. */
export class Http3Host implements SessionHost {
  readonly connection: QuicConnection;
  private readonly http: Http3Session;

  constructor(http: Http3Session) {
    this.http = http;
    this.connection = http.engine.connection;
  }

  request(head: RequestHead, handlers: ConnectHandlers): Http3Stream | undefined {
    return this.http.request(head, {}, handlers);
  }

  openStream(unidirectional: boolean, handlers: StreamHandlers): QuicStream | undefined {
    return this.http.openStream({ unidirectional }, handlers);
  }

  follow(stream: QuicStream, handlers: StreamHandlers): void {
    this.http.followStream(stream, handlers);
  }

  close(code: number, text: string): void {
    void this.http.close(code, text);
  }
}

import { CapsuleReader, Http3Connection, type Http3Event, type Http3Options } from '@tsquic/http3';
import type { QuicConnection, QuicEvent } from '@tsquic/quic-core';

/** What a program does with an event of a connection. */
export type EventProgram = (event: QuicEvent, connection: QuicConnection) => void;

/**
 * A program over HTTP/3, for each connection: a server answers every request, and reads what follows CONNECT as capsules; a client
 * makes one request.
 */
export function createHttp3Program(options: Http3Options): EventProgram {
  const ends = new Map<number, Http3End>();
  return (event, connection) => {
    let end = ends.get(event.connection);
    if (end === undefined) {
      end = new Http3End(new Http3Connection(connection, options));
      ends.set(event.connection, end);
    }
    end.onEvent(event);
    if (event.type === 'closed') ends.delete(event.connection);
  };
}

/** One end of a connection: its engine, and capsules that have not come whole. */
class Http3End {
  private readonly http: Http3Connection;
  private readonly capsules = new Map<number, CapsuleReader>();
  private readonly chunk = new Uint8Array(4096);

  constructor(http: Http3Connection) {
    this.http = http;
  }

  onEvent(event: QuicEvent): void {
    const { http } = this;
    http.onEvent(event);
    if (event.type === 'connected' && http.connection.isClient) http.request(GET, { ends: true });
    for (let told = http.nextEvent(); told !== undefined; told = http.nextEvent()) this.follow(told);
  }

  private follow(event: Http3Event): void {
    if (event.type === 'request') this.answer(event);
    else if (event.type === 'content') this.read(event.streamId);
    else if (event.type === 'end') this.http.stream(event.streamId)?.write(NOTHING, true);
    if (event.type === 'end' || event.type === 'failed') this.capsules.delete(event.streamId);
  }

  private answer({ streamId, head }: Extract<Http3Event, { readonly type: 'request' }>): void {
    const isTunnel = head.method === 'CONNECT';
    if (isTunnel) this.capsules.set(streamId, new CapsuleReader({ types: [KNOWN_CAPSULE] }));
    const stream = this.http.stream(streamId);
    stream?.respond({ status: 200, fields: [] });
    if (!isTunnel) stream?.write(ANSWER);
  }

  private read(streamId: number): void {
    const stream = this.http.stream(streamId);
    const capsules = this.capsules.get(streamId);
    for (;;) {
      const count = stream?.read(this.chunk) ?? 0;
      if (count === 0) return;
      if (capsules !== undefined && capsules.read(this.chunk.subarray(0, count)) === undefined)
        return stream?.cancel();
    }
  }
}

/** A type of capsules that the program knows: it keeps what it is told of them. */
export const KNOWN_CAPSULE = 0x2843;
const GET = { method: 'GET', scheme: 'https', authority: 'server.test', path: '/', fields: [] };
const ANSWER = new Uint8Array(100);
const NOTHING = new Uint8Array(0);

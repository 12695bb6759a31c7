import type { Address, QuicConnection } from 'tsquic';
import type { WebSession } from '../web/web-session.ts';
import { WebTransportSession } from '../web/web-transport-session.ts';
import type { IncomingSession } from './incoming-session.ts';

/** A session that a server has accepted: what a client has, and what it asked for. It is established from the beginning. */
export class WebTransportServerSession extends WebTransportSession {
  /** What the client asked for. */
  readonly request: IncomingSession;
  readonly #web: WebSession;

  /** @internal */
  constructor(web: WebSession, request: IncomingSession) {
    super(web);
    this.#web = web;
    this.request = request;
  }

  /** The connection, which other sessions and requests may share. */
  get connection(): QuicConnection {
    return this.#web.http!.connection;
  }

  get remoteAddress(): Address {
    return this.connection.remoteAddress;
  }

  /** Ask the client to bring the session to its end; it goes on until then. draft-ietf-webtrans-http3 §4.7 */
  drain(): void {
    this.#web.session?.drain();
    this.#web.wake();
  }
}

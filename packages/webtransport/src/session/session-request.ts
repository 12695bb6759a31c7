import type { Http3Stream, RequestHead } from '@tsquic/http3';
import { toleratedFields } from '../dialect/tolerances.ts';
import { choiceFields, offeredProtocols } from './protocol-negotiation.ts';
import type { Session, SessionHandlers } from './session.ts';

/** What a server says when it accepts a session. */
export interface Acceptance {
  /** One of `protocols`. Default: none is named. draft-ietf-webtrans-http3 §3.3 */
  readonly protocol?: string;
  /** Fields of the response besides. */
  readonly fields?: RequestHead['fields'];
  readonly handlers?: SessionHandlers;
}

/** A client asks for a session; nothing is answered until `accept` or `reject` is called, once. draft-ietf-webtrans-http3 §3.2 */
export class SessionRequest {
  readonly head: RequestHead;
  /** What the client offers, best first. draft-ietf-webtrans-http3 §3.3 */
  readonly protocols: readonly string[];
  /** The session, which nothing can be done with before it is accepted. */
  readonly session: Session;
  private readonly connect: Http3Stream;
  private isAnswered = false;

  constructor(session: Session, connect: Http3Stream) {
    this.session = session;
    this.connect = connect;
    this.head = session.head;
    this.protocols = offeredProtocols(session.head.fields);
  }

  /** The Origin field; undefined where there is none, as of clients that are no browsers. RFC 6454 §7 */
  get origin(): string | undefined {
    return this.head.fields.find(({ name }) => name === 'origin')?.value;
  }

  /** Whether the client has given it up. */
  get isOver(): boolean {
    return this.session.end !== undefined;
  }

  /**
   * Establish the session. One that the client has given up meanwhile has ended already, which its handlers are not told.
   * A protocol that the client did not offer is left out.
   */
  accept({ protocol, fields = [], handlers = {} }: Acceptance = {}): Session {
    const { session, connect } = this;
    if (this.isAnswered || this.isOver) return session;
    this.isAnswered = true;
    session.handlers = handlers;
    if (protocol !== undefined && this.protocols.includes(protocol)) session.protocol = protocol;
    connect.respond({
      status: 200,
      fields: [...toleratedFields(this.head), ...choiceFields(session.protocol), ...fields],
    });
    session.open();
    return session;
  }

  /** Refuse it with a status: 403 for an origin that may not, 404, 405, 429 … draft-ietf-webtrans-http3 §3.2 */
  reject(status: number, fields: RequestHead['fields'] = []): void {
    if (this.isAnswered || this.isOver) return;
    this.isAnswered = true;
    const head = { status, fields };
    this.connect.respond(head, true);
    this.connect.stopReading();
    this.session.refuse(head);
  }
}

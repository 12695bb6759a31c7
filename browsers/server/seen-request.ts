import type { Http3Session, RequestInfo } from 'tsquic/http3';

/** What the server has seen of a request, as pages ask for it. */
export interface SeenRequest {
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Which of the server's connections it came on. */
  readonly connection: number;
  /** Whether that connection resumed a session. */
  readonly resumed: boolean;
  /** Bytes of content that were read of the request, and supplied for the response. */
  received: number;
  sent: number;
  state: 'open' | 'cancelled';
  /** Why the client has given it up. */
  reason: string;
}

/** The same with what its page says when the server may go on. */
export interface WaitingRequest extends SeenRequest {
  readonly proceeding: Promise<void>;
  proceed(): void;
}

/** Remembers requests by the number that their pages gave them. */
export class SeenRequests {
  private readonly byNumber = new Map<string, WaitingRequest>();
  /** In the order of their first requests. */
  private readonly sessions: Http3Session[] = [];

  /** What is seen of this request from now on. */
  begin(number: string | undefined, request: Request, { session, connection }: RequestInfo): WaitingRequest {
    if (!this.sessions.includes(session)) this.sessions.push(session);
    let proceed = (): void => {};
    const proceeding = new Promise<void>((resolve) => (proceed = resolve));
    const seen: WaitingRequest = {
      method: request.method,
      fields: Object.fromEntries(request.headers),
      connection: this.sessions.indexOf(session),
      // A request in 0-RTT packets comes before the end of the handshake.
      get resumed() {
        return connection.resumed;
      },
      ...{ proceeding, proceed },
      ...{ received: 0, sent: 0, state: 'open', reason: '' },
    };
    request.signal.addEventListener('abort', () => {
      const { message } = request.signal.reason as Error;
      Object.assign(seen, { state: 'cancelled', reason: message });
    });
    if (number !== undefined) this.byNumber.set(number, seen);
    return seen;
  }

  /** Whether one of the server's connections is over. */
  hasEnded(connection: number): boolean {
    return this.sessions[connection]?.ended !== undefined;
  }

  get(number: string): WaitingRequest | undefined {
    return this.byNumber.get(number);
  }
}

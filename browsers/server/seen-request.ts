import type { RequestInfo } from 'tsquic/http3';

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

/** Remembers requests by the number that their pages gave them. */
export class SeenRequests {
  private readonly byNumber = new Map<string, SeenRequest>();
  private readonly connections = new Map<object, number>();

  /** What is seen of this request from now on. */
  begin(number: string | undefined, request: Request, { session, connection }: RequestInfo): SeenRequest {
    const index = this.connections.get(session) ?? this.connections.size;
    this.connections.set(session, index);
    const seen: SeenRequest = {
      method: request.method,
      fields: Object.fromEntries(request.headers),
      connection: index,
      // A request in 0-RTT packets comes before the end of the handshake.
      get resumed() {
        return connection.resumed;
      },
      ...{ received: 0, sent: 0, state: 'open', reason: '' },
    };
    request.signal.addEventListener('abort', () => {
      const { message } = request.signal.reason as Error;
      Object.assign(seen, { state: 'cancelled', reason: message });
    });
    if (number !== undefined) this.byNumber.set(number, seen);
    return seen;
  }

  get(number: string): SeenRequest | undefined {
    return this.byNumber.get(number);
  }
}

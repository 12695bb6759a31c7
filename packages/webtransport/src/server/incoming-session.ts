import type { Address } from 'tsquic';
import type { Http3Session } from 'tsquic/http3';
import type { Dialect } from '../dialect/dialect.ts';
import type { SessionRequest } from '../session/session-request.ts';

/** What a client asks for, before the session is accepted. */
export class IncomingSession {
  /** As the client names it: scheme, authority, path and query. */
  readonly url: string;
  /** Path without the query. */
  readonly path: string;
  /** The Origin field; undefined of a client that is no browser. */
  readonly origin: string | undefined;
  readonly headers: Headers;
  /** Application protocols that the client offers, best first. */
  readonly protocols: readonly string[];
  readonly remoteAddress: Address;
  /** The draft that both sides speak. */
  readonly dialect: Dialect;

  /** @internal */
  constructor(request: SessionRequest, http: Http3Session) {
    const { authority, path, fields } = request.head;
    this.url = `https://${authority}${path}`;
    this.path = path.split('?', 1)[0]!;
    this.origin = request.origin;
    this.headers = headersOf(fields);
    this.protocols = request.protocols;
    this.remoteAddress = http.connection.remoteAddress;
    this.dialect = request.session.dialect;
  }
}

/** Fields that `Headers` does not take are left out: their names and values were found to be valid by other rules. */
function headersOf(fields: readonly { readonly name: string; readonly value: string }[]): Headers {
  const headers = new Headers();
  for (const { name, value } of fields) {
    try {
      headers.append(name, value);
    } catch {
      // It is not needed to decide.
    }
  }
  return headers;
}

import type { Http3Stream, RequestHead } from '@tsquic/http3';
import type { Address, HttpPriority } from '@tsquic/quic-core';
import type { QuicConnection } from '../connection.ts';
import { Deferred } from '../deferred.ts';
import { QuicError } from '../errors.ts';
import { use } from '../usage.ts';
import { fieldsOf, type HeaderFields, headersOf } from './fields.ts';
import type { FieldLines } from './handlers.ts';
import type { Http3Session } from './session.ts';

/** What a handler is told of a request besides the request, and what it can do besides responding. */
export class RequestInfo {
  readonly session: Http3Session;
  /**
   * Whether the request may be a replay: it came in 0-RTT packets before the handshake was complete, or a gateway says by the field
   * 'early-data' that it did so there. Whoever passes such a request on adds that field. RFC 8470 §5.1
   */
  readonly isEarly: boolean;
  private readonly stream: Http3Stream;
  private readonly sendInterim: RequestInfoParts['sendInterim'];
  private readonly received = new Deferred<Headers>().optional();
  private supplier: (() => HeaderFields) | undefined = undefined;

  /** @internal */
  constructor(parts: RequestInfoParts) {
    this.session = parts.session;
    this.stream = parts.stream;
    this.isEarly = parts.isEarly;
    this.sendInterim = parts.sendInterim;
    heads.set(this, parts.head);
    inners.set(this, {
      onTrailers: (fields) => this.received.resolve(headersOf(fields)),
      onEnd: () => this.received.resolve(new Headers()),
      onFailed: (error) => this.received.reject(error),
      takeTrailers: () => this.supplier && fieldsOf(new Headers(this.supplier())),
    });
  }

  get connection(): QuicConnection {
    return this.session.connection;
  }

  /** The client's address on the path in use. */
  get remoteAddress(): Address {
    return this.connection.remoteAddress;
  }

  /** The stream of the request, a multiple of four. */
  get streamId(): number {
    return this.stream.id;
  }

  /**
   * The fields after the request's content, which has to be read for them to come; empty where there are none. Rejects where the request
   * fails; the promise may be ignored. RFC 9110 §6.5
   */
  get trailers(): Promise<Headers> {
    return this.received.promise;
  }

  /** Send these fields after the content of the response; `supply` is called when that is over. RFC 9110 §6.5 */
  setTrailers(supply: () => HeaderFields): void {
    this.supplier = supply;
  }

  /**
   * Send an interim response, for example 103 with the fields of the response to come, RFC 8297. It is left out where the response has
   * begun. Throws `ERR_QUIC_INVALID_OPTION` for a status that is none from 102 to 199.
   */
  inform(status: number, headers: HeaderFields = {}): void {
    if (!Number.isInteger(status) || status < 102 || status > 199)
      throw new QuicError('ERR_QUIC_INVALID_OPTION', `status must be from 102 to 199, not ${status}`);
    this.sendInterim(status, fieldsOf(new Headers(headers)));
  }

  /** How soon the response is needed among the others of the connection, in place of what the client asked for. RFC 9218 §8 */
  setPriority(priority: HttpPriority): void {
    use(() => this.stream.setPriority(priority));
    this.session.wake();
  }
}

/** What a `RequestInfo` is made of. */
export interface RequestInfoParts {
  readonly session: Http3Session;
  readonly stream: Http3Stream;
  readonly head: RequestHead;
  readonly isEarly: boolean;
  /** Sends an interim response, unless the response has begun. */
  readonly sendInterim: (status: number, fields: FieldLines) => void;
}

/** What the handler's side of a request tells its info. */
export interface InfoEvents {
  onTrailers(fields: FieldLines): void;
  onEnd(): void;
  onFailed(error: unknown): void;
  /** The trailers to send; undefined for none. */
  takeTrailers(): FieldLines | undefined;
}

export function eventsOfInfo(info: RequestInfo): InfoEvents {
  return inners.get(info)!;
}

/** The head of a request as it came. */
export function headOfInfo(info: RequestInfo): RequestHead {
  return heads.get(info)!;
}

const inners = new WeakMap<RequestInfo, InfoEvents>();
const heads = new WeakMap<RequestInfo, RequestHead>();

import { Http3Code, type Http3Stream, type RequestHead } from '@tsquic/http3';
import type { Address } from '@tsquic/quic-core';
import { coreOf, type QuicConnection } from '../connection.ts';
import type { QuicListener } from '../listener.ts';
import { Deferred } from '../deferred.ts';
import type { FinishOptions, CloseOptions, SecureContext } from '../options.ts';
import type { PatienceClock } from './patience.ts';
import type { Http3Handler, ServeConfig } from './serve-options.ts';
import { type RequestSite, ServedRequest } from './served-request.ts';
import { contentScratch } from './content-scratch.ts';
import { Http3Session } from './session.ts';
import { StalledRequests } from './stalled-requests.ts';

/** Options of `Http3Server.altSvc`. */
export interface AltSvcOptions {
  /** Seconds for which clients may remember it. Default 86400. */
  readonly maxAge?: number;
  /** Whether clients may remember it across changes of network. Default false. */
  readonly persist?: boolean;
  /** The port that clients reach the server by. Default: the one that it is bound to. */
  readonly port?: number;
}

/** A server of HTTP/3, from `serve`. */
export class Http3Server {
  /** Its connections, for what `listen` offers besides: limits, statistics, keys. */
  readonly listener: QuicListener;
  private readonly open: Set<Http3Session>;

  /** @internal */
  constructor(listener: QuicListener, open: Set<Http3Session>) {
    this.listener = listener;
    this.open = open;
  }

  /** The address that the socket is bound to. */
  get address(): Address {
    return this.listener.address;
  }

  /** Resolves when the server has ended; rejects with the reason of the signal that ended it. */
  get closed(): Promise<void> {
    return this.listener.closed;
  }

  /** The connections that are open. */
  get sessions(): ReadonlySet<Http3Session> {
    return this.open;
  }

  /**
   * The value of the field 'alt-svc' by which a server of earlier versions tells browsers of this one, as in
   * 'h3=":443"; ma=86400'. RFC 7838 §3
   */
  altSvc({ maxAge = 86_400, persist = false, port = this.address.port }: AltSvcOptions = {}): string {
    return `h3=":${port}"; ma=${maxAge}${persist ? '; persist=1' : ''}`;
  }

  /** Use another certificate from now on: see `QuicListener.setSecureContext`. */
  setSecureContext(options: SecureContext): void {
    this.listener.setSecureContext(options);
  }

  /**
   * Close the server when all requests are answered. Clients are told to make no further ones, GOAWAY; new connections are refused.
   * Aborting the signal closes it at once, and rejects with its reason. RFC 9114 §5.2
   */
  async finish(options: FinishOptions = {}): Promise<void> {
    const { code = Http3Code.NoError } = options;
    for (const session of this.open) void session.finish(options).catch(nothing);
    await this.listener.finish({ ...options, code });
  }

  /** Close every connection with H3_NO_ERROR, and the socket. */
  close(options: CloseOptions = {}): Promise<void> {
    return this.listener.close({ code: Http3Code.NoError, ...options });
  }

  /** Keep the program running while the server is open, which is the default. */
  ref(): this {
    this.listener.ref();
    return this;
  }

  /** Let the program end while the server is open. */
  unref(): this {
    this.listener.unref();
    return this;
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What serves a connection, and what resolves when that has ended. */
interface Prepared {
  readonly session: Http3Session;
  readonly ended: Promise<void>;
}

/** Answers the requests of connections. */
export class ConnectionServer {
  readonly sessions: Set<Http3Session> = new Set();
  private readonly handler: Http3Handler;
  private readonly config: ServeConfig;
  private readonly unixTimeMs: () => number;
  private readonly prepared = new WeakMap<QuicConnection, Prepared | { readonly error: unknown }>();
  private dateSecond = -1;
  private dateText = '';

  constructor(handler: Http3Handler, config: ServeConfig, unixTimeMs: () => number) {
    this.handler = handler;
    this.config = config;
    this.unixTimeMs = unixTimeMs;
  }

  /**
   * Begin a connection whose handshake has begun: SETTINGS leave as soon as the server has the keys, in 0.5-RTT packets, so that they
   * come before the session ticket, which clients keep with the settings that they know. RFC 9114 §7.2.4.2
   */
  prepare(connection: QuicConnection): void {
    try {
      this.prepared.set(connection, this.begin(connection));
    } catch (error) {
      this.prepared.set(connection, { error });
    }
  }

  /**
   * Serve a connection that was prepared; resolves when it has ended. Throws what its preparation has thrown: an option that makes no
   * sense, or an extension.
   */
  serve(connection: QuicConnection): Promise<void> {
    const prepared = this.prepared.get(connection)!;
    if ('error' in prepared) throw prepared.error;
    const { session, ended } = prepared;
    if (session.ended === undefined) this.sessions.add(session);
    return ended;
  }

  private begin(connection: QuicConnection): Prepared {
    const { http3, extensions, maxRequestsPerConnection } = this.config;
    const ended = new Deferred<void>();
    const core = coreOf(connection);
    core.finishesItself = true;
    let requests = 0;
    const session = new Http3Session(connection, {
      ...{ http3, extensions },
      handlers: (session) => {
        const stalled = new StalledRequests(session, core, this.config.stallTimeoutMs);
        const site = this.siteFor(core, stalled);
        return {
          onRequest: (stream, head) => {
            if (++requests === maxRequestsPerConnection) void session.finish().catch(nothing);
            return beginRequest(stream, head, session, site);
          },
          onClosed: () => {
            stalled.close();
            this.sessions.delete(session);
            ended.resolve();
          },
        };
      },
    });
    return { session, ended: ended.promise };
  }

  private siteFor(clock: PatienceClock, stalled: StalledRequests): RequestSite {
    const { handler, config } = this;
    return { ...{ handler, config, clock, stalled, scratch: contentScratch }, date: () => this.date() };
  }

  private date(): string {
    const nowMs = this.unixTimeMs();
    const second = Math.floor(nowMs / 1000);
    if (second !== this.dateSecond) this.dateText = new Date(nowMs).toUTCString();
    this.dateSecond = second;
    return this.dateText;
  }
}

function beginRequest(
  stream: Http3Stream,
  head: RequestHead,
  session: Http3Session,
  site: RequestSite,
): ServedRequest {
  const isEarly = mayBeReplay(session, stream.id) || cameEarlyBefore(head);
  const request = new ServedRequest(stream, head, session, site, isEarly);
  request.begin();
  return request;
}

/** Whether a request came in 0-RTT packets, and no end of the handshake has proven yet that it is no replay. RFC 8470 §3 */
function mayBeReplay({ connection }: Http3Session, streamId: number): boolean {
  const { handle } = coreOf(connection);
  return handle.stream(streamId)?.early === true && handle.statistics().state === 'handshaking';
}

/** Whether a gateway says that it has passed on a request which may be a replay; what it says holds at any time. RFC 8470 §5.1 */
function cameEarlyBefore({ fields }: RequestHead): boolean {
  return fields.some(({ name, value }) => name === 'early-data' && value.trim() === '1');
}

function nothing(): void {}

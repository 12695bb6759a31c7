import { SettingId, type Settings } from '@tsquic/http3';
import type { CloseReason } from '@tsquic/quic-core';
import type { Http3Extension, Http3ExtensionHandlers, Http3Session } from 'tsquic/http3';
import { explainDeparture } from '../explain/departure.ts';
import { endText, reasonText } from '../explain/end-text.ts';
import { http3OptionsFor } from '../session/http3-options.ts';
import type { SessionRequest } from '../session/session-request.ts';
import { ServerSessions } from '../session/server-sessions.ts';
import { type SessionConfig, sessionConfigOf, type SessionOptions } from '../session-options.ts';
import { Http3Host } from '../web/http3-host.ts';
import { WebSession } from '../web/web-session.ts';
import { WebTransportError } from '../web/web-transport-error.ts';
import { IncomingSession } from './incoming-session.ts';
import { type AllowedOrigins, isAllowedOrigin } from './origins.ts';
import { reportFault } from './program-fault.ts';
import { WebTransportServerSession } from './server-session.ts';

/** What a server says to a client that asks for a session: true accepts, a number is the status of a refusal. */
export type SessionAnswer =
  | boolean
  | number
  | undefined
  | {
      /** One of `protocols` of the request. Default: the first of the client's that the server's `protocols` have. */
      readonly protocol?: string;
      /** Fields of the response besides. */
      readonly headers?: Readonly<Record<string, string>>;
    };

/** Options of servers. */
export interface WebTransportServerOptions extends SessionOptions {
  /** Which pages may use the server. Others are refused with 403. Default: 'same-host'. */
  readonly origins?: AllowedOrigins;
  /** Application protocols of the server: the first that a client offers and the server has is chosen. Default: none. */
  readonly protocols?: readonly string[];
  /** Decides about each session, after its origin. False is 403. Default: all are accepted. */
  readonly accept?: (request: IncomingSession) => SessionAnswer | Promise<SessionAnswer>;
  /** Hears why clients were refused, or left without a session. Default: nobody does. */
  readonly log?: (line: string) => void;
}

/**
 * Is given each session. What it throws closes the session with code 1; an error of the program, not of the peer, also becomes a warning of
 * the process (`QuicProgramFault`).
 */
export type WebTransportHandler = (session: WebTransportServerSession) => void | Promise<void>;

/** WebTransport as an extension of an HTTP/3 server, beside its requests: for the option `extensions` of `serve`. */
export function webTransport(
  handler: WebTransportHandler,
  options: WebTransportServerOptions = {},
): Http3Extension {
  const config = sessionConfigOf(options);
  const announced = http3OptionsFor(config);
  return {
    ...announced,
    onSession: (http) => new ConnectionExtension(http, config, announced.settings, handler, options),
  };
}

/** WebTransport on one connection of a server. */
class ConnectionExtension implements Http3ExtensionHandlers {
  private readonly http: Http3Session;
  private readonly server: ServerSessions;
  private readonly announced: Settings;
  private readonly handler: WebTransportHandler;
  private readonly options: WebTransportServerOptions;
  private settings: Settings | undefined = undefined;
  private wasAsked = false;

  constructor(
    http: Http3Session,
    config: SessionConfig,
    announced: Settings,
    handler: WebTransportHandler,
    options: WebTransportServerOptions,
  ) {
    this.http = http;
    this.announced = announced;
    this.handler = handler;
    this.options = options;
    this.server = new ServerSessions(new Http3Host(http), config, {
      onRequest: (request) => this.onRequest(request),
      onRefused: (head, why) => this.log(`a session at ${head.path} was refused: ${why}`),
    });
  }

  onSettings(settings: Settings): void {
    this.settings = settings;
    this.server.onSettings(settings);
  }

  onConnect(
    ...[stream, head]: Parameters<ServerSessions['onConnect']>
  ): ReturnType<ServerSessions['onConnect']> {
    const handlers = this.server.onConnect(stream, head);
    this.wasAsked ||= handlers !== undefined;
    return handlers;
  }

  onExtensionStream(stream: Parameters<ServerSessions['sessions']['onStream']>[0]) {
    return this.server.sessions.onStream(stream);
  }

  onStreamsAvailable(unidirectional: boolean): void {
    this.server.sessions.onStreamsAvailable(unidirectional);
  }

  onGoAway(): void {
    this.server.sessions.onGoAway();
  }

  onClosed(reason: CloseReason): void {
    if (this.wasAsked || this.options.log === undefined) return;
    const lines = explainDeparture({
      address: this.addressText,
      settings: this.settings,
      ours: new Map([...OWN_SETTINGS, ...this.announced]),
      alert: undefined,
      reason: reasonText(reason),
      certificate: undefined,
      unixTimeMs: Date.now(),
    });
    for (const line of lines) this.log(line);
  }

  private onRequest(request: SessionRequest): void {
    const incoming = new IncomingSession(request, this.http);
    const { origins = 'same-host', accept } = this.options;
    if (!isAllowedOrigin(incoming.origin, request.head.authority, origins)) {
      this.log(`${incoming.origin} may not use ${incoming.url}: its origin is none of the option origins`);
      return request.reject(403);
    }
    let answer: SessionAnswer | Promise<SessionAnswer>;
    try {
      answer = accept?.(incoming);
    } catch (error) {
      return this.onFault('accept', error, request);
    }
    if (!(answer instanceof Promise)) return this.answer(request, incoming, answer);
    answer
      .then((settled) => this.answer(request, incoming, settled))
      .catch((error: unknown) => this.onFault('accept', error, request))
      .finally(() => this.http.wake());
  }

  private answer(request: SessionRequest, incoming: IncomingSession, answer: SessionAnswer): void {
    if (answer === false || typeof answer === 'number') {
      const status = answer === false ? 403 : answer;
      this.log(`${incoming.url} was refused with ${status}`);
      return request.reject(isRefusal(status) ? status : 500);
    }
    const given = typeof answer === 'object' ? answer : {};
    const { protocols = [] } = this.options;
    const protocol = given.protocol ?? incoming.protocols.find((one) => protocols.includes(one));
    if (request.isOver) return;
    const web = new WebSession();
    web.http = this.http;
    web.session = request.session;
    const fields = Object.entries(given.headers ?? {}).map(([name, value]) => ({ name, value }));
    const session = new WebTransportServerSession(web, incoming);
    web.onOver = () => this.onOver(web, incoming);
    web.onEstablished();
    request.accept({ fields, handlers: web, ...(protocol === undefined ? {} : { protocol }) });
    this.hand(session);
  }

  /** Give the session to the program. */
  private hand(session: WebTransportServerSession): void {
    const fault = (error: unknown): void => {
      if (!isCausedByPeer(error)) reportFault('a handler of WebTransport', error);
      session.close({ closeCode: 1 });
    };
    try {
      const result = this.handler(session);
      if (result instanceof Promise) result.catch(fault);
    } catch (error) {
      fault(error);
    }
  }

  private onOver({ end }: WebSession, { url }: IncomingSession): void {
    if (end !== undefined && end.kind !== 'closed')
      this.log(`the session at ${url} was lost: ${endText(end)}`);
  }

  private onFault(what: string, error: unknown, request: SessionRequest): void {
    reportFault(`${what} of WebTransport`, error);
    request.reject(500);
  }

  private get addressText(): string {
    const { ip, port } = this.http.connection.remoteAddress;
    return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
  }

  private log(line: string): void {
    try {
      this.options.log?.(printable(line));
    } catch (error) {
      reportFault('log of WebTransport', error);
    }
  }
}

/** Whether an error comes of the end of a session or of a stream, which is no fault of the program. */
function isCausedByPeer(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown } | undefined)?.cause;
  return error instanceof WebTransportError || cause instanceof WebTransportError;
}

/** A line that a terminal can be given, though clients chose parts of it. */
function printable(line: string): string {
  return line.slice(0, MOST_LINE).replace(/[^ -~]/g, '?');
}

const MOST_LINE = 1000;

/** Whether a response of this status accepts nothing. */
function isRefusal(status: number): boolean {
  return Number.isInteger(status) && status >= 300 && status <= 599;
}

/** What the engine announces besides. */
const OWN_SETTINGS: Settings = new Map([
  [SettingId.EnableConnectProtocol, 1],
  [SettingId.H3Datagram, 1],
]);

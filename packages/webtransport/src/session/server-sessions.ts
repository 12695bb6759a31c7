import { Http3Code, type Http3Stream, type RequestHead, type Settings } from '@tsquic/http3';
import { announcedDialects, type Dialect } from '../dialect/dialect.ts';
import { missingEssentials, missingRequirements, peerFactsOf } from '../dialect/requirements.ts';
import { strictDialect } from '../dialect/strict.ts';
import { toleratedDialect } from '../dialect/tolerances.ts';
import type { SessionConfig } from '../session-options.ts';
import { ConnectionSessions } from './connection-sessions.ts';
import { SessionRequest } from './session-request.ts';
import type { ConnectHandlers, SessionHost } from './session-host.ts';

/** What a server's program hears. */
export interface ServerSessionsHandlers {
  /** A client asks for a session. */
  onRequest(request: SessionRequest): void;
  /** A request was refused before the program heard of it, and why. */
  onRefused?(head: RequestHead, why: string): void;
}

/** A request whose answer waits for the client's SETTINGS. */
interface HeldRequest {
  readonly connect: Http3Stream;
  readonly head: RequestHead;
  /** Who is told of its stream, once the session is made. */
  target: ConnectHandlers;
}

/** The server's side of a connection: which sessions clients may have. draft-ietf-webtrans-http3 §3 */
export class ServerSessions {
  readonly sessions: ConnectionSessions;
  private readonly config: SessionConfig;
  private readonly host: SessionHost;
  private readonly handlers: ServerSessionsHandlers;
  private settings: Settings | undefined = undefined;
  private readonly held: HeldRequest[] = [];

  constructor(host: SessionHost, config: SessionConfig, handlers: ServerSessionsHandlers) {
    this.host = host;
    this.config = config;
    this.handlers = handlers;
    this.sessions = new ConnectionSessions(host, config);
  }

  /** The client's SETTINGS: requests that waited for them are looked at. draft-ietf-webtrans-http3 §3.1, §7.1 */
  onSettings(settings: Settings): void {
    this.settings = settings;
    for (const held of this.held.splice(0)) this.judge(held, settings);
  }

  /** A CONNECT request with a protocol; undefined for one that is not ours. */
  onConnect(connect: Http3Stream, head: RequestHead): ConnectHandlers | undefined {
    if (head.protocol !== 'webtransport-h3' && head.protocol !== 'webtransport') return undefined;
    const held: HeldRequest = { connect, head, target: {} };
    const { settings } = this;
    if (settings !== undefined) this.judge(held, settings);
    else if (this.held.length >= this.config.maxSessions) connect.cancel(Http3Code.RequestRejected);
    else {
      this.held.push(held);
      held.target = { onFailed: () => this.forget(held), onClosed: () => this.forget(held) };
    }
    return forwarding(held);
  }

  private judge(held: HeldRequest, settings: Settings): void {
    const { connect, head } = held;
    const dialect = this.dialectOf(held, settings);
    if (dialect === undefined) return;
    const isLimited = this.sessions.hasFlowControl(dialect, settings);
    // Without flow control a second session could take everything from the first. draft-ietf-webtrans-http3 §5.1
    if (this.sessions.size >= (isLimited ? this.config.maxSessions : 1)) {
      connect.cancel(Http3Code.RequestRejected);
      return this.refuse(
        held,
        isLimited ? 'there are too many sessions' : 'there is a session, and no flow control',
      );
    }
    const session = this.sessions.create(head, dialect, settings);
    session.begin(connect);
    this.sessions.add(session);
    held.target = session;
    this.handlers.onRequest(new SessionRequest(session, connect));
  }

  /** The dialect of a session that is asked for; undefined once it was refused. */
  private dialectOf(held: HeldRequest, settings: Settings): Dialect | undefined {
    const { connect, head } = held;
    // An attacker can send it again. draft-ietf-webtrans-http3 §3.2, RFC 8470 §5.2
    if (this.host.connection.stream(connect.id)?.early === true) {
      connect.respond({ status: 425, fields: [] }, true);
      connect.stopReading();
      this.refuse(held, 'it came in early data');
      return undefined;
    }
    const peer = peerFactsOf(this.host.connection, settings);
    const isStrict = this.config.conformance === 'strict';
    const dialect = isStrict ? strictDialect(head, peer) : toleratedDialect(head, peer, this.config.dialects);
    if (dialect !== undefined) return dialect;
    // What does not meet the requirements is malformed. draft-ietf-webtrans-http3 §3.1, RFC 9114 §4.1.2
    connect.cancel(Http3Code.MessageError);
    const missing = isStrict
      ? missingRequirements(peer, false)
      : missingEssentials(announcedDialects(settings)[0] ?? '07', peer, false);
    const lack = missing.length > 0 ? `the client lacks ${missing.join(', ')}` : 'no draft is common';
    this.refuse(held, `${lack} (:protocol ${head.protocol})`);
    return undefined;
  }

  private refuse({ connect, head }: HeldRequest, why: string): void {
    this.sessions.onRefused(connect.id);
    this.handlers.onRefused?.(head, why);
  }

  private forget(held: HeldRequest): void {
    const at = this.held.indexOf(held);
    if (at >= 0) this.held.splice(at, 1);
    this.sessions.onRefused(held.connect.id);
  }
}

/** Handlers that pass everything on to those that a request has by then. */
function forwarding(held: HeldRequest): ConnectHandlers {
  return {
    onContent: () => held.target.onContent?.(),
    onEnd: () => held.target.onEnd?.(),
    onWritable: () => held.target.onWritable?.(),
    onStopped: (code) => held.target.onStopped?.(code),
    onFailed: (failure) => held.target.onFailed?.(failure),
    onDatagram: () => held.target.onDatagram?.(),
    onClosed: (reason) => held.target.onClosed?.(reason),
  };
}

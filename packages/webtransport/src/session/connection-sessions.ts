import { Http3Code, type RequestHead, type ResponseHead, type Settings } from '@tsquic/http3';
import type { QuicStream } from '@tsquic/quic-core';
import {
  announcedLimits,
  type Dialect,
  hasFlowControl,
  type InitialLimits,
  UNLIMITED,
  wantsFlowControl,
} from '../dialect/dialect.ts';
import type { SessionConfig } from '../session-options.ts';
import { Session } from './session.ts';
import type { SessionHost, StreamHandlers } from './session-host.ts';
import { type Destination, WaitingStreams } from './waiting-streams.ts';

/** The limits that this side sets for each session where flow control is on. */
export function ownLimitsOf(config: SessionConfig): InitialLimits {
  const { sessionWindowBytes: data, maxSessionStreams } = config;
  return { data, uni: maxSessionStreams, bidi: maxSessionStreams };
}

/** The sessions of one connection, and the streams that belong to them. draft-ietf-webtrans-http3 §4 */
export class ConnectionSessions {
  readonly host: SessionHost;
  readonly config: SessionConfig;
  private readonly sessions = new Map<number, Session>();
  private readonly waiting: WaitingStreams;
  /** Sessions that have ended, whose CONNECT streams the transport still knows. */
  private readonly ended = new Set<number>();
  /** The largest session ID that was seen. */
  private largestId = -1;
  /** Sessions in which the peer broke a rule. */
  private faults = 0;

  constructor(host: SessionHost, config: SessionConfig) {
    this.host = host;
    this.config = config;
    this.waiting = new WaitingStreams({
      host,
      maxWaiting: config.maxWaitingStreams,
      destinationOf: (sessionId) => this.destinationOf(sessionId),
      onInvalidId: () => host.close(Http3Code.IdError, 'a stream names a session that no client can open'),
    });
  }

  /** Sessions that have not ended. */
  get size(): number {
    return this.sessions.size;
  }

  /** Streams of the peer that wait for their session. */
  get waitingStreams(): number {
    return this.waiting.length;
  }

  all(): Session[] {
    return [...this.sessions.values()];
  }

  /** Whether sessions of this dialect with this peer have flow control: both ends ask for it. draft-ietf-webtrans-http3 §5.1 */
  hasFlowControl(dialect: Dialect, peerSettings: Settings): boolean {
    return (
      hasFlowControl(dialect) &&
      wantsFlowControl(ownLimitsOf(this.config)) &&
      wantsFlowControl(announcedLimits(peerSettings))
    );
  }

  /** A session that is not established; `add` follows once its CONNECT stream is there. */
  create(
    head: RequestHead,
    dialect: Dialect,
    peerSettings: Settings,
    protocolOf: (head: ResponseHead) => string | undefined = () => undefined,
  ): Session {
    const isLimited = this.hasFlowControl(dialect, peerSettings);
    return new Session({
      ...{ host: this.host, head, dialect, protocolOf },
      ownLimits: isLimited ? ownLimitsOf(this.config) : UNLIMITED,
      peerLimits: isLimited ? announcedLimits(peerSettings) : UNLIMITED,
      onOpen: (session) => this.waiting.handOver(session),
      onOver: (session) => this.onOver(session),
    });
  }

  add(session: Session): void {
    this.sessions.set(session.id, session);
    this.largestId = Math.max(this.largestId, session.id);
  }

  /** A request for a session is refused: streams that came for it end. */
  onRefused(sessionId: number): void {
    this.largestId = Math.max(this.largestId, sessionId);
    this.noteEnded(sessionId);
  }

  /** A stream of the peer, of which the type was read. */
  onStream(stream: QuicStream): StreamHandlers {
    return this.waiting.take(stream);
  }

  onStreamsAvailable(unidirectional: boolean): void {
    for (const session of this.all()) session.onTransportStreams(unidirectional);
  }

  /** GOAWAY asks every session to come to its end. draft-ietf-webtrans-http3 §4.7 */
  onGoAway(): void {
    for (const session of this.all()) session.onDrain();
  }

  private destinationOf(sessionId: number): Destination {
    const session = this.sessions.get(sessionId);
    if (session !== undefined) return session.isOpen ? { kind: 'session', session } : { kind: 'to-come' };
    const isKnown = this.host.connection.stream(sessionId) !== undefined && !this.ended.has(sessionId);
    // A client knows all of its sessions.
    const mayCome = !this.host.connection.isClient && (sessionId > this.largestId || isKnown);
    return { kind: mayCome ? 'to-come' : 'gone' };
  }

  private onOver(session: Session): void {
    if (!this.sessions.delete(session.id)) return;
    this.noteEnded(session.id);
    // A peer that breaks rules again and again makes the program begin in vain. draft-ietf-webtrans-http3 §8
    if (session.end?.kind === 'failed' && !session.end.remote && ++this.faults > MOST_FAULTS)
      this.host.close(Http3Code.ExcessiveLoad, 'too many sessions break the rules');
  }

  private noteEnded(sessionId: number): void {
    const { connection } = this.host;
    for (const id of this.ended) if (connection.stream(id) === undefined) this.ended.delete(id);
    this.ended.add(sessionId);
    this.waiting.reject(sessionId);
  }
}

/** Sessions of a connection that may end for what the peer does wrong. */
const MOST_FAULTS = 64;

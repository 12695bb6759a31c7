import type { StreamHandlers } from '@tsquic/event-adapters';
import {
  Http3Code,
  Http3Connection,
  type Http3Event,
  type Http3Options,
  type Http3Stream,
  type Http3StreamHandlers,
  type RequestHead,
  type RequestOptions,
  type Settings,
  tellStreamHandlers,
} from '@tsquic/http3';
import type { CloseReason, QuicEvent, QuicStream as StreamHandle, StreamPriority } from '@tsquic/quic-core';
import { unlessAborted } from '../abort.ts';
import { closeOutcome } from '../close-outcome.ts';
import type { ConnectionCore } from '../connection-core.ts';
import { coreOf, type QuicConnection } from '../connection.ts';
import { Deferred } from '../deferred.ts';
import type { FinishOptions } from '../options.ts';
import { reportFault } from '../program-fault.ts';
import type { QuicStream } from '../stream.ts';
import { use } from '../usage.ts';
import { EngineFeed } from './engine-feed.ts';
import type { Http3Extension, Http3ExtensionHandlers, Http3SessionHandlers } from './handlers.ts';
import { engineOptions } from './session-options.ts';
import { sessionTracer } from './session-tracer.ts';

/** Which stream `Http3Session.openStream` opens. */
export interface RawStreamOptions {
  /** Only this side sends. Default false. */
  readonly unidirectional?: boolean;
  /** As of `QuicConnection.openStream`. */
  readonly priority?: StreamPriority;
}

/** What a session is made of besides its connection. */
export interface Http3SessionOptions {
  /** Options of the engine. Default of its `tracer`: what a tracer of `@tsquic/qlog` in `core` has for it. */
  readonly http3?: Http3Options;
  readonly extensions?: readonly Http3Extension[];
  /** Follows the connection, and answers its requests; or makes what does, before the first event. */
  readonly handlers?: Http3SessionHandlers | ((session: Http3Session) => Http3SessionHandlers);
}

/**
 * HTTP/3 on one connection of `connect` or `listen`: gives the engine the connection's events, and what the engine makes of them to
 * whoever follows the stream. It takes all events of the connection, which must be new: see `takeEvents`.
 *
 * Handlers are called in the loop's turn, where nothing else has to be done. Whoever uses a stream, the engine or the session outside
 * of a handler calls `wake` afterwards.
 */
export class Http3Session {
  readonly connection: QuicConnection;
  readonly engine: Http3Connection;
  private readonly core: ConnectionCore;
  private readonly feed: EngineFeed;
  private readonly handlers: Http3SessionHandlers;
  private readonly followers: readonly Http3ExtensionHandlers[];
  /** Who follows each request stream that is not over. */
  private readonly streams = new Map<number, Followed>();
  private sweepsAt = LEAST_SWEPT;
  private readonly told = new Deferred<Settings>().optional();
  private readonly drained = new Deferred<void>();
  private reason: CloseReason | undefined = undefined;
  private isPumping = false;

  constructor(connection: QuicConnection, options: Http3SessionOptions = {}) {
    const { http3 = {}, extensions = [], handlers = {} } = options;
    const core = coreOf(connection);
    this.connection = connection;
    this.core = core;
    const engine = { ...engineOptions(http3, extensions), ...sessionTracer(core, http3) };
    this.engine = use(() => new Http3Connection(core.handle, engine));
    this.handlers = typeof handlers === 'function' ? handlers(this) : handlers;
    const followers: Http3ExtensionHandlers[] = [this.handlers];
    this.followers = followers;
    for (const extension of extensions) {
      const follower = extension.onSession?.(this);
      if (follower !== undefined) followers.push(follower);
    }
    this.feed = new EngineFeed(core.handle.id, (event) => this.onEvent(event));
    core.takeEvents(this.feed);
    // Datagrams may have come before anybody listened.
    this.onEvent({ type: 'datagram-readable', connection: core.handle.id });
    core.wake();
  }

  get isClient(): boolean {
    return this.connection.isClient;
  }

  /** The peer's settings, once they have come; rejects when the connection ends before. The promise may be ignored. */
  get settled(): Promise<Settings> {
    return this.told.promise;
  }

  /** How the connection ended; undefined while it is open. */
  get ended(): CloseReason | undefined {
    return this.reason;
  }

  /** Requests that are under way. */
  get openRequests(): number {
    this.sweep();
    return this.streams.size;
  }

  /**
   * Client: begin a request, also one of CONNECT with a protocol. Undefined where the server allows no further request now (an extension
   * hears `onRequestsAvailable`), and where the connection takes none any more. Throws `ERR_QUIC_INVALID_OPTION` for a head that HTTP/3
   * forbids.
   */
  request(
    head: RequestHead,
    options: RequestOptions,
    handlers: Http3StreamHandlers,
  ): Http3Stream | undefined {
    const stream = use(() => this.engine.request(head, options));
    if (stream !== undefined) {
      this.follow(stream, handlers);
      // The first event of a stream may be its last, when nobody can be asked about it any more.
      const handle = this.core.handle.stream(stream.id);
      if (handle !== undefined) this.followStream(handle, this.feed.streamHandlers(stream.id));
    }
    this.wake();
    return stream;
  }

  /**
   * Open a stream that is no request, for an extension, which writes its type first. Undefined where the peer allows none now (the
   * extension hears `onStreamsAvailable`), and after the end.
   */
  openStream(options: RawStreamOptions, handlers: StreamHandlers): StreamHandle | undefined {
    const stream = use(() => this.core.handle.openStream(options));
    if (stream !== undefined) this.followStream(stream, handlers);
    return stream;
  }

  /** Set the handlers of a stream that is no request, in place of those before. */
  followStream(stream: StreamHandle, handlers: StreamHandlers): void {
    this.core.streams.follow(stream, handlers);
  }

  /** A stream that is no request as web streams, from what was not read of it on. It has no other handlers from now on. */
  webStream(stream: StreamHandle): QuicStream {
    return this.core.streams.adopt(stream);
  }

  /** Call it after using a stream or the engine outside of a handler: what that led to is told, and what is due leaves soon. */
  wake(): void {
    this.pump();
    this.core.wake();
  }

  /** Go: see `Http3Connection.goAway`. */
  goAway(isFinal = true): void {
    this.engine.goAway(isFinal);
    this.wake();
  }

  /**
   * Close the connection once the requests that are under way are complete. A server first tells its client to make no more, and a
   * round trip later rejects those that come; a client makes none any more. Aborting the signal closes at once, and rejects with its
   * reason. RFC 9114 §5.2
   */
  async finish(options: FinishOptions = {}): Promise<void> {
    const { signal, code = Http3Code.NoError, reason = '' } = options;
    try {
      if (!this.isClient && this.reason === undefined) {
        this.goAway(false);
        await unlessAborted(Promise.race([this.roundTrip(), this.drained.promise]), signal);
      }
      this.goAway(true);
      if (!this.isClient) this.rejectUnreadSoon();
      await unlessAborted(this.drained.promise, signal);
    } finally {
      await this.close(code, reason);
    }
  }

  /** Close the connection now, by default with H3_NO_ERROR. Resolves when that is sent. */
  async close(code: number = Http3Code.NoError, reason = ''): Promise<void> {
    use(() => this.engine.close(code, reason));
    this.wake();
    await this.core.end.promise.then(nothing, nothing);
  }

  private onEvent(event: QuicEvent): void {
    this.engine.onEvent(event);
    this.pump();
    // The engine has opened what it needs itself.
    if (event.type === 'streams-available')
      this.tellAll((follower) => follower.onStreamsAvailable?.(event.unidirectional));
  }

  /** Bring what the engine has to tell to whom it concerns. */
  private pump(): void {
    // What a handler leads to is told by the turn that called the handler.
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      for (let event = this.engine.nextEvent(); event !== undefined; event = this.engine.nextEvent())
        this.tell(event);
    } finally {
      this.isPumping = false;
    }
  }

  private tell(event: Http3Event): void {
    switch (event.type) {
      case 'request':
        return this.onRequest(event.streamId, event.head);
      case 'extension-stream':
        return this.onExtensionStream(event.streamId, event.streamType);
      case 'settings':
        this.told.resolve(event.settings);
        return this.tellAll((follower) => follower.onSettings?.(event.settings));
      case 'requests-available':
        return this.tellAll((follower) => follower.onRequestsAvailable?.());
      case 'goaway':
        return this.tellAll((follower) => follower.onGoAway?.());
      case 'drained':
        this.drained.resolve();
        return this.tellAll((follower) => follower.onDrained?.());
      case 'closed':
        return this.onClosed(event.reason);
      default:
        return this.tellStream(event);
    }
  }

  private tellStream(event: StreamEvent): void {
    const followed = this.streams.get(event.streamId);
    if (followed !== undefined) guarded(() => tellStreamHandlers(event, followed.handlers));
  }

  private onRequest(streamId: number, head: RequestHead): void {
    const stream = this.engine.stream(streamId);
    if (stream === undefined) return;
    const handlers = this.handlersOf(stream, head);
    if (handlers !== undefined) this.follow(stream, handlers);
    else if (!stream.hasEnded) {
      stream.respond({ status: NOT_IMPLEMENTED, fields: [] }, true);
      stream.stopReading();
    }
  }

  private handlersOf(stream: Http3Stream, head: RequestHead): Http3StreamHandlers | undefined {
    if (head.protocol === undefined) return guarded(() => this.handlers.onRequest?.(stream, head));
    return this.firstAnswer((follower) => follower.onConnect?.(stream, head));
  }

  private onExtensionStream(streamId: number, streamType: number): void {
    const stream = this.core.handle.stream(streamId);
    if (stream === undefined) return;
    const handlers = this.firstAnswer((follower) => follower.onExtensionStream?.(stream, streamType));
    if (handlers === undefined) return stream.discard(Http3Code.StreamCreationError);
    this.followStream(stream, handlers);
    if (stream.readableBytes > 0 || stream.finished) guarded(() => handlers.onReadable?.());
  }

  private onClosed(reason: CloseReason): void {
    this.reason = reason;
    this.told.reject(closeOutcome(reason).error);
    this.drained.resolve();
    const open = [...this.streams.values()].filter(({ stream }) => !isOver(stream));
    this.tellAll((follower) => follower.onClosed?.(reason));
    for (const { handlers } of open) guarded(() => handlers.onClosed?.(reason));
  }

  /** Follow a request stream. Now and then those that are over are forgotten. */
  private follow(stream: Http3Stream, handlers: Http3StreamHandlers): void {
    if (this.streams.size >= this.sweepsAt) {
      this.sweep();
      this.sweepsAt = Math.max(LEAST_SWEPT, 2 * this.streams.size);
    }
    this.streams.set(stream.id, { stream, handlers });
  }

  private sweep(): void {
    // The engine knows a stream until its last event is handled.
    for (const id of this.streams.keys()) if (this.engine.stream(id) === undefined) this.streams.delete(id);
  }

  private tellAll(tell: (follower: Http3ExtensionHandlers) => void): void {
    for (const follower of this.followers) guarded(() => tell(follower));
  }

  private firstAnswer<T>(ask: (follower: Http3ExtensionHandlers) => T | undefined): T | undefined {
    for (const follower of this.followers) {
      const answer = guarded(() => ask(follower));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Reject what has no head when there was time to send one again: a client that sends none must not hold the connection. */
  private rejectUnreadSoon(): void {
    const { smoothedRttUs } = this.core.handle.statistics();
    const reject = (): void => {
      this.engine.rejectUnread();
      this.wake();
    };
    this.core.createAlarm(reject).set(Math.max(RESENDING_RTTS * smoothedRttUs, RESENDING_US));
  }

  /** A round trip from now. */
  private roundTrip(): Promise<void> {
    const { smoothedRttUs } = this.core.handle.statistics();
    return new Promise((resolve) =>
      this.core.createAlarm(resolve).set(Math.max(2 * smoothedRttUs, LEAST_US)),
    );
  }
}

type StreamEvent = Extract<Http3Event, { readonly streamId: number }>;

interface Followed {
  readonly stream: Http3Stream;
  readonly handlers: Http3StreamHandlers;
}

/** What a handler throws ends nothing: a peer decides when it is called. */
function guarded<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    reportFault('a handler of HTTP/3', error);
    return undefined;
  }
}

function isOver({ hasRead, hasSent }: Http3Stream): boolean {
  return hasRead && hasSent;
}

function nothing(): void {}

/** RFC 9110 §15.6.2 */
const NOT_IMPLEMENTED = 501;
/** Streams of which none is worth looking for those that are over. */
const LEAST_SWEPT = 64;
/** In this time a packet that was lost has been sent again. RFC 9002 §6.2 */
const RESENDING_RTTS = 5;
const RESENDING_US = 1_000_000;
/** Shorter than any timer of a host. */
const LEAST_US = 1000;

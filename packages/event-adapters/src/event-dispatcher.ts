import type {
  CloseReason,
  DatagramOutcome,
  QuicConnection,
  QuicEvent,
  QuicHostContext,
  QuicStream,
} from '@tsquic/quic-core';

/** One kind of event. */
export type EventOf<T extends QuicEvent['type']> = Extract<QuicEvent, { readonly type: T }>;

/** Handlers of one stream. Every method may be left out. */
export interface StreamHandlers {
  /** Bytes, or the end of the stream, can be read. */
  onReadable?(): void;
  /** There is room again after `write` did not take all bytes. */
  onWritable?(): void;
  /** The peer reset the stream; the first `reliableSize` bytes were read. RFC 9000 §3.2 */
  onReset?(code: number, reliableSize: number): void;
  /** The peer sent STOP_SENDING. RFC 9000 §3.5 */
  onStopped?(code: number): void;
  /** The peer has acknowledged all written bytes and the end. */
  onDelivered?(): void;
  /** Both directions have ended: this is the last call, unless the connection ends first. */
  onReleased?(): void;
  /** The connection ended before the stream was released: this is the last call. */
  onClosed?(reason: CloseReason): void;
}

/** Handlers of one connection. Every method may be left out. */
export interface ConnectionHandlers<S extends StreamHandlers = StreamHandlers> {
  onConnected?(facts: EventOf<'connected'>): void;
  /** The handshake is confirmed. RFC 9001 §4.1.2 */
  onConfirmed?(): void;
  /** 0-RTT was accepted or rejected: see the event of this name. RFC 9001 §4.6 */
  onEarlyData?(facts: EventOf<'early-data'>): void;
  /** The use of a ticket waits for `earlyDataVerdict`. RFC 8446 §8 */
  onEarlyDataUse?(id: Uint8Array, expiresAtMs: number): void;
  /** The peer's certificate waits for `certificateVerdict`. */
  onCertificate?(serverName: string, chain: readonly Uint8Array[]): void;
  /**
   * A stream without handlers has its first event: the peer has opened it, or this program has, without a
   * call of `followStream`. Returns its handlers. A stream of the peer's that gets none is refused
   * (STOP_SENDING, and RESET_STREAM if it is bidirectional). For a stream of this program's without handlers,
   * `onStream` is called at each event, and the stream is refused when it brings bytes. For peers that do not
   * tolerate a refusal, return `new IgnoredStream(stream)`, which reads the stream and drops its bytes.
   */
  onStream?(stream: QuicStream): S | undefined;
  /** The peer allows more streams, after `openStream` returned undefined. */
  onStreamsAvailable?(unidirectional: boolean): void;
  onTicket?(ticket: Uint8Array): void;
  onToken?(token: Uint8Array, version: number): void;
  /** A datagram can be read, after none could. */
  onDatagramReadable?(): void;
  /** There is room again for datagrams to send. */
  onDatagramWritable?(): void;
  /** The outcome of the datagram with this tag. RFC 9221 §5.2 */
  onDatagramOutcome?(tag: number, outcome: DatagramOutcome): void;
  /** The size of the largest datagram that fits has changed; -1 when none may be sent. */
  onDatagramSize?(maxBytes: number): void;
  /** Received datagrams were dropped because they were not read in time: `total` so far. */
  onDatagramsDropped?(total: number): void;
  /** A path was validated, failed, became the one in use, or was lost. RFC 9000 §9 */
  onPath?(event: EventOf<'path'>): void;
  /** Multipath: a path can be used, is silent, or is abandoned. draft-ietf-quic-multipath §3 */
  onPathState?(event: EventOf<'path-state'>): void;
  /** The quality of a path has changed by a threshold of `watchPaths`. */
  onPathQuality?(event: EventOf<'path-quality'>): void;
  /** The time given to `wakeAt` has come. */
  onWake?(): void;
  /** The connection has ended: this is the last call. Its streams' handlers are called afterwards. */
  onClosed?(reason: CloseReason): void;
}

/** Handlers of a context. Every method may be left out. */
export interface ContextHandlers<S extends StreamHandlers = StreamHandlers> {
  /**
   * A connection without handlers has its first event: a client has come, or this program has opened it,
   * without a call of `follow`. Returns its handlers. A client that gets none is refused: CONNECTION_REFUSED,
   * RFC 9000 §5.2.2.
   */
  onConnection?(connection: QuicConnection): ConnectionHandlers<S> | undefined;
  /**
   * Is called with what a handler throws; the other handlers are called in any case. Default: the error is
   * thrown again from a microtask, where the runtime reports it as uncaught. What `onError` itself throws,
   * `dispatch` throws.
   */
  onError?(error: unknown, event: QuicEvent): void;
  /** Application error code for refused streams, 0 to 2^53-1. Default 0. */
  readonly refusalCode?: number;
}

/**
 * Brings each event of a context to those whom it is about: a connection's handlers, a stream's handlers. It holds one
 * entry for each connection that is followed, until its `closed`, and one for each of its streams that are followed, until
 * `stream-released`; so it is bounded as the context is. It calls nothing but handlers, and waits for nothing.
 *
 * ```ts
 * const events = new EventDispatcher(context, { onConnection: () => ({ onStream: (stream) => new Echo(stream) }) });
 * const loop = new QuicLoop({ context, port, clock, onEvent: events.dispatch });
 * ```
 */
export class EventDispatcher<S extends StreamHandlers = StreamHandlers> {
  private readonly context: Pick<QuicHostContext, 'connection'>;
  private readonly handlers: ContextHandlers<S>;
  private readonly followed = new Map<number, Followed<S>>();
  /** Connections that were refused or have ended, which get no handlers again. */
  private readonly over = new WeakSet<QuicConnection>();

  constructor(context: Pick<QuicHostContext, 'connection'>, handlers: ContextHandlers<S> = {}) {
    this.context = context;
    this.handlers = handlers;
  }

  /** Number of connections with handlers. */
  get size(): number {
    return this.followed.size;
  }

  /**
   * Set the handlers of a connection, in place of those before; its streams keep theirs. Does nothing once
   * the end of the connection was dispatched.
   */
  follow(connection: QuicConnection, handlers: ConnectionHandlers<S>): void {
    const entry = this.followed.get(connection.id);
    if (entry !== undefined) entry.handlers = handlers;
    else if (!this.over.has(connection))
      this.followed.set(connection.id, { connection, handlers, streams: undefined });
  }

  /**
   * Set the handlers of a stream, in place of those before. Does nothing unless its connection has handlers,
   * and once its end was dispatched.
   */
  followStream(stream: QuicStream, handlers: S): void {
    const entry = this.followed.get(stream.connection.id);
    if (entry === undefined) return;
    // The map is made with the first stream, so that connections without streams need none.
    entry.streams ??= new Map();
    entry.streams.set(stream.id, handlers);
  }

  /** The handlers of a connection's streams, by stream ID. */
  streamsOf(connection: QuicConnection): ReadonlyMap<number, S> {
    return this.followed.get(connection.id)?.streams ?? NO_STREAMS;
  }

  /** Call the handlers of one event: the `onEvent` of a loop. It is bound to this object. */
  readonly dispatch = (event: QuicEvent): void => {
    const entry = this.followed.get(event.connection) ?? this.meet(event);
    if (event.type === 'closed') this.end(event, entry);
    else if ('streamId' in event) this.tellStream(event, entry);
    else if (entry !== undefined) this.tell(event, entry.handlers);
  };

  /** The first event of a connection without handlers. */
  private meet(event: QuicEvent): Followed<S> | undefined {
    const connection = this.context.connection(event.connection);
    if (connection === undefined || event.type === 'closed' || this.over.has(connection)) return undefined;
    try {
      const handlers = this.handlers.onConnection?.(connection);
      if (handlers !== undefined) this.follow(connection, handlers);
    } catch (error) {
      this.fail(error, event);
    }
    const entry = this.followed.get(event.connection);
    if (entry === undefined && event.type === 'accepted') {
      this.over.add(connection);
      connection.refuse();
    }
    return entry;
  }

  private tell(event: ConnectionEvent, handlers: ConnectionHandlers<S>): void {
    try {
      tellConnection(event, handlers);
    } catch (error) {
      this.fail(error, event);
    }
  }

  private tellStream(event: StreamEvent, entry: Followed<S> | undefined): void {
    const handlers = entry?.streams?.get(event.streamId) ?? this.meetStream(event, entry);
    if (handlers === undefined) return;
    if (event.type === 'stream-released') entry!.streams!.delete(event.streamId);
    try {
      tellStreamHandlers(event, handlers);
    } catch (error) {
      this.fail(error, event);
    }
  }

  /** The first event of a stream without handlers. */
  private meetStream(event: StreamEvent, entry: Followed<S> | undefined): S | undefined {
    // Undefined when the stream has ended already.
    const stream = this.context.connection(event.connection)?.stream(event.streamId);
    if (stream === undefined || event.type === 'stream-released') return undefined;
    // A stream of the peer's that was refused may still have events in the queue.
    if (event.type !== 'stream-opened' && !isLocal(stream)) return undefined;
    try {
      const handlers = entry?.handlers.onStream?.(stream);
      if (handlers !== undefined) this.followStream(stream, handlers);
    } catch (error) {
      this.fail(error, event);
    }
    const followed = entry?.streams?.get(event.streamId);
    if (followed === undefined) this.refuse(stream, event);
    return followed;
  }

  /** Refuse a stream: unread bytes would use up the connection's credit. RFC 9000 §4.1 */
  private refuse(stream: QuicStream, event: StreamEvent): void {
    const { refusalCode = 0 } = this.handlers;
    if (event.type === 'stream-opened' || event.type === 'stream-readable') stream.stopSending(refusalCode);
    if (event.type === 'stream-opened' && (stream.id & UNIDIRECTIONAL) === 0) stream.reset(refusalCode);
  }

  private end(event: EventOf<'closed'>, entry: Followed<S> | undefined): void {
    const connection = entry?.connection ?? this.context.connection(event.connection);
    if (connection !== undefined) this.over.add(connection);
    if (entry === undefined) return;
    try {
      entry.handlers.onClosed?.(event.reason);
    } catch (error) {
      this.fail(error, event);
    }
    this.followed.delete(event.connection);
    for (const handlers of entry.streams?.values() ?? []) {
      try {
        handlers.onClosed?.(event.reason);
      } catch (error) {
        this.fail(error, event);
      }
    }
  }

  private fail(error: unknown, event: QuicEvent): void {
    const { handlers } = this;
    if (handlers.onError !== undefined) return handlers.onError(error, event);
    queueMicrotask(() => {
      throw error;
    });
  }
}

interface Followed<S extends StreamHandlers> {
  readonly connection: QuicConnection;
  handlers: ConnectionHandlers<S>;
  /** Undefined until there is a stream. */
  streams: Map<number, S> | undefined;
}

type StreamEvent = Extract<QuicEvent, { readonly streamId: number }>;
type ConnectionEvent = Exclude<QuicEvent, StreamEvent | EventOf<'closed'>>;

function tellConnection(event: ConnectionEvent, handlers: ConnectionHandlers): void {
  switch (event.type) {
    case 'accepted':
      // `onConnection` has been called for this event.
      return;
    case 'connected':
      return handlers.onConnected?.(event);
    case 'confirmed':
      return handlers.onConfirmed?.();
    case 'early-data':
      return handlers.onEarlyData?.(event);
    case 'early-data-use':
      return handlers.onEarlyDataUse?.(event.id, event.expiresAtMs);
    case 'certificate':
      return handlers.onCertificate?.(event.serverName, event.chain);
    case 'streams-available':
      return handlers.onStreamsAvailable?.(event.unidirectional);
    case 'ticket':
      return handlers.onTicket?.(event.ticket);
    case 'token':
      return handlers.onToken?.(event.token, event.version);
    case 'path':
      return handlers.onPath?.(event);
    case 'path-state':
      return handlers.onPathState?.(event);
    case 'path-quality':
      return handlers.onPathQuality?.(event);
    case 'wake':
      return handlers.onWake?.();
    default:
      return tellOfDatagrams(event, handlers);
  }
}

function tellOfDatagrams(
  event: Extract<ConnectionEvent, { readonly type: `datagram${string}` }>,
  handlers: ConnectionHandlers,
): void {
  switch (event.type) {
    case 'datagram-readable':
      return handlers.onDatagramReadable?.();
    case 'datagram-writable':
      return handlers.onDatagramWritable?.();
    case 'datagram-outcome':
      return handlers.onDatagramOutcome?.(event.tag, event.outcome);
    case 'datagram-size':
      return handlers.onDatagramSize?.(event.maxBytes);
    case 'datagrams-dropped':
      return handlers.onDatagramsDropped?.(event.total);
  }
}

function tellStreamHandlers(event: StreamEvent, handlers: StreamHandlers): void {
  switch (event.type) {
    case 'stream-opened':
      // `onStream` has been called for this event.
      return;
    case 'stream-readable':
      return handlers.onReadable?.();
    case 'stream-writable':
      return handlers.onWritable?.();
    case 'stream-reset':
      return handlers.onReset?.(event.code, event.reliableSize);
    case 'stream-stopped':
      return handlers.onStopped?.(event.code);
    case 'stream-delivered':
      return handlers.onDelivered?.();
    case 'stream-released':
      return handlers.onReleased?.();
  }
}

/** Whether this program has opened the stream. RFC 9000 §2.1 */
function isLocal({ id, connection }: QuicStream): boolean {
  return ((id & SERVER_INITIATED) === 0) === connection.isClient;
}

const NO_STREAMS: ReadonlyMap<number, never> = new Map<number, never>();
const SERVER_INITIATED = 1;
const UNIDIRECTIONAL = 2;

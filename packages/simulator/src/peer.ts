import { type ConnectionHandlers, EventDispatcher, type StreamHandlers } from '@tsquic/event-adapters';
import type {
  QuicConnection,
  QuicContextOptions,
  QuicEvent,
  QuicHostContext,
  QuicStream,
} from '@tsquic/quic-core';
import { createQuicContext } from '@tsquic/quic-core';
import type { Host, HostOptions } from './host.ts';
import { StreamCollector } from './stream-collector.ts';
import { StreamFeeder } from './stream-feeder.ts';
import type { World } from './world.ts';

/** Options of a host, its context, and its application. */
export interface PeerOptions extends Omit<HostOptions, 'context'> {
  readonly context: QuicContextOptions;
  /** Whether streams are read as they become readable. Default: yes. */
  readonly reads?: (connection: QuicConnection) => boolean;
  /** Whether read bytes are kept, or only counted (for large transfers). Default true. */
  readonly keepsBytes?: boolean;
  /**
   * The response on a bidirectional stream that the other side opened and ended: bytes, a length of the
   * pattern that `sendPattern` sends, or undefined for none. The request is empty when bytes are not kept.
   */
  readonly respond?: (
    request: Uint8Array,
    streamId: number,
    connection: QuicConnection,
  ) => Uint8Array | number | undefined;
}

/** A context on a host with a small application, which writes, reads and responds, and keeps every event. */
export class Peer {
  readonly context: QuicHostContext;
  readonly host: Host;
  /** All events of the context, in order. */
  readonly events: QuicEvent[] = [];
  /** Connections made or accepted, in order. */
  readonly connections: QuicConnection[] = [];
  private readonly seen = new Set<QuicEvent['type']>();
  private readonly options: PeerOptions;
  private readonly dispatcher: EventDispatcher;
  private readonly streams: ConnectionHandlers = { onStream: (stream) => this.handlersOf(stream) };
  /** Data of every stream, also after its end, by connection and stream ID. */
  private readonly collectors = new Map<string, StreamCollector>();

  constructor(world: World, options: PeerOptions) {
    this.options = options;
    this.context = createQuicContext(options.context);
    this.dispatcher = new EventDispatcher(this.context, {
      onConnection: (connection) => {
        if (!connection.isClient) this.connections.push(connection);
        return this.streams;
      },
      onError: (error) => {
        throw error;
      },
    });
    const { context: _, ...host } = options;
    this.host = world.addHost({
      ...host,
      context: this.context,
      onEvent: (event, nowUs) => this.onEvent(event, nowUs),
    });
  }

  /** The first connection made or accepted. Throws an Error when there is none. */
  get connection(): QuicConnection {
    const connection = this.connections[0];
    if (connection === undefined) throw new Error(`${this.options.name} has no connection`);
    return connection;
  }

  /** The events of this type. */
  eventsOf<T extends QuicEvent['type']>(type: T): Extract<QuicEvent, { readonly type: T }>[] {
    return this.events.filter(
      (event): event is Extract<QuicEvent, { readonly type: T }> => event.type === type,
    );
  }

  /** Whether an event of this type came. */
  has(type: QuicEvent['type']): boolean {
    return this.seen.has(type);
  }

  /**
   * Open a stream and send `bytes` and the end, as fast as the context takes them. Throws when no stream may
   * be opened.
   */
  send(bytes: Uint8Array, options: { readonly unidirectional?: boolean } = {}): StreamFeeder {
    const stream = this.connection.openStream(options);
    if (stream === undefined) throw new Error(`${this.options.name} may not open a stream now`);
    return this.feed(stream, bytes);
  }

  /**
   * Open a stream and send `length` bytes of a fixed pattern, made as they are needed; undefined when no
   * stream may be opened now. Default: on the first connection.
   */
  trySendPattern(
    length: number,
    options: { readonly unidirectional?: boolean } = {},
    connection: QuicConnection = this.connection,
  ): StreamFeeder | undefined {
    return this.trySend(length, options, connection);
  }

  /** Open a stream of this connection and send bytes, or a length of the pattern; undefined when no stream may be opened now. */
  trySend(
    source: Uint8Array | number,
    options: { readonly unidirectional?: boolean },
    connection: QuicConnection,
  ): StreamFeeder | undefined {
    const stream = connection.openStream(options);
    return stream && this.feed(stream, source);
  }

  /** Like `trySendPattern`, but throws an Error when no stream may be opened. */
  sendPattern(length: number, options: { readonly unidirectional?: boolean } = {}): StreamFeeder {
    const feeder = this.trySendPattern(length, options);
    if (feeder === undefined) throw new Error(`${this.options.name} may not open a stream now`);
    return feeder;
  }

  /** What has arrived on a stream so far; empty when nothing has. */
  received(streamId: number, connection: QuicConnection = this.connection): StreamCollector {
    const key = `${connection.id} ${streamId}`;
    let collector = this.collectors.get(key);
    if (collector === undefined) {
      collector = new StreamCollector(this.options.keepsBytes ?? true);
      this.collectors.set(key, collector);
    }
    return collector;
  }

  private feed(stream: QuicStream, source: Uint8Array | number): StreamFeeder {
    const feeder = new StreamFeeder(stream, source);
    // A client may open streams before the first event of its connection.
    this.dispatcher.follow(stream.connection, this.streams);
    this.dispatcher.followStream(stream, this.handlersOf(stream, feeder));
    feeder.write();
    return feeder;
  }

  private onEvent(event: QuicEvent, nowUs: number): void {
    this.events.push(event);
    this.seen.add(event.type);
    this.dispatcher.dispatch(event);
    this.options.onEvent?.(event, nowUs);
  }

  private handlersOf(stream: QuicStream, feeder?: StreamFeeder): StreamHandlers {
    return {
      onReadable: () => {
        if (this.options.reads?.(stream.connection) ?? true) this.read(stream);
      },
      onWritable: () => feeder?.write(),
    };
  }

  private read(stream: QuicStream): void {
    const { id, connection } = stream;
    const collector = this.received(id, connection);
    const wasFinished = collector.finished;
    collector.readFrom(stream);
    if (wasFinished || !collector.finished || this.options.respond === undefined) return;
    // Bit 0 tells which side opened the stream, bit 1 whether it is unidirectional. RFC 9000 §2.1
    const isTheirs = (id & 1) === (connection.isClient ? 1 : 0);
    // Data that came before the end of the connection can be read after it, but not answered.
    if (!isTheirs || (id & 2) !== 0 || connection.closeReason !== undefined) return;
    const response = this.options.respond(collector.bytes(), id, connection);
    if (response !== undefined) this.feed(stream, response);
  }
}

import type { QuicConnection, QuicContextOptions, QuicEvent, QuicHostContext } from '@tsquic/quic-core';
import { createQuicContext } from '@tsquic/quic-core';
import type { Host, HostOptions } from './host.ts';
import { StreamCollector } from './stream-collector.ts';
import { StreamFeeder } from './stream-feeder.ts';
import type { World } from './world.ts';

/** A host, the options of its context, and what its application does. */
export interface PeerOptions extends Omit<HostOptions, 'context'> {
  readonly context: QuicContextOptions;
  /** Whether to read streams as they become readable. Default: yes. */
  readonly reads?: (connection: QuicConnection) => boolean;
  /** Keep what is read, or only count it (for large transfers). Default true. */
  readonly keepsBytes?: boolean;
  /**
   * What to send back on a bidirectional stream that the other side opened and ended: bytes, a length of the pattern
   * that `sendPattern` sends, or undefined for nothing. The request is empty when bytes are not kept.
   */
  readonly respond?: (
    request: Uint8Array,
    streamId: number,
    connection: QuicConnection,
  ) => Uint8Array | number | undefined;
}

/** A context on a host with a small application: it writes, reads and answers, and keeps every event. */
export class Peer {
  readonly context: QuicHostContext;
  readonly host: Host;
  /** Everything the context told, in order. */
  readonly events: QuicEvent[] = [];
  /** Connections made or accepted, in order. */
  readonly connections: QuicConnection[] = [];
  private readonly seen = new Set<QuicEvent['type']>();
  private readonly options: PeerOptions;
  private readonly collectors = new Map<string, StreamCollector>();
  private readonly feeders = new Map<string, StreamFeeder>();

  constructor(world: World, options: PeerOptions) {
    this.options = options;
    this.context = createQuicContext(options.context);
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

  /** The events of one type, typed. */
  eventsOf<T extends QuicEvent['type']>(type: T): Extract<QuicEvent, { readonly type: T }>[] {
    return this.events.filter(
      (event): event is Extract<QuicEvent, { readonly type: T }> => event.type === type,
    );
  }

  /** Whether an event of this type came. */
  has(type: QuicEvent['type']): boolean {
    return this.seen.has(type);
  }

  /** Open a stream and send all of `bytes` and the end, as fast as the context takes them. Throws when no stream may be opened. */
  send(bytes: Uint8Array, options: { readonly unidirectional?: boolean } = {}): StreamFeeder {
    const stream = this.connection.openStream(options);
    if (stream === undefined) throw new Error(`${this.options.name} may not open a stream now`);
    return this.feed(this.connection, stream.id, new StreamFeeder(stream, bytes));
  }

  /**
   * Open a stream and send `length` bytes of a fixed pattern, made as they are needed; undefined when no stream may be
   * opened now. On the first connection unless told otherwise.
   */
  trySendPattern(
    length: number,
    options: { readonly unidirectional?: boolean } = {},
    connection: QuicConnection = this.connection,
  ): StreamFeeder | undefined {
    const stream = connection.openStream(options);
    return stream && this.feed(connection, stream.id, new StreamFeeder(stream, length));
  }

  /** The same, but throws an Error when no stream may be opened. */
  sendPattern(length: number, options: { readonly unidirectional?: boolean } = {}): StreamFeeder {
    const feeder = this.trySendPattern(length, options);
    if (feeder === undefined) throw new Error(`${this.options.name} may not open a stream now`);
    return feeder;
  }

  /** What has arrived on a stream so far; empty for one that nothing came on. */
  received(streamId: number, connection: QuicConnection = this.connection): StreamCollector {
    const key = `${connection.id} ${streamId}`;
    let collector = this.collectors.get(key);
    if (collector === undefined) {
      collector = new StreamCollector(this.options.keepsBytes ?? true);
      this.collectors.set(key, collector);
    }
    return collector;
  }

  private feed(connection: QuicConnection, streamId: number, feeder: StreamFeeder): StreamFeeder {
    this.feeders.set(`${connection.id} ${streamId}`, feeder);
    feeder.write();
    return feeder;
  }

  private onEvent(event: QuicEvent, nowUs: number): void {
    this.events.push(event);
    this.seen.add(event.type);
    const connection = this.context.connection(event.connection);
    if (event.type === 'accepted' && connection !== undefined) this.connections.push(connection);
    if (event.type === 'stream-writable') this.feeders.get(`${event.connection} ${event.streamId}`)?.write();
    if (event.type === 'stream-readable' && connection !== undefined && this.reads(connection))
      this.read(connection, event.streamId);
    this.options.onEvent?.(event, nowUs);
  }

  private reads(connection: QuicConnection): boolean {
    return this.options.reads?.(connection) ?? true;
  }

  private read(connection: QuicConnection, streamId: number): void {
    const stream = connection.stream(streamId);
    if (stream === undefined) return;
    const collector = this.received(streamId, connection);
    const wasFinished = collector.finished;
    collector.readFrom(stream);
    if (wasFinished || !collector.finished || this.options.respond === undefined) return;
    // RFC 9000 §2.1: bit 0 says who opened the stream, bit 1 that it has one direction.
    const isTheirs = (streamId & 1) === (connection.isClient ? 1 : 0);
    // What came before the end can be read after it, but nothing can be answered.
    if (!isTheirs || (streamId & 2) !== 0 || connection.closeReason !== undefined) return;
    const response = this.options.respond(collector.bytes(), streamId, connection);
    if (response !== undefined) this.feed(connection, streamId, new StreamFeeder(stream, response));
  }
}

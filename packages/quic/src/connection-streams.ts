import type { ConnectionHandlers, StreamHandlers } from '@tsquic/event-adapters';
import {
  priorityOf,
  type QuicConnection as ConnectionHandle,
  type QuicStream as StreamHandle,
} from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import type { QuicConnection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError, QuicStreamError } from './errors.ts';
import type { Finishing } from './finishing.ts';
import { IncomingQueue, type QueueObserver } from './incoming-queue.ts';
import type { OpenStreamOptions } from './options.ts';
import { SendOrders } from './send-orders.ts';
import { type StreamHost, StreamLink } from './stream-link.ts';
import { StreamOpenings } from './stream-openings.ts';
import { linkOf, QuicStream } from './stream.ts';
import { use } from './usage.ts';

/** The streams of one connection: open ones, ones that wait to be taken, and calls that wait for one. */
export class ConnectionStreams implements StreamHost, QueueObserver<QuicStream> {
  readonly incoming: IncomingQueue<QuicStream>;
  /** Is told of each change that `finish` may wait for. */
  finishing: Finishing | undefined = undefined;
  readonly sendOrders: SendOrders = new SendOrders();
  private readonly endpoint: Endpoint;
  private readonly handle: ConnectionHandle;
  private readonly connection: QuicConnection;
  /** Number of calls of `open` that wait. */
  private openingCount = 0;
  /** Made by the first call. */
  private bidirectional: StreamOpenings | undefined = undefined;
  private unidirectional: StreamOpenings | undefined = undefined;
  private takesMore = true;
  private ended: { readonly error: unknown } | undefined = undefined;

  constructor(endpoint: Endpoint, handle: ConnectionHandle, connection: QuicConnection) {
    this.endpoint = endpoint;
    this.handle = handle;
    this.connection = connection;
    this.incoming = new IncomingQueue(this);
  }

  /** Number of open streams. */
  get size(): number {
    return this.endpoint.streamsOf(this.handle).size;
  }

  /** Whether a caller waits for a stream, or for an operation on one. */
  get isBusy(): boolean {
    if (this.openingCount > 0 || this.incoming.isAwaited) return true;
    for (const link of this.links()) if (link.inUse) return true;
    return false;
  }

  /**
   * Open a stream, or wait until one may be opened. Rejects with the signal's reason, or that of the
   * connection's end.
   */
  async open(options: OpenStreamOptions): Promise<QuicStream> {
    const { unidirectional = false, waitUntilAvailable = true, signal, priority, highWaterMark } = options;
    const { sendOrder = null, sendGroup = null } = options;
    // Throws for an invalid value before a stream is opened.
    if (priority !== undefined) use(() => priorityOf(priority));
    const openings = this.openings(unidirectional);
    const opened = openings.open(waitUntilAvailable);
    const stream = opened instanceof Deferred ? await this.waitFor(opened, openings, signal) : opened;
    const link = linkOf(stream);
    if (priority !== undefined) stream.setPriority(priority);
    if (sendOrder !== null || sendGroup !== null) this.sendOrders.set(link.handle, sendOrder, sendGroup);
    if (highWaterMark !== undefined) link.sending?.setHighWaterMark(highWaterMark);
    link.releaseSignal = whenAborted(signal, (reason) => link.abort(0, reason));
    return stream;
  }

  /** Streams that have arrived can still be taken; later ones are refused. */
  takeNoMore(): void {
    this.takesMore = false;
    this.incoming.end();
  }

  /** The peer has opened a stream. */
  onOpened(handle: StreamHandle): StreamLink {
    const stream = this.adopt(handle);
    const link = linkOf(stream);
    if (this.takesMore) this.incoming.push(stream);
    else link.abort(0, new QuicError('ERR_QUIC_CLOSED', 'the connection is finishing'));
    return link;
  }

  onAvailable(unidirectional: boolean): void {
    (unidirectional ? this.unidirectional : this.bidirectional)?.onAvailable();
  }

  wake(): void {
    this.endpoint.wake();
  }

  /** The last iteration of streams was left. */
  onAbandoned(): void {
    this.finishing?.check();
  }

  onHalfOver(): void {
    this.finishing?.check();
  }

  onReleased(link: StreamLink): void {
    link.releaseSignal();
    this.sendOrders.remove(link.handle);
    // The stream was reset before it was taken. It must not wait here, because the peer may open another in
    // its place.
    this.incoming.remove(({ id }) => id === link.id);
    this.finishing?.check();
    publish('tsquic.stream.closed', () => ({ connection: this.connection, streamId: link.id }));
  }

  /** The connection has ended: streams, and calls that wait for one, fail with the error. */
  end(error: unknown): void {
    this.ended = { error };
    for (const link of this.links()) link.onConnectionEnd(error);
    this.bidirectional?.fail(error);
    this.unidirectional?.fail(error);
  }

  /** Open streams fail with the error, and the connection goes on. */
  fail(error: unknown): void {
    for (const link of this.links()) link.onConnectionEnd(error);
  }

  /** Pass the peer's streams to these handlers: those that wait to be taken, and all later ones. */
  handOver(onStream: NonNullable<ConnectionHandlers['onStream']>): void {
    for (const stream of this.incoming.takeAll()) {
      const handle = this.handle.stream(stream.id);
      const handlers = handle && onStream(handle);
      if (handle === undefined || handlers === undefined) {
        linkOf(stream).abort(0, undefined);
        continue;
      }
      this.follow(handle, handlers);
      tellPast(linkOf(stream), handlers);
    }
  }

  /** Set the handlers of a stream. */
  follow(handle: StreamHandle, handlers: StreamHandlers): void {
    this.endpoint.followStream(handle, handlers);
  }

  /** A stream of the core as web streams, which follow it from now on. */
  adopt(handle: StreamHandle): QuicStream {
    const link = new StreamLink(handle, this);
    const stream = new QuicStream(link);
    // The connection ended before the call got its stream.
    if (this.ended !== undefined) link.onConnectionEnd(this.ended.error);
    else this.follow(handle, link);
    publish('tsquic.stream.open', () => ({ connection: this.connection, stream }));
    return stream;
  }

  /** The open streams that are `QuicStream`s. */
  private *links(): Generator<StreamLink> {
    for (const handlers of this.endpoint.streamsOf(this.handle).values())
      if (handlers instanceof StreamLink) yield handlers;
  }

  private async waitFor(
    place: Deferred<QuicStream>,
    openings: StreamOpenings,
    signal: AbortSignal | undefined,
  ): Promise<QuicStream> {
    this.openingCount++;
    const release = whenAborted(signal, () => openings.leave(place));
    try {
      return await unlessAborted(place.promise, signal);
    } finally {
      release();
      this.openingCount--;
      // The program begins to use the stream in this turn.
      this.finishing?.checkSoon();
    }
  }

  private openings(unidirectional: boolean): StreamOpenings {
    if (unidirectional) return (this.unidirectional ??= new StreamOpenings(() => this.tryOpen(true)));
    return (this.bidirectional ??= new StreamOpenings(() => this.tryOpen(false)));
  }

  private tryOpen(unidirectional: boolean): QuicStream | undefined {
    const handle = this.handle.openStream({ unidirectional });
    return handle && this.adopt(handle);
  }
}

/** What has happened on a stream already, of which the handlers before were told. */
function tellPast({ handle, receiving, sending }: StreamLink, handlers: StreamHandlers): void {
  if (handle.readableBytes > 0 || handle.finished) handlers.onReadable?.();
  if (receiving?.failure instanceof QuicStreamError) handlers.onReset?.(receiving.failure.errorCode, 0);
  if (sending?.failure instanceof QuicStreamError) handlers.onStopped?.(sending.failure.errorCode);
}

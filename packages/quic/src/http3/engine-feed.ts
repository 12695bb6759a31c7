import type { ConnectionHandlers, StreamHandlers } from '@tsquic/event-adapters';
import type { CloseReason, QuicEvent, QuicStream as StreamHandle } from '@tsquic/quic-core';

/** Handlers of a connection that put what they are told back into events, which the engine of HTTP/3 takes. */
export class EngineFeed implements ConnectionHandlers {
  private readonly connection: number;
  private readonly feed: (event: QuicEvent) => void;

  /** @param connection - the core's number of the connection. */
  constructor(connection: number, feed: (event: QuicEvent) => void) {
    this.connection = connection;
    this.feed = feed;
  }

  onConfirmed(): void {
    this.feed({ type: 'confirmed', connection: this.connection });
  }

  onStream(stream: StreamHandle): StreamHandlers {
    this.feed({ type: 'stream-opened', connection: this.connection, streamId: stream.id });
    return this.streamHandlers(stream.id);
  }

  /** The handlers of one stream. */
  streamHandlers(streamId: number): StreamHandlers {
    return new StreamFeed(this.connection, streamId, this.feed);
  }

  onStreamsAvailable(unidirectional: boolean): void {
    this.feed({ type: 'streams-available', connection: this.connection, unidirectional });
  }

  onDatagramReadable(): void {
    this.feed({ type: 'datagram-readable', connection: this.connection });
  }

  onClosed(reason: CloseReason): void {
    this.feed({ type: 'closed', connection: this.connection, reason });
  }
}

/** The same for one stream. */
class StreamFeed implements StreamHandlers {
  private readonly connection: number;
  private readonly streamId: number;
  private readonly feed: (event: QuicEvent) => void;

  constructor(connection: number, streamId: number, feed: (event: QuicEvent) => void) {
    this.connection = connection;
    this.streamId = streamId;
    this.feed = feed;
  }

  onReadable(): void {
    this.tell('stream-readable');
  }

  onWritable(): void {
    this.tell('stream-writable');
  }

  onDelivered(): void {
    this.tell('stream-delivered');
  }

  onReleased(): void {
    this.tell('stream-released');
  }

  onReset(code: number, reliableSize: number): void {
    const { connection, streamId } = this;
    this.feed({ type: 'stream-reset', connection, streamId, code, reliableSize });
  }

  onStopped(code: number): void {
    const { connection, streamId } = this;
    this.feed({ type: 'stream-stopped', connection, streamId, code });
  }

  private tell(type: 'stream-readable' | 'stream-writable' | 'stream-delivered' | 'stream-released'): void {
    this.feed({ type, connection: this.connection, streamId: this.streamId });
  }
}

import type { Http3Connection, Http3Event, Http3Stream, RequestHead } from '@tsquic/http3';
import type { QuicConnection, QuicEvent, QuicStream } from '@tsquic/quic-core';
import type { ConnectHandlers, SessionHost, StreamHandlers } from '@tsquic/webtransport/session';

/** What the sessions of either side are told of their connection. */
export interface SessionSide {
  onSettings(event: Extract<Http3Event, { readonly type: 'settings' }>): void;
  onRequest(stream: Http3Stream, head: RequestHead): ConnectHandlers | undefined;
  onExtensionStream(stream: QuicStream): StreamHandlers;
  onStreamsAvailable(unidirectional: boolean): void;
  onGoAway(): void;
}

/** Events of an engine, and of the connection below, brought to the handlers of sessions. */
export class EngineHost implements SessionHost {
  readonly engine: Http3Connection;
  readonly connection: QuicConnection;
  side: SessionSide | undefined = undefined;
  private readonly requests = new Map<number, ConnectHandlers>();
  private readonly streams = new Map<number, StreamHandlers>();

  constructor(engine: Http3Connection) {
    this.engine = engine;
    this.connection = engine.connection;
  }

  request(head: RequestHead, handlers: ConnectHandlers): Http3Stream | undefined {
    const stream = this.engine.request(head);
    if (stream !== undefined) this.requests.set(stream.id, handlers);
    return stream;
  }

  openStream(unidirectional: boolean, handlers: StreamHandlers): QuicStream | undefined {
    const stream = this.connection.openStream({ unidirectional });
    if (stream !== undefined) this.follow(stream, handlers);
    return stream;
  }

  follow(stream: QuicStream, handlers: StreamHandlers): void {
    this.streams.set(stream.id, handlers);
  }

  close(code: number, text: string): void {
    this.engine.close(code, text);
  }

  onQuicEvent(event: QuicEvent): void {
    this.engine.onEvent(event);
    this.pull();
    if (event.type === 'streams-available') this.side?.onStreamsAvailable(event.unidirectional);
    if ('streamId' in event) this.onStreamEvent(event, this.streams.get(event.streamId));
    this.pull();
  }

  pull(): void {
    for (let event = this.engine.nextEvent(); event !== undefined; event = this.engine.nextEvent())
      this.onHttpEvent(event);
  }

  private onStreamEvent(event: QuicEvent, handlers: StreamHandlers | undefined): void {
    switch (event.type) {
      case 'stream-readable':
        return handlers?.onReadable?.();
      case 'stream-writable':
        return handlers?.onWritable?.();
      case 'stream-reset':
        return handlers?.onReset?.(event.code, event.reliableSize);
      case 'stream-stopped':
        return handlers?.onStopped?.(event.code);
      case 'stream-delivered':
        return handlers?.onDelivered?.();
      case 'stream-released':
        handlers?.onReleased?.();
        this.streams.delete(event.streamId);
        return;
      default:
    }
  }

  private onHttpEvent(event: Http3Event): void {
    const request = 'streamId' in event ? this.requests.get(event.streamId) : undefined;
    switch (event.type) {
      case 'settings':
        return this.side?.onSettings(event);
      case 'request':
        return this.onRequest(event.streamId, event.head);
      case 'response':
        return request?.onResponse?.(event.head);
      case 'content':
        return request?.onContent?.();
      case 'end':
        return request?.onEnd?.();
      case 'writable':
        return request?.onWritable?.();
      case 'stopped':
        return request?.onStopped?.(event.code);
      case 'failed':
        return request?.onFailed?.(event);
      case 'datagram':
        return request?.onDatagram?.();
      case 'extension-stream':
        return this.onExtensionStream(event.streamId);
      case 'goaway':
        return this.side?.onGoAway();
      case 'closed':
        for (const handlers of this.requests.values()) handlers.onClosed?.(event.reason);
        return;
      default:
    }
  }

  private onRequest(streamId: number, head: RequestHead): void {
    const stream = this.engine.stream(streamId)!;
    const handlers = head.protocol === undefined ? undefined : this.side?.onRequest(stream, head);
    if (handlers !== undefined) this.requests.set(streamId, handlers);
    else stream.respond({ status: 501, fields: [] }, true);
  }

  private onExtensionStream(streamId: number): void {
    const stream = this.connection.stream(streamId);
    if (stream === undefined) return;
    const handlers = this.side?.onExtensionStream(stream);
    if (handlers === undefined) return stream.discard(0x103);
    this.streams.set(streamId, handlers);
    if (stream.readableBytes > 0 || stream.finished) handlers.onReadable?.();
  }
}

import {
  Http3Code,
  type Http3Connection,
  type Http3Event,
  type Http3Stream,
  type RequestHead,
  tellStreamHandlers,
} from '@tsquic/http3';
import type { QuicConnection, QuicEvent, QuicStream } from '@tsquic/quic-core';
import type { ClientSessions } from './client-sessions.ts';
import type { ServerSessions } from './server-sessions.ts';
import type { ConnectHandlers, SessionHost, StreamHandlers } from './session-host.ts';

/**
 * Sessions over an engine that a program drives: it is given every event of the QUIC connection in the engine's place, and brings what
 * that means to the sessions. Requests that are no sessions are answered with 501.
 */
export class EngineHost implements SessionHost {
  readonly engine: Http3Connection;
  readonly connection: QuicConnection;
  private side: ClientSessions | ServerSessions | undefined = undefined;
  private readonly requests = new Map<number, ConnectHandlers>();
  private readonly streams = new Map<number, StreamHandlers>();

  constructor(engine: Http3Connection) {
    this.engine = engine;
    this.connection = engine.connection;
  }

  /** Bring events to these sessions. */
  followClient(sessions: ClientSessions): void {
    this.side = sessions;
  }

  /** The same for a server. */
  followServer(sessions: ServerSessions): void {
    this.side = sessions;
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

  /** An event of the QUIC connection. */
  onQuicEvent(event: QuicEvent): void {
    this.engine.onEvent(event);
    this.pull();
    if (event.type === 'streams-available') this.side?.sessions.onStreamsAvailable(event.unidirectional);
    if ('streamId' in event) this.onStreamEvent(event, this.streams.get(event.streamId));
    this.pull();
  }

  /** Call it after acting on sessions outside of `onQuicEvent`: what that led to is told. */
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
        this.requests.delete(event.streamId);
        return;
      default:
    }
  }

  private onHttpEvent(event: Http3Event): void {
    switch (event.type) {
      case 'settings':
        return this.side?.onSettings(event.settings);
      case 'request':
        return this.onRequest(event.streamId, event.head);
      case 'extension-stream':
        return this.onExtensionStream(event.streamId);
      case 'goaway':
        return this.side?.sessions.onGoAway();
      case 'closed':
        for (const handlers of this.requests.values()) handlers.onClosed?.(event.reason);
        return;
      default:
        if ('streamId' in event) tellStreamHandlers(event, this.requests.get(event.streamId) ?? {});
    }
  }

  private onRequest(streamId: number, head: RequestHead): void {
    const stream = this.engine.stream(streamId);
    if (stream === undefined) return;
    const { side } = this;
    const handlers = side !== undefined && 'onConnect' in side ? side.onConnect(stream, head) : undefined;
    if (handlers !== undefined) this.requests.set(streamId, handlers);
    else if (!stream.hasEnded) {
      stream.respond({ status: NOT_IMPLEMENTED, fields: [] }, true);
      stream.stopReading();
    }
  }

  private onExtensionStream(streamId: number): void {
    const stream = this.connection.stream(streamId);
    if (stream === undefined) return;
    const handlers = this.side?.sessions.onStream(stream);
    if (handlers === undefined) return stream.discard(Http3Code.StreamCreationError);
    this.streams.set(streamId, handlers);
    if (stream.readableBytes > 0 || stream.finished) handlers.onReadable?.();
  }
}

/** RFC 9110 §15.6.2 */
const NOT_IMPLEMENTED = 501;

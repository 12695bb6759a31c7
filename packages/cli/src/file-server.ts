import type { QuicEvent, QuicHostContext, QuicStream } from '@tsquic/quic-core';
import { FileSource } from './file-source.ts';
import { RequestLine } from './request-line.ts';
import { openServedFile, Status } from './served-file.ts';
import { zeros } from './zeros.ts';

/** What a server has done so far. */
export interface ServerCounters {
  connections: number;
  files: number;
  bytes: number;
  refused: number;
}

/** Answers HTTP/0.9 requests on every bidirectional stream that clients open. */
export class FileServer {
  readonly counters: ServerCounters = { connections: 0, files: 0, bytes: 0, refused: 0 };

  private readonly context: Pick<QuicHostContext, 'connection'>;
  private readonly root: string;
  private readonly wake: () => void;
  private readonly connections: Map<number, Map<number, Exchange>> = new Map();

  /**
   * @param root - as `realpath` gives it.
   * @param wake - called after streams were used outside `onEvent`.
   */
  constructor(context: Pick<QuicHostContext, 'connection'>, root: string, wake: () => void) {
    this.context = context;
    this.root = root;
    this.wake = wake;
  }

  /** Connections that have not ended. */
  get openConnections(): number {
    return this.connections.size;
  }

  onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'accepted':
        this.connections.set(event.connection, new Map());
        break;
      case 'connected':
        this.counters.connections++;
        break;
      case 'stream-opened':
        this.begin(event.connection, event.streamId);
        break;
      case 'stream-readable':
        this.exchange(event)?.onReadable();
        break;
      case 'stream-writable':
        this.exchange(event)?.source?.pump();
        break;
      case 'stream-reset':
      case 'stream-stopped':
        this.end(event.connection, event.streamId);
        break;
      case 'closed':
        for (const exchange of this.connections.get(event.connection)?.values() ?? []) exchange.abort();
        this.connections.delete(event.connection);
        break;
    }
  }

  private begin(connection: number, streamId: number): void {
    const stream = this.context.connection(connection)?.stream(streamId);
    // Unidirectional streams have no way back: RFC 9000 §2.1.
    if (stream === undefined || (streamId & 2) !== 0) return;
    const exchange = new Exchange(stream, this.root, this.counters, this.wake, () =>
      this.connections.get(connection)?.delete(streamId),
    );
    this.connections.get(connection)?.set(streamId, exchange);
    exchange.onReadable();
  }

  private end(connection: number, streamId: number): void {
    this.connections.get(connection)?.get(streamId)?.abort();
    this.connections.get(connection)?.delete(streamId);
  }

  private exchange(event: { readonly connection: number; readonly streamId: number }): Exchange | undefined {
    return this.connections.get(event.connection)?.get(event.streamId);
  }
}

/** One request and its answer. */
class Exchange {
  source: FileSource | undefined = undefined;

  private readonly stream: QuicStream;
  private readonly root: string;
  private readonly counters: ServerCounters;
  private readonly wake: () => void;
  private readonly onEnd: () => void;
  private request: RequestLine | undefined;
  private aborted = false;

  constructor(
    stream: QuicStream,
    root: string,
    counters: ServerCounters,
    wake: () => void,
    onEnd: () => void,
  ) {
    this.stream = stream;
    this.root = root;
    this.counters = counters;
    this.wake = wake;
    this.onEnd = onEnd;
    this.request = new RequestLine(stream);
  }

  onReadable(): void {
    const { request } = this;
    if (request === undefined) {
      // What follows the request means nothing, but unread it would keep the stream open.
      while (this.stream.read(IGNORED) > 0);
      return;
    }
    const path = request.read();
    if (path === undefined) return;
    this.request = undefined;
    if (typeof path === 'number') this.refuse(path);
    else void this.answer(path);
  }

  abort(): void {
    this.aborted = true;
    this.source?.abort();
  }

  private async answer(path: string): Promise<void> {
    const file = await openServedFile(this.root, path);
    if (this.aborted) {
      if (typeof file !== 'number') await file.handle.close();
      return;
    }
    const size = file === Status.NotFound ? sizeOf(path) : undefined;
    if (size !== undefined) this.stream.setSource(zeros(size, () => this.sent(size, true)));
    else if (typeof file === 'number') this.refuse(file);
    else {
      this.source = new FileSource(file, this.stream, this.wake, (sentBytes, isWhole) =>
        this.sent(sentBytes, isWhole),
      );
      this.source.pump();
    }
    this.wake();
  }

  private sent(sentBytes: number, isWhole: boolean): void {
    this.counters.bytes += sentBytes;
    if (isWhole) this.counters.files++;
    this.onEnd();
  }

  private refuse(status: number): void {
    this.counters.refused++;
    if (!this.stream.finished) this.stream.stopSending(status);
    this.stream.reset(status);
    this.onEnd();
  }
}

/** The bytes that a path asks for which is a number and names no file: `/12345`. */
function sizeOf(path: string): number | undefined {
  return /^\/\d{1,12}$/.test(path) ? Number(path.slice(1)) : undefined;
}

const IGNORED: Uint8Array = new Uint8Array(4096);

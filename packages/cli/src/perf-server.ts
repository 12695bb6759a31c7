import type { QuicConnection, QuicEvent, QuicHostContext, QuicStream } from '@tsquic/quic-core';
import { zeros } from './zeros.ts';

/**
 * Answers the `perf` protocol: the first 8 bytes of a stream ask for that many bytes back, on the same stream or, if
 * that goes one way, on a new one. What follows them is read and dropped, and the answer comes after the end of it: whoever
 * measures an upload measures all of it. draft-banks-quic-performance-00 §2.3
 */
export class PerfServer {
  private readonly context: Pick<QuicHostContext, 'connection'>;
  private readonly connections: Map<number, PerfClient> = new Map();

  constructor(context: Pick<QuicHostContext, 'connection'>) {
    this.context = context;
  }

  /** Whether this connection speaks `perf`: its events are for this server. */
  has(connection: number): boolean {
    return this.connections.has(connection);
  }

  /** A connection agreed on `perf`. */
  begin(connection: number): void {
    const handle = this.context.connection(connection);
    if (handle !== undefined) this.connections.set(connection, new PerfClient(handle));
  }

  onEvent(event: QuicEvent): void {
    this.connections.get(event.connection)?.onEvent(event);
    if (event.type === 'closed') this.connections.delete(event.connection);
  }
}

/** The streams of one connection. */
class PerfClient {
  private readonly connection: QuicConnection;
  private readonly exchanges: Map<number, PerfExchange> = new Map();
  /** Lengths of answers that wait until the client lets us open a stream. */
  private readonly owed: number[] = [];

  constructor(connection: QuicConnection) {
    this.connection = connection;
  }

  onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'stream-opened': {
        const stream = this.connection.stream(event.streamId);
        if (stream === undefined) return;
        const exchange = new PerfExchange(stream, (length) => this.owe(length));
        this.exchanges.set(event.streamId, exchange);
        exchange.onReadable();
        break;
      }
      case 'stream-readable':
        this.exchanges.get(event.streamId)?.onReadable();
        break;
      case 'stream-released':
        this.exchanges.delete(event.streamId);
        break;
      case 'streams-available':
        this.pay();
        break;
    }
  }

  private owe(length: number): void {
    // Who asks on and on and lets us open nothing gets no more than this.
    if (length === 0 || this.owed.length === MAX_OWED) return;
    this.owed.push(length);
    this.pay();
  }

  private pay(): void {
    while (this.owed.length > 0) {
      const stream = this.connection.openStream({ unidirectional: true });
      if (stream === undefined) return;
      stream.setSource(zeros(this.owed.shift() ?? 0));
    }
  }
}

class PerfExchange {
  private readonly stream: QuicStream;
  private readonly head: Uint8Array = new Uint8Array(LENGTH_BYTES);
  private readonly owe: (length: number) => void;
  private headLength = 0;
  private answered = false;

  /** @param owe - hears what is asked for on a stream of one way. */
  constructor(stream: QuicStream, owe: (length: number) => void) {
    this.stream = stream;
    this.owe = owe;
  }

  onReadable(): void {
    const { stream, head } = this;
    if (this.headLength < LENGTH_BYTES) this.headLength += stream.read(head.subarray(this.headLength));
    if (this.headLength === LENGTH_BYTES) while (stream.read(IGNORED) > 0);
    if (stream.finished && !this.answered) this.answer();
  }

  /** All that the client sends has come. Who asks for nothing gets nothing, in good order. */
  private answer(): void {
    this.answered = true;
    const { stream, head } = this;
    const length = this.headLength === LENGTH_BYTES ? responseLength(head) : 0;
    if ((stream.id & 2) !== 0) this.owe(length);
    else if (length > 0) stream.setSource(zeros(length));
    else stream.write(IGNORED.subarray(0, 0), true);
  }
}

/** A length as the protocol writes it; the largest, which means "without end", comes out as good as that. */
export function responseLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** The 8 bytes that ask for a response of this length. */
export function encodeResponseLength(length: number): Uint8Array {
  const head = new Uint8Array(LENGTH_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, Math.floor(length / 2 ** 32));
  view.setUint32(4, length % 2 ** 32);
  return head;
}

const LENGTH_BYTES = 8;
const MAX_OWED = 1000;
const IGNORED: Uint8Array = new Uint8Array(65_536);

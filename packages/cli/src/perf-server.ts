import type { QuicEvent, QuicHostContext, QuicStream } from '@tsquic/quic-core';
import { zeros } from './zeros.ts';
import { ifAlive } from './stream-life.ts';

/**
 * Answers the `perf` protocol: the first 8 bytes of a bidirectional stream ask for that many bytes back. What
 * follows them is read and dropped, and so is what comes on unidirectional streams.
 * draft-banks-quic-performance-00 §2.3
 */
export class PerfServer {
  private readonly context: Pick<QuicHostContext, 'connection'>;
  private readonly connections: Map<number, Map<number, PerfExchange>> = new Map();

  constructor(context: Pick<QuicHostContext, 'connection'>) {
    this.context = context;
  }

  /** Whether this connection speaks `perf`: its events are for this server. */
  has(connection: number): boolean {
    return this.connections.has(connection);
  }

  /** A connection agreed on `perf`. */
  begin(connection: number): void {
    this.connections.set(connection, new Map());
  }

  onEvent(event: QuicEvent): void {
    const exchanges = this.connections.get(event.connection);
    if (exchanges === undefined) return;
    switch (event.type) {
      case 'stream-opened': {
        const stream = this.context.connection(event.connection)?.stream(event.streamId);
        if (stream === undefined) return;
        const exchange = new PerfExchange(stream);
        exchanges.set(event.streamId, exchange);
        exchange.onReadable();
        break;
      }
      case 'stream-readable':
        exchanges.get(event.streamId)?.onReadable();
        break;
      case 'stream-released':
        exchanges.delete(event.streamId);
        break;
      case 'closed':
        this.connections.delete(event.connection);
        break;
    }
  }
}

class PerfExchange {
  private readonly stream: QuicStream;
  private readonly head: Uint8Array = new Uint8Array(LENGTH_BYTES);
  private headLength = 0;

  constructor(stream: QuicStream) {
    this.stream = stream;
  }

  onReadable(): void {
    ifAlive(() => {
      if (this.headLength < LENGTH_BYTES) this.readHead();
      if (this.headLength === LENGTH_BYTES) while (this.stream.read(IGNORED) > 0);
    });
  }

  private readHead(): void {
    const { stream, head } = this;
    this.headLength += stream.read(head.subarray(this.headLength));
    const isUnidirectional = (stream.id & 2) !== 0;
    if (isUnidirectional) return;
    if (this.headLength === LENGTH_BYTES) stream.setSource(zeros(responseLength(head)));
    // Who asks for nothing gets nothing, in good order.
    else if (stream.finished) stream.write(IGNORED.subarray(0, 0), true);
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
const IGNORED: Uint8Array = new Uint8Array(65_536);

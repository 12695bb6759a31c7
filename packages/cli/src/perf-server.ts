import type { QuicConnection, QuicStream } from '@tsquic/quic-core';
import type { ConnectionHandlers, StreamHandlers } from 'tsquic/events';
import { zeros } from './zeros.ts';

/**
 * Serves the `perf` protocol on one connection: the first 8 bytes of a stream request that many bytes in
 * response, on the same stream or, if it is unidirectional, on a new one. The data after them is read and
 * dropped, and the response comes after its end, so that a client measures the whole upload.
 * draft-banks-quic-performance-00 §2.3
 */
export class PerfServer implements ConnectionHandlers<PerfExchange> {
  private readonly connection: Pick<QuicConnection, 'openStream'>;
  /** Lengths of responses that wait until the client allows another stream. */
  private readonly owed: number[] = [];

  constructor(connection: Pick<QuicConnection, 'openStream'>) {
    this.connection = connection;
  }

  onStream(stream: QuicStream): PerfExchange {
    return new PerfExchange(stream, (length) => this.owe(length));
  }

  onStreamsAvailable(): void {
    this.pay();
  }

  private owe(length: number): void {
    // A client that sends requests but allows no streams cannot make this list grow further.
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

/** One request and its response. */
class PerfExchange implements StreamHandlers {
  private readonly stream: QuicStream;
  private readonly head: Uint8Array = new Uint8Array(LENGTH_BYTES);
  private readonly owe: (length: number) => void;
  private headLength = 0;
  private answered = false;

  /** @param owe - is called with the length that a unidirectional stream requests. */
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

  /** All data of the client has come: send the response, or end the stream when no bytes are requested. */
  private answer(): void {
    this.answered = true;
    const { stream, head } = this;
    const length = this.headLength === LENGTH_BYTES ? responseLength(head) : 0;
    if ((stream.id & 2) !== 0) this.owe(length);
    else if (length > 0) stream.setSource(zeros(length));
    else stream.write(IGNORED.subarray(0, 0), true);
  }
}

/** The length in a request; the largest, which means "without end", becomes a very large number. */
export function responseLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** The 8 bytes that request a response of this length. */
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

import type { QuicStream } from '@tsquic/quic-core';
import type { StreamHandlers } from './event-dispatcher.ts';

/** Bounds on an ignored stream. */
export interface IgnoredStreamOptions {
  /** Bytes that are read and dropped; one byte more makes the stream be refused. Default 65,536. */
  readonly maxBytes?: number;
  /** Application error code of the STOP_SENDING that then refuses it, 0 to 2^53-1. Default 0. */
  readonly refusalCode?: number;
}

/**
 * Handlers of a stream of the peer's whose bytes this program does not need: they are read and dropped, which
 * gives their credit back, until the stream ends, or has brought too many and is refused with STOP_SENDING.
 * RFC 9000 §3.5
 *
 * Refusing such a stream at once would make some peers close the connection: a control stream of HTTP/3, for
 * example, must not be closed, even by a server that does not know HTTP/3. RFC 9114 §6.2.1
 *
 * ```ts
 * const handlers = { onStream: (stream) => (isRequest(stream) ? new Answer(stream) : new IgnoredStream(stream)) };
 * ```
 */
export class IgnoredStream implements StreamHandlers {
  private readonly stream: QuicStream;
  private readonly refusalCode: number;
  private remainingBytes: number;
  private isRefused = false;

  constructor(stream: QuicStream, { maxBytes = 65_536, refusalCode = 0 }: IgnoredStreamOptions = {}) {
    this.stream = stream;
    this.remainingBytes = maxBytes;
    this.refusalCode = refusalCode;
  }

  onReadable(): void {
    if (this.isRefused) return;
    while (this.remainingBytes >= 0) {
      const length = this.stream.read(SCRATCH);
      if (length === 0) return;
      this.remainingBytes -= length;
    }
    this.isRefused = true;
    if (!this.stream.finished) this.stream.stopSending(this.refusalCode);
  }
}

/** All streams share it, because its bytes are never read. */
const SCRATCH: Uint8Array = new Uint8Array(4096);

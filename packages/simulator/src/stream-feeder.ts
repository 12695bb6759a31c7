import type { QuicStream } from '@tsquic/quic-core';
import { fillPattern } from './pattern.ts';

/** Writes bytes and the end to one stream as fast as it takes them. */
export class StreamFeeder {
  readonly stream: QuicStream;
  /** Bytes that the stream has taken. */
  written = 0;
  /** Whether all bytes and the end were written. */
  finished = false;
  private readonly source: Uint8Array | number;
  private readonly length: number;

  /** @param source - the bytes, or a number of bytes of the pattern. */
  constructor(stream: QuicStream, source: Uint8Array | number) {
    this.stream = stream;
    this.source = source;
    this.length = typeof source === 'number' ? source : source.length;
  }

  get id(): number {
    return this.stream.id;
  }

  /** Write as much as the stream takes now. */
  write(): void {
    while (!this.finished) {
      const chunk = this.nextChunk();
      const isLast = this.written + chunk.length === this.length;
      const taken = this.stream.write(chunk, isLast);
      this.written += taken;
      if (isLast && taken === chunk.length) this.finished = true;
      else if (taken < chunk.length) return;
    }
  }

  private nextChunk(): Uint8Array {
    if (typeof this.source !== 'number') return this.source.subarray(this.written);
    const chunk = SCRATCH.subarray(0, Math.min(SCRATCH.length, this.length - this.written));
    fillPattern(chunk, this.written);
    return chunk;
  }
}

const SCRATCH = new Uint8Array(16_384);

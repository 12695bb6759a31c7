import type { QuicStream } from '@tsquic/quic-core';
import { joinChunks } from './chunks.ts';
import { isPattern } from './pattern.ts';

/** What has been read from one stream. */
export class StreamCollector {
  /** Bytes read so far. */
  length = 0;
  /** Whether the end was read. */
  finished = false;
  /** Whether all bytes so far equal the pattern that `sendPattern` sends. */
  isPattern = true;
  private readonly keeps: boolean;
  private readonly chunks: Uint8Array[] = [];

  constructor(keeps: boolean) {
    this.keeps = keeps;
  }

  /** All bytes so far; empty when they are not kept. */
  bytes(): Uint8Array {
    return joinChunks(this.chunks);
  }

  /** Read all available data. */
  readFrom(stream: QuicStream): void {
    for (;;) {
      const length = stream.read(SCRATCH);
      if (length === 0) break;
      this.isPattern = this.isPattern && isPattern(SCRATCH, length, this.length);
      if (this.keeps) this.chunks.push(SCRATCH.slice(0, length));
      this.length += length;
    }
    this.finished = stream.finished;
  }
}

const SCRATCH = new Uint8Array(65_536);

import type { Http3Stream } from '@tsquic/http3';

/**
 * Content of a request that nobody reads. It is read and dropped, because some browsers give up a request whose response is complete
 * when they are asked to stop while they still send it; what is more than the bound is not worth that, and is stopped. RFC 9114 §4.1
 */
export class DroppedContent {
  private readonly stream: Pick<Http3Stream, 'read' | 'stopReading'>;
  private readonly scratch: Uint8Array;
  private bytes = 0;

  /** @param scratch - memory to read into, which is used for nothing meanwhile. */
  constructor(stream: Pick<Http3Stream, 'read' | 'stopReading'>, scratch: Uint8Array) {
    this.stream = stream;
    this.scratch = scratch;
  }

  /** There may be content to read. */
  onContent(): void {
    for (let count = -1; count !== 0; this.bytes += count) {
      if (this.bytes > MOST_DROPPED_BYTES) return this.stream.stopReading();
      count = this.stream.read(this.scratch);
    }
  }
}

/** Content of one request that is dropped, as much as handlers take by default. */
const MOST_DROPPED_BYTES = 128 * 1024 * 1024;

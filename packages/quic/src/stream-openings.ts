import type { QuicConnection as ConnectionHandle, QuicStream as StreamHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import { QuicError } from './errors.ts';
import { use } from './usage.ts';

/** Those who wait to open streams of one kind, first come first served. */
export class StreamOpenings {
  private readonly handle: ConnectionHandle;
  private readonly isUnidirectional: boolean;
  private readonly waiting: Deferred<StreamHandle>[] = [];

  constructor(handle: ConnectionHandle, isUnidirectional: boolean) {
    this.handle = handle;
    this.isUnidirectional = isUnidirectional;
  }

  /** The handle of a new stream at once, or a place in the queue. */
  open(mayWait: boolean): StreamHandle | Deferred<StreamHandle> {
    const stream = this.waiting.length > 0 ? undefined : use(() => this.tryOpen());
    if (stream !== undefined) return stream;
    if (!mayWait) throw new QuicError('ERR_QUIC_STREAMS_UNAVAILABLE', 'the peer allows no more streams now');
    const place = new Deferred<StreamHandle>().optional();
    this.waiting.push(place);
    return place;
  }

  /** Give a place back; a stream that came for it meanwhile is given up. */
  leave(place: Deferred<StreamHandle>): void {
    const index = this.waiting.indexOf(place);
    if (index >= 0) this.waiting.splice(index, 1);
    else place.promise.then((stream) => stream.reset(0), ignore);
  }

  /** The peer allows more. */
  onAvailable(): void {
    while (this.waiting.length > 0) {
      const stream = this.tryOpen();
      if (stream === undefined) return;
      this.waiting.shift()!.resolve(stream);
    }
  }

  fail(error: unknown): void {
    for (const place of this.waiting.splice(0)) place.reject(error);
  }

  private tryOpen(): StreamHandle | undefined {
    return this.handle.openStream({ unidirectional: this.isUnidirectional });
  }
}

function ignore(): void {}

import { Deferred } from './deferred.ts';
import { QuicError } from './errors.ts';
import type { QuicStream } from './stream.ts';
import { use } from './usage.ts';

/** Calls that wait to open streams of one kind, in order. */
export class StreamOpenings {
  private readonly tryOpen: () => QuicStream | undefined;
  private readonly waiting: Deferred<QuicStream>[] = [];

  /** @param tryOpen - opens a stream; returns undefined while the peer allows none. */
  constructor(tryOpen: () => QuicStream | undefined) {
    this.tryOpen = tryOpen;
  }

  /** Open a stream at once, or wait in the queue. */
  open(mayWait: boolean): QuicStream | Deferred<QuicStream> {
    const stream = this.waiting.length > 0 ? undefined : use(() => this.tryOpen());
    if (stream !== undefined) return stream;
    if (!mayWait) throw new QuicError('ERR_QUIC_STREAMS_UNAVAILABLE', 'the peer allows no more streams now');
    const place = new Deferred<QuicStream>().optional();
    this.waiting.push(place);
    return place;
  }

  /** Leave the queue; a stream that was opened for the call meanwhile is abandoned. */
  leave(place: Deferred<QuicStream>): void {
    const index = this.waiting.indexOf(place);
    if (index >= 0) this.waiting.splice(index, 1);
    else place.promise.then((stream) => stream.destroy(), ignore);
  }

  /** The peer allows more streams. */
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
}

function ignore(): void {}

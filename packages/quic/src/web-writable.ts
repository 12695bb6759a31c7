import type { UnderlyingSink } from 'node:stream/web';
import { optional } from './deferred.ts';
import { errorCodeOf, QuicError } from './errors.ts';
import type { SendingHalf } from './sending-half.ts';

/**
 * A writable over one sending half. `writer.ready` waits once 64 KiB are queued here beside what the core holds;
 * `close` resolves when the peer has acknowledged every byte; `abort(reason)` takes effect at once, also while a
 * write waits.
 */
export function createWritable(half: SendingHalf): WritableStream<Uint8Array> {
  const writable = new QuicWritable(half, {
    start(controller) {
      half.onFailure = (error) => controller.error(error);
      if (half.failure !== undefined) controller.error(half.failure);
      // `abort` below is called only after the write under way, which may wait for a reader that never reads.
      const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
      signal.addEventListener('abort', () => {
        const { reason } = signal;
        // The stream fails by itself then, and must not be told so from in here.
        half.onFailure = () => {};
        half.abort(errorCodeOf(reason), reason);
      });
    },
    write(chunk) {
      if (chunk instanceof Uint8Array) return half.write(chunk);
      const error = new TypeError('a QUIC stream takes chunks of Uint8Array');
      // The stream is of no more use, and the peer would wait for its end.
      half.onFailure = () => {};
      half.abort(0, error);
      throw error;
    },
    close: () => half.end(),
    abort: (reason) => half.abort(errorCodeOf(reason), reason),
  });
  half.isHeld = () => writable.isPiped;
  return writable;
}

/** A stream that takes nothing: the side of a one-way stream that is not there. */
export function createClosedWritable(streamId: number): WritableStream<Uint8Array> {
  const failure = onlyReceives(streamId);
  return new QuicWritable({ failure, used: false }, { start: (controller) => controller.error(failure) });
}

/** Which streams a peer opens is its choice: to write to one that only receives is no fault of the program. */
export function onlyReceives(streamId: number): QuicError {
  return new QuicError('ERR_QUIC_NOT_WRITABLE', `stream ${streamId} only receives`);
}

/** What a writable needs to know of its half. */
interface Writing {
  readonly failure: unknown;
  used: boolean;
}

/**
 * Peers decide when a write fails: what nobody has looked at yet must not end the program as an unhandled rejection, and
 * `close` of a stream that has failed tells why (the standard's TypeError blames the program).
 */
class QuicWritable extends WritableStream<Uint8Array> {
  readonly #half: Writing;
  #writers = 0;

  constructor(half: Writing, sink: UnderlyingSink<Uint8Array>) {
    super(sink, { highWaterMark: QUEUED_BYTES, size: (chunk) => chunk?.byteLength ?? 0 });
    this.#half = half;
  }

  /** Something is piped into it, and may bring bytes at any time. */
  get isPiped(): boolean {
    return this.locked && this.#writers === 0;
  }

  override getWriter(): WritableStreamDefaultWriter<Uint8Array> {
    const writer = new Writer(this, this.#half, () => this.#writers--);
    this.#writers++;
    return writer;
  }

  override close(): Promise<void> {
    this.#half.used = true;
    return optional(orFailure(super.close(), this.#half));
  }

  override abort(reason?: unknown): Promise<void> {
    return optional(super.abort(reason));
  }
}

class Writer extends WritableStreamDefaultWriter<Uint8Array> {
  readonly #half: Writing;
  #onReleased: () => void;

  constructor(stream: WritableStream<Uint8Array>, half: Writing, onReleased: () => void) {
    super(stream);
    this.#half = half;
    this.#onReleased = onReleased;
  }

  override write(chunk: Uint8Array): Promise<void> {
    this.#half.used = true;
    return optional(super.write(chunk));
  }

  override close(): Promise<void> {
    this.#half.used = true;
    return optional(orFailure(super.close(), this.#half));
  }

  override abort(reason?: unknown): Promise<void> {
    return optional(super.abort(reason));
  }

  override releaseLock(): void {
    super.releaseLock();
    this.#onReleased();
    this.#onReleased = () => {};
  }
}

function orFailure(closing: Promise<void>, half: Writing): Promise<void> {
  return closing.catch((error: unknown) => {
    throw half.failure ?? error;
  });
}

const QUEUED_BYTES = 65_536;

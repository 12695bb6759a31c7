import { errorCodeOf } from './errors.ts';
import type { SendingHalf } from './sending-half.ts';

/**
 * A writable over one sending half. `writer.ready` waits once 64 KiB are queued here beside what the core holds;
 * `close` resolves when the peer has acknowledged every byte; `abort(reason)` takes effect at once, also while a
 * write waits.
 */
export function createWritable(half: SendingHalf): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>(
    {
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
        if (!(chunk instanceof Uint8Array)) throw new TypeError('a QUIC stream takes chunks of Uint8Array');
        return half.write(chunk);
      },
      close: () => half.end(),
      abort: (reason) => half.abort(errorCodeOf(reason), reason),
    },
    { highWaterMark: QUEUED_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

/** A stream that takes nothing: the side of a one-way stream that is not there. */
export function createClosedWritable(): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    start: (controller) => controller.error(new TypeError('this stream only receives')),
  });
}

const QUEUED_BYTES = 65_536;

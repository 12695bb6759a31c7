import type { ReadableStreamReadResult, UnderlyingByteSource, UnderlyingSource } from 'node:stream/web';
import { optional } from './deferred.ts';
import { errorCodeOf } from './errors.ts';
import type { ReceivingHalf } from './receiving-half.ts';

/**
 * A byte stream over one receiving half. It holds nothing itself: bytes leave the core when a read asks for them,
 * which is what opens the peer's window. Readers with a buffer of their own (`mode: 'byob'`) are served in place.
 */
export function createReadable(half: ReceivingHalf): ReadableStream<Uint8Array> {
  const source = new WebSource(half);
  return new QuicReadable({
    type: 'bytes',
    start: (controller) => source.start(controller),
    pull: () => source.pull(),
    cancel: (reason) => half.stop(errorCodeOf(reason), reason, false),
  });
}

/** A stream that has ended before it began: the side of a one-way stream that is not there. */
export function createEmptyReadable(): ReadableStream<Uint8Array> {
  return new QuicReadable({ type: 'bytes', start: (controller) => controller.close() });
}

/** Peers decide when a read fails: what nobody has looked at yet must not end the program as an unhandled rejection. */
class QuicReadable extends ReadableStream<Uint8Array> {
  constructor(source: UnderlyingByteSource) {
    // The types of the constructor know byte streams of no type argument only.
    super(source as unknown as UnderlyingSource<Uint8Array>);
  }

  override getReader(options: { readonly mode: 'byob' }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<Uint8Array>;
  override getReader(options?: {
    readonly mode: 'byob';
  }): ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array> {
    if (options?.mode === undefined) return new DefaultReader(this);
    return options.mode === 'byob' ? new ByobReader(this) : super.getReader(options);
  }

  override pipeTo(...args: Parameters<ReadableStream<Uint8Array>['pipeTo']>): Promise<void> {
    return optional(super.pipeTo(...args));
  }

  override cancel(reason?: unknown): Promise<void> {
    return optional(super.cancel(reason));
  }
}

class DefaultReader extends ReadableStreamDefaultReader<Uint8Array> {
  override read(): ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']> {
    return optional(super.read());
  }

  override cancel(reason?: unknown): Promise<void> {
    return optional(super.cancel(reason));
  }
}

class ByobReader extends ReadableStreamBYOBReader {
  override read<T extends ArrayBufferView>(
    view: T,
    options?: { readonly min?: number },
  ): Promise<ReadableStreamReadResult<T>> {
    return optional(super.read(view, options));
  }

  override cancel(reason?: unknown): Promise<void> {
    return optional(super.cancel(reason));
  }
}

class WebSource {
  private readonly half: ReceivingHalf;
  private controller!: ReadableByteStreamController;
  private wanted = false;
  private over = false;

  constructor(half: ReceivingHalf) {
    this.half = half;
  }

  start(controller: ReadableByteStreamController): void {
    this.controller = controller;
    this.half.onChange = () => this.flow();
    this.flow();
  }

  pull(): void {
    this.wanted = true;
    this.flow();
  }

  private flow(): void {
    if (this.over) return;
    if (this.wanted && this.half.failure === undefined) this.deliver();
    const { failure } = this.half;
    if (failure === undefined || this.over) return;
    this.over = true;
    this.controller.error(failure);
  }

  private deliver(): void {
    const { half, controller } = this;
    const request = controller.byobRequest;
    const view = request?.view as Uint8Array | null | undefined;
    const chunk = view ?? new Uint8Array(Math.min(half.readableBytes, CHUNK_BYTES));
    const count = half.read(chunk);
    if (half.ended) this.over = true;
    if (count > 0) {
      // Cleared first: the controller may pull again at once.
      this.wanted = false;
      if (request === null) controller.enqueue(chunk);
      else request.respond(count);
    }
    if (!half.ended) return;
    controller.close();
    // A reader with its own buffer gets it back.
    if (count === 0 && request !== null) request.respond(0);
  }
}

const CHUNK_BYTES = 65_536;

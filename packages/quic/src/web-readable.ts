import type { ReadableStreamReadResult, UnderlyingByteSource, UnderlyingSource } from 'node:stream/web';
import type { Chunk } from './chunk.ts';
import { optional } from './deferred.ts';
import { errorCodeOf } from './errors.ts';
import type { ReadingView, ReceivingHalf } from './receiving-half.ts';

/**
 * A byte stream over one receiving half. It holds no bytes itself: a read takes them from the core, which
 * gives the peer credit. Readers with a buffer of their own (`mode: 'byob'`) get the bytes without a copy.
 */
export function createReadable(half: ReceivingHalf): ReadableStream<Chunk> {
  return QuicReadable.over(new WebSource(half));
}

/** A stream that has ended, for the missing side of a unidirectional stream. */
export function createEmptyReadable(): ReadableStream<Chunk> {
  return QuicReadable.over({ type: 'bytes', start: (controller) => controller.close() });
}

/**
 * A read that fails because of the peer must not end the program as an unhandled rejection when the program
 * has not used the promise yet.
 */
export class QuicReadable extends ReadableStream<Chunk> {
  /** A readable of this class. It is not made by `new`, for the same reason as a `QuicWritable`. */
  static over(
    source: UnderlyingByteSource | UnderlyingSource<Chunk>,
    strategy?: QueuingStrategy<Chunk>,
  ): QuicReadable {
    // The types of the constructor do not allow a byte stream here.
    const readable = new ReadableStream<Chunk>(source as unknown as UnderlyingSource<Chunk>, strategy);
    return Object.setPrototypeOf(readable, QuicReadable.prototype) as QuicReadable;
  }

  override getReader(options: { readonly mode: 'byob' }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<Chunk>;
  override getReader(options?: {
    readonly mode: 'byob';
  }): ReadableStreamBYOBReader | ReadableStreamDefaultReader<Chunk> {
    if (options?.mode === undefined) return new DefaultReader(this);
    return options.mode === 'byob' ? new ByobReader(this) : super.getReader(options);
  }

  override pipeTo(...args: Parameters<ReadableStream<Chunk>['pipeTo']>): Promise<void> {
    return optional(super.pipeTo(...args));
  }

  override cancel(reason?: unknown): Promise<void> {
    return optional(super.cancel(reason));
  }
}

class DefaultReader extends ReadableStreamDefaultReader<Chunk> {
  override read(): ReturnType<ReadableStreamDefaultReader<Chunk>['read']> {
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

class WebSource implements UnderlyingByteSource, ReadingView {
  readonly type = 'bytes';
  private readonly half: ReceivingHalf;
  private controller!: ReadableByteStreamController;
  private wanted = false;
  private over = false;

  constructor(half: ReceivingHalf) {
    this.half = half;
  }

  start(controller: ReadableByteStreamController): void {
    this.controller = controller;
    this.half.view = this;
    this.flow();
  }

  pull(): void {
    this.wanted = true;
    this.flow();
  }

  cancel(reason: unknown): void {
    this.half.stop(errorCodeOf(reason), reason, false);
  }

  onChange(): void {
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
    const view = request?.view as Chunk | null | undefined;
    const chunk = view ?? new Uint8Array(Math.min(half.readableBytes, CHUNK_BYTES));
    const count = half.read(chunk);
    if (half.ended) this.over = true;
    if (count > 0) {
      // This is cleared first, because the controller may pull again at once.
      this.wanted = false;
      if (request === null) controller.enqueue(chunk);
      else request.respond(count);
    }
    if (!half.ended) return;
    controller.close();
    // A reader with its own buffer gets that back.
    if (count === 0 && request !== null) request.respond(0);
  }
}

const CHUNK_BYTES = 65_536;

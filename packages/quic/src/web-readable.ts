import { errorCodeOf } from './errors.ts';
import type { ReceivingHalf } from './receiving-half.ts';

/**
 * A byte stream over one receiving half. It holds nothing itself: bytes leave the core when a read asks for them,
 * which is what opens the peer's window. Readers with a buffer of their own (`mode: 'byob'`) are served in place.
 */
export function createReadable(half: ReceivingHalf): ReadableStream<Uint8Array> {
  const source = new WebSource(half);
  return new ReadableStream({
    type: 'bytes',
    start: (controller) => source.start(controller),
    pull: () => source.pull(),
    cancel: (reason) => half.stop(errorCodeOf(reason), reason),
  });
}

/** A stream that has ended before it began: the side of a one-way stream that is not there. */
export function createEmptyReadable(): ReadableStream<Uint8Array> {
  return new ReadableStream({ type: 'bytes', start: (controller) => controller.close() });
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

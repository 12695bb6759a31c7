import type { DataStream } from '../session/data-stream.ts';
import { QuietReadable } from './quiet-streams.ts';
import { streamCodeOf, streamError } from './web-transport-error.ts';

/** Counters of a stream that is read. */
export interface WebTransportReceiveStreamStats {
  /** Bytes that came. */
  readonly bytesReceived: number;
  /** Bytes that were read. */
  readonly bytesRead: number;
}

/**
 * A stream of bytes from the peer, https://www.w3.org/TR/webtransport/#receive-stream. Bytes wait in the transport until they are read,
 * so that the peer can send no more than its limits allow. `cancel` with a `WebTransportError` tells the peer its code.
 */
export class WebTransportReceiveStream extends QuietReadable<Uint8Array> {
  readonly #stream: DataStream;

  /** @internal */
  constructor(source: ReceiveSource) {
    super(source as unknown as ConstructorParameters<typeof ReadableStream<Uint8Array>>[0], {
      highWaterMark: 0,
    });
    this.#stream = source.stream;
  }

  getStats(): Promise<WebTransportReceiveStreamStats> {
    const { receivedBytes, readBytes } = this.#stream;
    return Promise.resolve({ bytesReceived: receivedBytes, bytesRead: readBytes });
  }
}

/** Where a `WebTransportReceiveStream` reads from; told what happens on the stream. */
export class ReceiveSource {
  readonly type = 'bytes';
  readonly stream: DataStream;
  private readonly wake: () => void;
  private controller!: ReadableByteStreamController;
  private isWanted = false;
  private isOver = false;
  private failure: unknown = undefined;

  /** @param wake - is called when something was read or stopped outside of a handler. */
  constructor(stream: DataStream, wake: () => void) {
    this.stream = stream;
    this.wake = wake;
  }

  start(controller: ReadableByteStreamController): void {
    this.controller = controller;
    this.flow();
  }

  pull(): void {
    this.isWanted = true;
    this.flow();
    this.wake();
  }

  cancel(reason: unknown): void {
    this.isOver = true;
    this.stream.stopSending(streamCodeOf(reason));
    this.wake();
  }

  // What happens on the stream

  onReadable(): void {
    this.flow();
  }

  onReset(code: number | undefined): void {
    this.fail(streamError('the peer gave the stream up', code));
  }

  fail(error: unknown): void {
    this.failure ??= error;
    this.flow();
  }

  private flow(): void {
    if (this.isOver || this.controller === undefined) return;
    if (this.failure !== undefined) {
      this.isOver = true;
      this.controller.error(this.failure);
    } else if (this.isWanted || this.stream.readableBytes === 0) this.deliver();
  }

  private deliver(): void {
    const { stream, controller } = this;
    const request = controller.byobRequest;
    const view = request?.view as Uint8Array | null | undefined;
    const chunk = view ?? new Uint8Array(this.isWanted ? Math.min(stream.readableBytes, CHUNK_BYTES) : 0);
    // A read of nothing finds the end.
    const count = stream.read(chunk);
    if (count > 0) {
      // The controller may pull again at once.
      this.isWanted = false;
      if (request === null) controller.enqueue(chunk.subarray(0, count));
      else request.respond(count);
    }
    if (!stream.finished || this.isOver) return;
    this.isOver = true;
    controller.close();
    // A reader with its own buffer gets that back.
    if (count === 0 && request !== null) request.respond(0);
  }
}

/** Bytes of a chunk at most. */
const CHUNK_BYTES = 65_536;

import type { UnderlyingByteSource } from 'node:stream/web';
import type { Http3Stream } from '@tsquic/http3';
import type { Chunk } from '../chunk.ts';
import { QuicReadable } from '../web-readable.ts';

/** What the content of a message needs of its surroundings. */
export interface IncomingBodyHost {
  /** Memory to read into, which is used for nothing meanwhile. */
  readonly scratch: Uint8Array;
  /** Content was read, which gives the peer credit. */
  wake(): void;
  /** The program asks for content, and there is none yet. */
  onWaiting?(): void;
  /** Content has come, so many bytes by now. Where that is too much, it makes the body fail. */
  onProgress?(totalBytes: number): void;
  /** The program wants no more. */
  onCancel(reason: unknown): void;
  /** Nobody waits for content any more: it ended, failed, or is not wanted. */
  onOver?(): void;
}

/**
 * The content of a message as a byte stream. It holds no bytes itself: a read takes them from the stream, so that the peer sends as
 * fast as the program reads.
 */
export class IncomingBody implements UnderlyingByteSource {
  readonly type = 'bytes';
  readonly readable: ReadableStream<Chunk>;
  private readonly stream: Pick<Http3Stream, 'read'>;
  private readonly host: IncomingBodyHost;
  private controller!: ReadableByteStreamController;
  private isWanted = false;
  private isOver = false;
  private lost: { readonly error: unknown } | undefined = undefined;
  private bytes = 0;

  constructor(stream: Pick<Http3Stream, 'read'>, host: IncomingBodyHost) {
    this.stream = stream;
    this.host = host;
    this.readable = QuicReadable.over(this);
  }

  /** Whether the program has begun to use it. */
  get isUsed(): boolean {
    return this.readable.locked || this.bytes > 0;
  }

  /** Bytes that the program has read. */
  get bytesRead(): number {
    return this.bytes;
  }

  /** Whether nothing more is read: everything was, or it has failed, or the program has cancelled it. */
  get isClosed(): boolean {
    return this.isOver;
  }

  start(controller: ReadableByteStreamController): void {
    this.controller = controller;
  }

  pull(): void {
    this.isWanted = true;
    this.deliver();
    if (this.isWanted && !this.isOver) this.host.onWaiting?.();
  }

  cancel(reason: unknown): void {
    this.finish();
    this.host.onCancel(reason);
  }

  /** There is content to read. */
  onContent(): void {
    this.deliver();
  }

  /** All content was read. */
  onEnd(): void {
    if (this.isOver) return;
    this.finish();
    this.controller.close();
    // A reader with its own buffer gets that back.
    this.controller.byobRequest?.respond(0);
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.finish();
    this.controller.error(error);
  }

  private finish(): void {
    this.isOver = true;
    this.host.onOver?.();
  }

  /** The connection has ended: what has come can be read, which may be all. */
  onLost(error: unknown): void {
    this.lost = { error };
    this.deliver();
  }

  private deliver(): void {
    if (!this.isWanted || this.isOver) return;
    const { host, controller } = this;
    const request = controller.byobRequest;
    const view = request?.view as Chunk | null | undefined;
    const count = this.stream.read(view ?? host.scratch);
    if (count === 0) return this.failIfLost();
    this.bytes += count;
    host.onProgress?.(this.bytes);
    if (this.isClosed) return;
    // This is cleared first, because the controller may pull again at once.
    this.isWanted = false;
    if (request === null) controller.enqueue(host.scratch.slice(0, count));
    else request.respond(count);
    host.wake();
  }

  /** Nothing more will come, unless the end has, which is then told in this turn. */
  private failIfLost(): void {
    const { lost } = this;
    if (lost !== undefined) queueMicrotask(() => this.fail(lost.error));
  }
}

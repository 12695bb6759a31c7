import type { DataStream } from '../session/data-stream.ts';
import { QuietReadable } from './quiet-streams.ts';

/** A stream of the peer that a program has not taken. */
interface Waiting<T> {
  readonly stream: DataStream;
  readonly view: T;
}

/** The streams that the peer opens, as a stream of them. What waits here holds its bytes in the transport. */
export class IncomingStreams<T> {
  readonly readable: ReadableStream<T>;
  private readonly waiting: Waiting<T>[] = [];
  private controller!: ReadableStreamDefaultController<T>;
  private isWanted = false;
  private isOver = false;

  private readonly refuse: (stream: DataStream) => void;

  /** @param refuse - is called for streams that come after the program has cancelled. */
  constructor(refuse: (stream: DataStream) => void) {
    this.refuse = refuse;
    this.readable = new QuietReadable<T>(
      {
        start: (controller: ReadableStreamDefaultController<T>) => {
          this.controller = controller;
        },
        pull: () => {
          this.isWanted = true;
          this.deliver();
        },
        cancel: () => {
          this.isOver = true;
          for (const { stream } of this.waiting.splice(0)) this.refuse(stream);
        },
      },
      { highWaterMark: 0 },
    );
  }

  push(stream: DataStream, view: T): void {
    if (this.isOver) return this.refuse(stream);
    this.waiting.push({ stream, view });
    // The transport bounds streams that are open, and not those that were reset.
    if (this.waiting.length > MOST_WAITING) this.dropEnded();
    this.deliver();
  }

  /** No more will come, with an error or without. */
  end(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.waiting.length = 0;
    if (error === undefined) this.controller.close();
    else this.controller.error(error);
  }

  private dropEnded(): void {
    const at = this.waiting.findIndex(({ stream }) => stream.isReleased);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private deliver(): void {
    const next = this.isWanted ? this.waiting.shift() : undefined;
    if (next === undefined) return;
    this.isWanted = false;
    this.controller.enqueue(next.view);
  }
}

/** Streams that wait, beyond which those that were reset are forgotten. */
const MOST_WAITING = 256;

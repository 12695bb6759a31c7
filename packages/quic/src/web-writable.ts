import type { UnderlyingSink } from 'node:stream/web';
import { optional } from './deferred.ts';
import { errorCodeOf, QuicError } from './errors.ts';
import type { SendingHalf, WritingView } from './sending-half.ts';

/**
 * A writable over one sending half. `writer.ready` waits once 64 KiB are queued here beside what the core holds;
 * `close` resolves when the peer has acknowledged every byte; `abort(reason)` takes effect at once, also while a
 * write waits.
 */
export function createWritable(half: SendingHalf): WritableStream<Uint8Array> {
  const sink = new WebSink(half);
  const strategy = { ...BY_BYTES, highWaterMark: half.highWaterMark ?? QUEUED_BYTES };
  return (sink.writable = QuicWritable.over(sink, sink, strategy));
}

class WebSink implements UnderlyingSink<Uint8Array>, WritingView, Written {
  readonly half: SendingHalf;
  writers = 0;
  writable: QuicWritable | undefined = undefined;
  private controller: WritableStreamDefaultController | undefined = undefined;
  private hearsAbort = false;
  /** Whether the writable fails by itself, and must not be made to fail here too. */
  private failsAlone = false;

  constructor(half: SendingHalf) {
    this.half = half;
  }

  get isHeld(): boolean {
    return this.writable?.isPiped === true;
  }

  onFailure(error: unknown): void {
    if (!this.failsAlone) this.controller?.error(error);
  }

  start(controller: WritableStreamDefaultController): void {
    const { half } = this;
    this.controller = controller;
    half.view = this;
    if (half.failure !== undefined) controller.error(half.failure);
  }

  write(chunk: unknown): Promise<void> | undefined {
    if (chunk instanceof Uint8Array) {
      const waiting = this.half.write(chunk);
      if (waiting !== undefined) this.hearAbort();
      return waiting;
    }
    const error = invalidChunk();
    // No more is written to the stream, and the peer would wait for its end.
    this.giveUp(error, 0);
    throw error;
  }

  close(): Promise<void> {
    this.hearAbort();
    return this.half.end();
  }

  abort(reason: unknown): void {
    this.giveUp(reason, errorCodeOf(reason));
  }

  /**
   * `abort` is called only after the write or close in progress, which may wait without end for the peer. The signal of a
   * controller is made when it is asked for, with half a kilobyte of memory, so that it is not before there is such a wait.
   */
  private hearAbort(): void {
    if (this.hearsAbort) return;
    this.hearsAbort = true;
    const { signal } = this.controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
    signal.addEventListener('abort', () => this.abort(signal.reason));
  }

  private giveUp(reason: unknown, code: number): void {
    this.failsAlone = true;
    this.half.abort(code, reason);
  }
}

/** A stream that takes no bytes, for the missing side of a unidirectional stream. */
export function createClosedWritable(streamId: number): WritableStream<Uint8Array> {
  const failure = onlyReceives(streamId);
  return QuicWritable.over(
    { half: { failure, used: false }, writers: 0 },
    { start: (controller) => controller.error(failure) },
  );
}

/**
 * The error of a write to a unidirectional stream of the peer. The peer chooses what it opens, so it is no
 * misuse by the program.
 */
export function onlyReceives(streamId: number): QuicError {
  return new QuicError('ERR_QUIC_NOT_WRITABLE', `stream ${streamId} only receives`);
}

/** A TypeError, as streams of the platform throw. */
export function invalidChunk(): TypeError {
  return Object.assign(
    new TypeError(
      'QUIC sends bytes: pass a Uint8Array, as new TextEncoder().encode(text) makes one of a text',
    ),
    {
      code: 'ERR_QUIC_INVALID_CHUNK',
    },
  );
}

/** What a writable writes to, and how many writers it has. */
interface Written {
  readonly half: Writing;
  writers: number;
}

/** The functions of its half that a writable needs. */
interface Writing {
  readonly failure: unknown;
  used: boolean;
}

/**
 * What each writable writes to. Runtimes give every writable a hidden class of its own, so that a field of ours would take several
 * times the memory of an entry here.
 */
const written = new WeakMap<QuicWritable, Written>();

/**
 * A write that fails because of the peer must not end the program as an unhandled rejection when the program
 * has not used the promise yet. `close` of a failed stream tells why (the standard's TypeError blames the
 * program).
 */
export class QuicWritable extends WritableStream<Uint8Array> {
  /**
   * A writable of this class. It is not made by `new`, because Node 20 gives each instance of a class derived from its own several
   * hidden classes; one that gets its prototype afterwards takes a kilobyte less.
   */
  static over(
    to: Written,
    sink: UnderlyingSink<Uint8Array>,
    strategy: QueuingStrategy<Uint8Array> = BY_BYTES,
  ): QuicWritable {
    const writable = new WritableStream<Uint8Array>(sink, strategy);
    Object.setPrototypeOf(writable, QuicWritable.prototype);
    written.set(writable as QuicWritable, to);
    return writable as QuicWritable;
  }

  /** Whether a stream is piped into it, which may bring bytes at any time. */
  get isPiped(): boolean {
    return this.locked && written.get(this)!.writers === 0;
  }

  override getWriter(): WritableStreamDefaultWriter<Uint8Array> {
    const to = written.get(this)!;
    const writer = new Writer(this, to);
    to.writers++;
    return writer;
  }

  override close(): Promise<void> {
    const { half } = written.get(this)!;
    half.used = true;
    return optional(orFailure(super.close(), half));
  }

  override abort(reason?: unknown): Promise<void> {
    return optional(super.abort(reason));
  }
}

class Writer extends WritableStreamDefaultWriter<Uint8Array> {
  readonly #to: Written;
  #isReleased = false;

  constructor(stream: WritableStream<Uint8Array>, to: Written) {
    super(stream);
    this.#to = to;
  }

  override write(chunk: Uint8Array): Promise<void> {
    this.#to.half.used = true;
    return optional(super.write(chunk));
  }

  override close(): Promise<void> {
    const { half } = this.#to;
    half.used = true;
    return optional(orFailure(super.close(), half));
  }

  override abort(reason?: unknown): Promise<void> {
    return optional(super.abort(reason));
  }

  override releaseLock(): void {
    super.releaseLock();
    if (!this.#isReleased) this.#to.writers--;
    this.#isReleased = true;
  }
}

function orFailure(closing: Promise<void>, half: Writing): Promise<void> {
  return closing.catch((error: unknown) => {
    throw half.failure ?? error;
  });
}

const QUEUED_BYTES = 65_536;
const BY_BYTES: QueuingStrategy<Uint8Array> = {
  highWaterMark: QUEUED_BYTES,
  size: (chunk) => chunk?.byteLength ?? 0,
};

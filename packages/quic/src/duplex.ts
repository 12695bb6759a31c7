import { Duplex } from 'node:stream';
import { errorCodeOf, QuicError } from './errors.ts';
import type { ReadingView } from './receiving-half.ts';
import type { WritingView } from './sending-half.ts';
import type { StreamLink } from './stream-link.ts';
import { linkOf, type QuicStream } from './stream.ts';
import { onlyReceives } from './web-writable.ts';

/**
 * A stream as a `Duplex` of `node:stream`, for pipelines. Use it instead of `readable` and `writable`, not
 * together with them. `finish` comes when the peer has acknowledged every byte; `destroy(error)` abandons
 * both directions with the `errorCode` of the error, or 0. The missing side of a unidirectional stream has
 * ended: there is nothing to read, or writing ends with the other side, and a write destroys with
 * `ERR_QUIC_NOT_WRITABLE`. When the peer resets the stream, it is destroyed at once, and with `resetAt` once
 * the bytes of its reliable size were read.
 *
 * What the peer causes is an `error` event only if there is a listener for it; `errored` and `close` tell it
 * in any case.
 */
export function createDuplex(stream: QuicStream): Duplex {
  const link = linkOf(stream);
  link.touched = true;
  const duplex = new StreamDuplex(link);
  if (link.receiving === undefined) duplex.push(null);
  return duplex;
}

class StreamDuplex extends Duplex implements ReadingView, WritingView {
  private readonly receiving: StreamLink['receiving'];
  private readonly sending: StreamLink['sending'];
  private readonly streamId: number;
  private wanted = false;
  private pushedEnd = false;
  /** The error to fail with when all waiting bytes were read. */
  private failing: { readonly error: unknown } | undefined = undefined;
  /** Number of streams piped into it, which may bring bytes at any time. */
  private sources = 0;

  constructor({ id, receiving, sending }: StreamLink) {
    super({ allowHalfOpen: true });
    this.streamId = id;
    this.receiving = receiving;
    this.sending = sending;
    if (receiving !== undefined) receiving.view = this;
    if (sending === undefined) return;
    sending.view = this;
    this.on('pipe', () => this.sources++).on('unpipe', () => this.sources--);
  }

  /**
   * A stream that has failed already is destroyed after this turn, because pipelines do not accept a
   * destroyed stream.
   */
  override _construct(done: (error?: Error | null) => void): void {
    const failure = this.sending?.failure;
    done(failure === undefined ? null : errorOf(failure));
  }

  /** An `error` event without a listener ends a program, which a peer must not be able to cause. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error' && args[0] instanceof QuicError && this.listenerCount('error') === 0) return false;
    return super.emit(event, ...args);
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    // The peer opened a unidirectional stream, so a write to it is not a write after the end.
    if (this.sending === undefined && !this.destroyed) this.destroy(onlyReceives(this.streamId));
    return (super.write as (...args: unknown[]) => boolean)(chunk, ...rest);
  }

  /** The bytes of a partial reset come before its error. */
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    const { failing } = this;
    if (failing !== undefined && this.readableLength === 0)
      // The reader gets the chunk first.
      queueMicrotask(() => this.onFailure(failing.error));
    return chunk;
  }

  override _read(): void {
    this.wanted = true;
    this.onChange();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    const waiting = this.sending?.write(chunk);
    if (waiting === undefined) done();
    else settle(waiting, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.sending === undefined) done();
    else settle(this.sending.end(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const code = errorCodeOf(error);
    this.receiving?.stop(code, error, error !== null);
    this.sending?.abort(code, error);
    done(error);
  }

  /** @internal */
  get isHeld(): boolean {
    return this.sources > 0;
  }

  /** @internal */
  onChange(): void {
    const { receiving } = this;
    if (receiving === undefined || this.pushedEnd || this.destroyed || this.failing !== undefined) return;
    while (this.wanted && receiving.failure === undefined) {
      const chunk = Buffer.allocUnsafe(Math.min(receiving.readableBytes, CHUNK_BYTES));
      const count = receiving.read(chunk);
      if (count > 0) this.wanted = this.push(count === chunk.length ? chunk : chunk.subarray(0, count));
      if (receiving.ended) {
        this.pushedEnd = true;
        this.push(null);
        // The end comes only now, because pipelines wait without end for a write to an ended stream.
        if (this.sending === undefined) this.end();
        return;
      }
      if (count === 0) break;
    }
    const { failure, isPartial } = receiving;
    if (failure === undefined) return;
    if (isPartial && this.readableLength > 0) this.failing = { error: failure };
    else this.onFailure(failure);
  }

  /** @internal */
  onFailure(error: unknown): void {
    this.destroy(errorOf(error));
  }
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the stream was given up', { cause: reason });
}

/** Call Node's callback when a promise settles. */
function settle(promise: Promise<void>, done: (error?: Error | null) => void): void {
  const succeed = (): void => done();
  promise.then(succeed, done);
}

const CHUNK_BYTES = 65_536;

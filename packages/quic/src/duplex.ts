import { Duplex } from 'node:stream';
import { errorCodeOf, QuicError } from './errors.ts';
import type { StreamLink } from './stream-link.ts';
import { linkOf, type QuicStream } from './stream.ts';
import { onlyReceives } from './web-writable.ts';

/**
 * A stream as a `Duplex` of `node:stream`, for pipelines. Use it instead of `readable` and `writable`, not beside
 * them. `finish` comes when the peer has acknowledged every byte; `destroy(error)` gives up both ways with the
 * `errorCode` of the error, or 0. Of a one-way stream, the side that is not there has ended: there is nothing to read, or
 * it ends with the other side, and a write destroys with `ERR_QUIC_NOT_WRITABLE`.
 *
 * What the peer causes is an `error` event only where somebody listens to it; `errored` and `close` tell it in any case.
 */
export function createDuplex(stream: QuicStream): Duplex {
  const link = linkOf(stream);
  link.touched = true;
  const duplex = new StreamDuplex(link);
  if (link.receiving === undefined) duplex.push(null);
  return duplex;
}

class StreamDuplex extends Duplex {
  private readonly receiving: StreamLink['receiving'];
  private readonly sending: StreamLink['sending'];
  private readonly streamId: number;
  private wanted = false;
  private pushedEnd = false;
  /** Streams that are piped into it, and may bring bytes at any time. */
  private sources = 0;

  constructor({ id, receiving, sending }: StreamLink) {
    super({ allowHalfOpen: true });
    this.streamId = id;
    this.receiving = receiving;
    this.sending = sending;
    if (receiving !== undefined) receiving.onChange = () => this.flow();
    if (sending === undefined) return;
    sending.onFailure = (error) => this.fail(error);
    sending.isHeld = () => this.sources > 0;
    this.on('pipe', () => this.sources++).on('unpipe', () => this.sources--);
  }

  /** What has failed already is told after this turn: pipelines do not take a stream that is destroyed. */
  override _construct(done: (error?: Error | null) => void): void {
    const failure = this.sending?.failure;
    done(failure === undefined ? null : errorOf(failure));
  }

  /** An `error` that nobody listens to ends a program: peers are not given that power. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error' && args[0] instanceof QuicError && this.listenerCount('error') === 0) return false;
    return super.emit(event, ...args);
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    // The peer chose that there is nothing to write to: that is its doing, not a write after the end.
    if (this.sending === undefined && !this.destroyed) this.destroy(onlyReceives(this.streamId));
    return (super.write as (...args: unknown[]) => boolean)(chunk, ...rest);
  }

  override _read(): void {
    this.wanted = true;
    this.flow();
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

  private flow(): void {
    const { receiving } = this;
    if (receiving === undefined || this.pushedEnd || this.destroyed) return;
    while (this.wanted && receiving.failure === undefined) {
      const chunk = Buffer.allocUnsafe(Math.min(receiving.readableBytes, CHUNK_BYTES));
      const count = receiving.read(chunk);
      if (count > 0) this.wanted = this.push(count === chunk.length ? chunk : chunk.subarray(0, count));
      if (receiving.ended) {
        this.pushedEnd = true;
        this.push(null);
        // Not before: pipelines wait for ever for a write into what has ended.
        if (this.sending === undefined) this.end();
        return;
      }
      if (count === 0) break;
    }
    if (receiving.failure !== undefined) this.fail(receiving.failure);
  }

  private fail(error: unknown): void {
    this.destroy(errorOf(error));
  }
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the stream was given up', { cause: reason });
}

/** Node's callback style for a promise. */
function settle(promise: Promise<void>, done: (error?: Error | null) => void): void {
  const succeed = (): void => done();
  promise.then(succeed, done);
}

const CHUNK_BYTES = 65_536;

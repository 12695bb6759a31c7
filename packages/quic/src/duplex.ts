import { Duplex } from 'node:stream';
import { errorCodeOf } from './errors.ts';
import type { ReceivingHalf } from './receiving-half.ts';
import type { SendingHalf } from './sending-half.ts';
import { linkOf, type QuicStream } from './stream.ts';

/**
 * A stream as a `Duplex` of `node:stream`, for pipelines. Use it instead of `readable` and `writable`, not beside
 * them. `finish` comes when the peer has acknowledged every byte; `destroy(error)` gives up both ways with the
 * `errorCode` of the error, or 0. Of a one-way stream, the side that is not there has ended.
 */
export function createDuplex(stream: QuicStream): Duplex {
  const { receiving, sending } = linkOf(stream);
  const duplex = new StreamDuplex(receiving, sending);
  if (receiving === undefined) duplex.push(null);
  if (sending === undefined) duplex.end();
  return duplex;
}

class StreamDuplex extends Duplex {
  private readonly receiving: ReceivingHalf | undefined;
  private readonly sending: SendingHalf | undefined;
  private wanted = false;
  private pushedEnd = false;

  constructor(receiving: ReceivingHalf | undefined, sending: SendingHalf | undefined) {
    super({ allowHalfOpen: true });
    this.receiving = receiving;
    this.sending = sending;
    if (receiving !== undefined) receiving.onChange = () => this.flow();
    if (sending !== undefined) sending.onFailure = (error) => this.fail(error);
    if (sending?.failure !== undefined) this.fail(sending.failure);
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
    this.receiving?.stop(code, error);
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
        return;
      }
      if (count === 0) break;
    }
    if (receiving.failure !== undefined) this.fail(receiving.failure);
  }

  private fail(error: unknown): void {
    this.destroy(error instanceof Error ? error : new Error('the stream was given up', { cause: error }));
  }
}

/** Node's callback style for a promise. */
function settle(promise: Promise<void>, done: (error?: Error | null) => void): void {
  const succeed = (): void => done();
  promise.then(succeed, done);
}

const CHUNK_BYTES = 65_536;

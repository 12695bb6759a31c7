import type { Http3Stream } from '@tsquic/http3';
import { Deferred } from '../deferred.ts';
import type { FieldLines } from './handlers.ts';

/** What the sending of content needs of its surroundings. */
export interface OutgoingBodyHost {
  /** Something was written. */
  wake(): void;
  /** The peer gives no room for what waits. */
  onWaiting?(): void;
  /** There is room again. */
  onProgress?(): void;
}

/** Sends the content of a message at the pace of the peer, with one chunk in memory at most. */
export class OutgoingBody {
  private readonly stream: Http3Stream;
  private readonly host: OutgoingBodyHost;
  private room: Deferred<void> | undefined = undefined;
  private reader: ReadableStreamDefaultReader<unknown> | undefined = undefined;
  private broken: { readonly error: unknown } | undefined = undefined;

  constructor(stream: Http3Stream, host: OutgoingBodyHost) {
    this.stream = stream;
    this.host = host;
  }

  /**
   * Send all of a stream, then `trailers` where there are any, and the end. Rejects with what the stream fails with, with what `stop` was
   * given, and with a TypeError for chunks that are no bytes, and for more or fewer of them than `expectedBytes` (-1 for any number).
   */
  async send(
    body: ReadableStream<unknown>,
    expectedBytes: number,
    trailers?: () => FieldLines | undefined,
  ): Promise<void> {
    const reader = body.getReader();
    this.reader = reader;
    if (this.broken !== undefined) this.stop(this.broken.error);
    let sentBytes = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        this.check();
        if (done) break;
        if (!(value instanceof Uint8Array))
          throw new TypeError('a body consists of chunks that are Uint8Arrays');
        sentBytes += value.length;
        if (expectedBytes >= 0 && sentBytes > expectedBytes) throw unlike(expectedBytes);
        await this.write(value);
      }
      if (expectedBytes >= 0 && sentBytes < expectedBytes) throw unlike(expectedBytes);
    } catch (error) {
      void reader.cancel(error).catch(nothing);
      throw error;
    }
    this.end(trailers?.());
  }

  /** Send bytes, then trailers and the end likewise. */
  async sendBytes(bytes: Uint8Array, trailers?: () => FieldLines | undefined): Promise<void> {
    await this.write(bytes);
    this.end(trailers?.());
  }

  /** End the message, after everything was written. */
  end(trailers: FieldLines | undefined): void {
    if (trailers === undefined) this.stream.write(NOTHING, true);
    else this.stream.sendTrailers(trailers);
    this.host.wake();
  }

  onWritable(): void {
    this.room?.resolve();
    this.room = undefined;
  }

  /** Nobody wants more of it: what supplies it is told at once, and `send` rejects. */
  stop(reason: unknown): void {
    this.broken ??= { error: reason };
    void this.reader?.cancel(reason).catch(nothing);
    this.room?.reject(reason);
    this.room = undefined;
  }

  private async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += this.stream.write(at === 0 ? bytes : bytes.subarray(at));
      this.host.wake();
      this.check();
      if (at === bytes.length) return;
      this.room = new Deferred<void>().optional();
      this.host.onWaiting?.();
      await this.room.promise;
      this.host.onProgress?.();
    }
  }

  private check(): void {
    if (this.broken !== undefined) throw this.broken.error;
  }
}

function unlike(expectedBytes: number): TypeError {
  return new TypeError(`the body is not of the ${expectedBytes} bytes that content-length promises`);
}

function nothing(): void {}

const NOTHING = new Uint8Array(0);

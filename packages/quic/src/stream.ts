import { errorCodeOf, QuicStreamError } from './errors.ts';
import type { StreamLink } from './stream-link.ts';
import { createEmptyReadable, createReadable } from './web-readable.ts';
import { createClosedWritable, createWritable } from './web-writable.ts';

/**
 * A QUIC stream as a pair of web streams. Both exist always: of a one-way stream, the side that is not there has
 * ended (`readable`) or fails (`writable`). `openStream` and the iteration of a connection make them.
 *
 * Back-pressure goes through: what nobody reads stops the peer, and what the peer does not read stops a writer.
 */
export class QuicStream {
  /** RFC 9000 §2.1 */
  readonly id: number;
  readonly unidirectional: boolean;
  /** Opened here, not by the peer. */
  readonly local: boolean;
  private readonly link: StreamLink;
  private readableSide: ReadableStream<Uint8Array> | undefined = undefined;
  private writableSide: WritableStream<Uint8Array> | undefined = undefined;

  constructor(link: StreamLink) {
    this.id = link.id;
    this.unidirectional = link.isUnidirectional;
    this.local = link.isLocal;
    this.link = link;
    links.set(this, link);
  }

  /** What the peer sends. `cancel(reason)` sends STOP_SENDING with the `errorCode` of the reason, or 0. */
  get readable(): ReadableStream<Uint8Array> {
    const { receiving } = this.link;
    this.readableSide ??= receiving === undefined ? createEmptyReadable() : createReadable(receiving);
    return this.readableSide;
  }

  /**
   * What the peer gets. A write resolves when QUIC has taken the bytes, `close` when the peer has acknowledged all
   * of them. `abort(reason)` sends RESET_STREAM with the `errorCode` of the reason, or 0.
   */
  get writable(): WritableStream<Uint8Array> {
    const { sending } = this.link;
    this.writableSide ??= sending === undefined ? createClosedWritable() : createWritable(sending);
    return this.writableSide;
  }

  /** Give up whatever is unfinished, both ways; locked sides too. Pending reads and writes fail with `error`. */
  destroy(error: unknown = new QuicStreamError(0, `stream ${this.id} was given up here`)): void {
    this.link.abort(errorCodeOf(error), error);
  }

  /** The same as `destroy()`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
}

/** The halves behind a stream, for views other than web streams. */
export function linkOf(stream: QuicStream): StreamLink {
  return links.get(stream)!;
}

const links = new WeakMap<QuicStream, StreamLink>();

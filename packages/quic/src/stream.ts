import { errorCodeOf, QuicError } from './errors.ts';
import { showAs } from './inspection.ts';
import { givenUp } from './receiving-half.ts';
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

  static {
    showAs(QuicStream.prototype, 'QuicStream', ({ link }) => {
      const { id, isUnidirectional, isLocal, receiving, sending } = link;
      return {
        id,
        direction: isUnidirectional ? 'one way' : 'both ways',
        openedBy: isLocal ? 'this side' : 'the peer',
        ...(receiving === undefined
          ? {}
          : { readable: stateOf(receiving), readableBytes: receiving.readableBytes }),
        ...(sending === undefined ? {} : { writable: stateOf(sending) }),
      };
    });
  }

  constructor(link: StreamLink) {
    this.id = link.id;
    this.unidirectional = link.isUnidirectional;
    this.local = link.isLocal;
    this.link = link;
    links.set(this, link);
  }

  /**
   * Resolves when both directions have ended: what the peer sent was read or cancelled, what was written is acknowledged.
   * Rejects with the reason when a direction, or the connection, ended before. Nobody needs to look at it.
   */
  get closed(): Promise<void> {
    return this.link.closed;
  }

  /** What the peer sends. `cancel(reason)` sends STOP_SENDING with the `errorCode` of the reason, or 0. */
  get readable(): ReadableStream<Uint8Array> {
    const { receiving } = this.link;
    this.link.touched = true;
    this.readableSide ??= receiving === undefined ? createEmptyReadable() : createReadable(receiving);
    return this.readableSide;
  }

  /**
   * What the peer gets. A write resolves when QUIC has taken the bytes, `close` when the peer has acknowledged all
   * of them. `abort(reason)` sends RESET_STREAM with the `errorCode` of the reason, or 0.
   */
  get writable(): WritableStream<Uint8Array> {
    const { sending } = this.link;
    this.link.touched = true;
    this.writableSide ??= sending === undefined ? createClosedWritable(this.id) : createWritable(sending);
    return this.writableSide;
  }

  /** Give up whatever is unfinished, both ways; locked sides too. Pending reads and writes fail with `error`. */
  destroy(error: unknown = givenUp(this.id, 0)): void {
    this.link.abort(errorCodeOf(error), error);
  }

  /** The same as `destroy()`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
}

function stateOf({ failure, over }: { readonly failure: unknown; readonly over: boolean }): string {
  if (failure !== undefined) return failure instanceof QuicError ? failure.code : 'given up';
  return over ? 'ended' : 'open';
}

/** The halves behind a stream, for views other than web streams. */
export function linkOf(stream: QuicStream): StreamLink {
  return links.get(stream)!;
}

const links = new WeakMap<QuicStream, StreamLink>();

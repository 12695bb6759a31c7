import { type DataPath, showAs, type StreamPriority } from '@tsquic/quic-core';
import type { Chunk } from './chunk.ts';
import { errorCodeOf, QuicError, QuicStreamError } from './errors.ts';
import { givenUp } from './receiving-half.ts';
import type { QuicSendGroup } from './send-orders.ts';
import type { StreamLink } from './stream-link.ts';
import { use } from './usage.ts';
import { createEmptyReadable, createReadable } from './web-readable.ts';
import { createClosedWritable, createWritable } from './web-writable.ts';

/**
 * A QUIC stream as a pair of web streams. Both always exist: the missing side of a unidirectional stream has
 * ended (`readable`) or fails (`writable`). `openStream` and the iteration of a connection make them.
 *
 * Back-pressure extends to the peer: unread data stops the peer's writer, and data that the peer does not
 * read stops the writer here.
 */
export class QuicStream {
  /** The stream ID. RFC 9000 §2.1 */
  readonly id: number;
  readonly unidirectional: boolean;
  /** Whether this end opened the stream. */
  readonly local: boolean;
  private readonly link: StreamLink;
  private readableSide: ReadableStream<Chunk> | undefined = undefined;
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
  }

  /**
   * Resolves when both directions have ended: the peer's data was read or cancelled, written data is
   * acknowledged. Rejects with the reason when a direction, or the connection, ended before. The promise may
   * be ignored.
   */
  get closed(): Promise<void> {
    return this.link.closed;
  }

  /** Bytes that QUIC has taken to send. */
  get bytesWritten(): number {
    return this.link.handle.writtenBytes;
  }

  /** The priority, 0 to 255; lower values are sent first. */
  get priority(): number {
    return this.link.handle.priority;
  }

  /** Set the priority, as the option of `openStream` does; it applies from the next packet on. */
  setPriority(priority: StreamPriority): void {
    use(() => this.link.handle.setPriority(priority));
    this.link.sendOrders.remove(this.link.handle);
  }

  /**
   * Strict order, as of `WebTransportSendStream`: what waits on a stream of a higher number leaves before what waits on those of
   * lower numbers in its group. Streams of one number take turns; so do the highest of all groups, and those that come next in
   * each. It may change at any time; null, as at first, leaves the stream its `priority`, and `setPriority` sets it to null. The
   * lowest of more than 124 numbers take turns. Throws `ERR_QUIC_INVALID_OPTION` for what is no integer.
   */
  get sendOrder(): number | null {
    return this.link.sendOrders.orderOf(this.link.handle);
  }

  set sendOrder(order: number | null) {
    this.link.sendOrders.set(this.link.handle, order, this.sendGroup);
  }

  /** The group in which `sendOrder` counts, from `createSendGroup` of this connection; null is the group of all others. */
  get sendGroup(): QuicSendGroup | null {
    return this.link.sendOrders.groupOf(this.link.handle);
  }

  set sendGroup(group: QuicSendGroup | null) {
    this.link.sendOrders.set(this.link.handle, this.sendOrder, group);
  }

  /**
   * Several paths: send the data of the stream on the path with this ID, also where that is a backup, and by others only while
   * it is silent or once it is over; on every available path, at the cost of its bytes on each ('all'); by whichever has room
   * (undefined), as at first. Returns false, and changes nothing, for a path that is not in use, without multipath and after
   * the end. Throws `ERR_QUIC_INVALID_OPTION` for what is no path ID. draft-ietf-quic-multipath §5.5
   */
  setPath(path: DataPath): boolean {
    return this.link.setPath(path);
  }

  /**
   * Abandon writing, but deliver the first `reliableSize` bytes, at most `bytesWritten`: the peer reads them,
   * and then learns that the stream was reset, with the `errorCode` of the reason, or 0. Returns false, and
   * does nothing, when the peer does not accept RESET_STREAM_AT. draft-ietf-quic-reliable-stream-reset
   */
  resetAt(reliableSize: number, reason?: unknown): boolean {
    return this.link.sending?.abortAt(errorCodeOf(reason), reliableSize, reason) ?? true;
  }

  /**
   * Whether data of the peer came in 0-RTT packets. Until `ready` of the connection it may be a replay by an
   * attacker: act only on requests that may be carried out twice. RFC 9001 §9.2
   */
  get early(): boolean {
    return this.link.early;
  }

  /**
   * Server: answer what may be a replay with "too early", as HTTP does with status 425 (RFC 8470 §5.2): the stream is given up both
   * ways with this code of the application protocol, by which clients know to ask again after `ready` of their connection.
   * Returns false, and does nothing, where the stream is not `early` or the handshake is complete: then the data is no replay.
   */
  tooEarly(errorCode = 0): boolean {
    const { mayBeReplay } = this.link;
    if (mayBeReplay) this.destroy(new QuicStreamError(errorCode, `stream ${this.id} came too early`));
    return mayBeReplay;
  }

  /** The peer's data. `cancel(reason)` sends STOP_SENDING with the `errorCode` of the reason, or 0. */
  get readable(): ReadableStream<Chunk> {
    const { receiving } = this.link;
    this.link.touched = true;
    this.readableSide ??= receiving === undefined ? createEmptyReadable() : createReadable(receiving);
    return this.readableSide;
  }

  /**
   * Data for the peer. A write resolves when QUIC has taken the bytes, `close` when the peer has acknowledged
   * all of them. `abort(reason)` sends RESET_STREAM with the `errorCode` of the reason, or 0.
   */
  get writable(): WritableStream<Uint8Array> {
    const { sending } = this.link;
    this.link.touched = true;
    this.writableSide ??= sending === undefined ? createClosedWritable(this.id) : createWritable(sending);
    return this.writableSide;
  }

  /**
   * Abandon both directions as far as they are unfinished, also locked ones. Pending reads and writes fail
   * with `error`.
   */
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
  return stream['link'];
}

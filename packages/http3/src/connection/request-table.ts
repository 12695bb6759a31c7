import type { HttpPriority } from '@tsquic/quic-core';
import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { decodePriority } from '../priority/priority-field.ts';
import type { RequestStream } from '../stream/request-stream.ts';

/** The request streams that are open, what clients said of those to come, and how many were given up. */
export class RequestTable {
  private readonly streams = new Map<number, RequestStream>();
  /** Priorities of requests that have not come. RFC 9218 §7 */
  private readonly priorities = new Map<number, HttpPriority>();
  /** Streams that are complete here, whose end the peer has not acknowledged. */
  private readonly undelivered = new Set<number>();
  private readonly maxAbandoned: number;
  private abandoned = 0;
  /** One more than the largest request that was opened, in steps of four. */
  nextId = 0;

  /** @param maxAbandoned - Infinity for a client, which gives up its own. */
  constructor(maxAbandoned: number) {
    this.maxAbandoned = maxAbandoned;
  }

  /** Whether nothing is open, and what was sent has arrived: closing the connection loses nothing. */
  get isIdle(): boolean {
    return this.streams.size === 0 && this.undelivered.size === 0;
  }

  /** Streams that are complete here, whose end the peer has not acknowledged. */
  get undeliveredIds(): readonly number[] {
    return [...this.undelivered];
  }

  get(streamId: number): RequestStream | undefined {
    return this.streams.get(streamId);
  }

  add(stream: RequestStream): void {
    this.streams.set(stream.id, stream);
    this.nextId = Math.max(this.nextId, stream.id + 4);
  }

  all(): RequestStream[] {
    return [...this.streams.values()];
  }

  /** Forget a stream whose halves have both ended; returns whether it was known. */
  release(stream: RequestStream): boolean {
    if (!this.streams.delete(stream.id)) return false;
    this.priorities.delete(stream.id);
    if (stream.isComplete) this.abandoned = Math.max(this.abandoned - 1, 0);
    if (stream.isDelivering) this.undelivered.add(stream.id);
    return true;
  }

  /** The peer has all that was sent on a stream, or wants no more of it. */
  onDelivered(streamId: number): void {
    this.undelivered.delete(streamId);
  }

  /**
   * A client gave a request up, or broke the rules of its stream, for which the program may have begun to work. Throws
   * H3_EXCESSIVE_LOAD where it does little else. RFC 9114 §10.5
   *
   * A tunnel whose opening the client has acknowledged is not given up by a reset, which is one of the ends of a tunnel (RFC 9114
   * §4.4): who waits a round trip for each tunnel is bound by the number of streams. One that is reset before that costs what any
   * request costs, and the server as much as opening a connection elsewhere (RFC 9114 §10.5.2).
   */
  onAbandoned(): void {
    if (++this.abandoned > this.maxAbandoned)
      throw connectionError(Http3Code.ExcessiveLoad, 'too many requests are given up');
  }

  /**
   * A client asks for a priority; returns the stream if its request was told. Of those to come the first 128 are kept. RFC 9218 §7
   */
  onPriorityUpdate(
    streamId: number,
    value: string,
  ): { readonly stream: RequestStream | undefined; readonly priority: HttpPriority } {
    const priority = decodePriority(value);
    const known = this.streams.get(streamId);
    const stream = known?.hasHead === true ? known : undefined;
    const isToCome = known === undefined ? streamId >= this.nextId : stream === undefined;
    if (isToCome && (this.priorities.size < MOST_PRIORITIES || this.priorities.has(streamId)))
      this.priorities.set(streamId, priority);
    return { stream, priority };
  }

  /** What a client said of a request before it came; undefined for nothing. */
  takePriority(streamId: number): HttpPriority | undefined {
    const priority = this.priorities.get(streamId);
    this.priorities.delete(streamId);
    return priority;
  }
}

/** Requests to come whose priority is kept. */
const MOST_PRIORITIES = 128;

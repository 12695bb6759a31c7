import type { QuicStream } from '@tsquic/quic-core';
import { WebTransportCode } from './error-code.ts';
import type { Session } from './session.ts';
import type { SessionHost, StreamHandlers } from './session-host.ts';
import { SessionIdReader } from './stream-header.ts';

/** Where a stream belongs whose session ID was read. */
export type Destination =
  /** A session that is established. */
  | { readonly kind: 'session'; readonly session: Session }
  /** One that may come. */
  | { readonly kind: 'to-come' }
  /** One that was, or never will be. */
  | { readonly kind: 'gone' };

/** A stream that has no session yet, and what happened on it meanwhile. */
interface WaitingStream {
  readonly stream: QuicStream;
  readonly id: SessionIdReader;
  /** Codes of the peer's RESET_STREAM and STOP_SENDING; -1 for none. */
  resetCode: number;
  stopCode: number;
  /** Whether the transport has forgotten the stream. */
  isReleased: boolean;
}

/** What decides about streams. */
export interface StreamSorter {
  readonly host: SessionHost;
  /** Streams that wait at most. */
  readonly maxWaiting: number;
  destinationOf(sessionId: number): Destination;
  /** The peer names a session that cannot be. draft-ietf-webtrans-http3 §4 */
  onInvalidId(): void;
}

/**
 * Streams of the peer that came before their session. Their bytes stay in the transport, under its flow control; of streams beyond the
 * bound the oldest is rejected with WT_BUFFERED_STREAM_REJECTED. draft-ietf-webtrans-http3 §4.6
 */
export class WaitingStreams {
  private readonly sorter: StreamSorter;
  private readonly waiting: WaitingStream[] = [];

  constructor(sorter: StreamSorter) {
    this.sorter = sorter;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** A stream whose type was read; returns who is told of it. */
  take(stream: QuicStream): StreamHandlers {
    const entry: WaitingStream = {
      ...{ stream, id: new SessionIdReader() },
      ...{ resetCode: -1, stopCode: -1, isReleased: false },
    };
    this.waiting.push(entry);
    // Of most streams the header is there, and finds its session at once.
    if (this.waiting.length > HEADERS_SHARE * this.sorter.maxWaiting) this.evict(this.waiting[0]!);
    return {
      onReadable: () => this.onReadable(entry),
      onReset: (code) => this.onReset(entry, code),
      onStopped: (code) => (entry.stopCode = code),
      onReleased: () => this.onReleased(entry),
    };
  }

  /** A session is established: it gets the streams that waited for it. */
  handOver(session: Session): void {
    for (const entry of [...this.waiting])
      if (entry.id.isComplete && entry.id.value === session.id) this.adopt(entry, session);
  }

  /** A session will not come: its streams end. */
  reject(sessionId: number): void {
    for (const entry of [...this.waiting])
      if (entry.id.isComplete && entry.id.value === sessionId) this.refuse(entry);
  }

  private onReadable(entry: WaitingStream): void {
    if (entry.id.isComplete || !entry.id.read(entry.stream)) {
      // A stream that ends within its header belongs to no session.
      if (entry.stream.finished && !entry.id.isComplete) this.remove(entry);
      return;
    }
    if (!entry.id.isSessionId) return this.sorter.onInvalidId();
    const destination = this.sorter.destinationOf(entry.id.value);
    if (destination.kind === 'session') this.adopt(entry, destination.session);
    else if (destination.kind === 'gone') this.refuse(entry);
    else {
      const known = this.waiting.filter(({ id }) => id.isComplete);
      if (known.length > this.sorter.maxWaiting) this.evict(known[0]!);
    }
  }

  private onReset(entry: WaitingStream, code: number): void {
    if (entry.id.isComplete) entry.resetCode = code;
    else this.remove(entry);
  }

  /** A stream that was reset is one of its session nevertheless, which counts it. */
  private onReleased(entry: WaitingStream): void {
    entry.isReleased = true;
    if (!entry.id.isComplete) this.remove(entry);
  }

  private adopt(entry: WaitingStream, session: Session): void {
    if (!this.remove(entry)) return;
    const stream = session.adopt(entry.stream, entry.id.headerBytes, entry.isReleased);
    if (entry.stopCode >= 0) stream.onStopped(entry.stopCode);
    if (entry.resetCode >= 0) stream.onReset(entry.resetCode);
    if (entry.isReleased) stream.onReleased();
  }

  private evict(entry: WaitingStream): void {
    if (this.remove(entry)) entry.stream.discard(WebTransportCode.BufferedStreamRejected);
  }

  private refuse(entry: WaitingStream): void {
    if (this.remove(entry)) entry.stream.discard(WebTransportCode.SessionGone);
  }

  private remove(entry: WaitingStream): boolean {
    const at = this.waiting.indexOf(entry);
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }
}

/** For each stream that may wait for its session, so many may wait for the rest of their header. */
const HEADERS_SHARE = 4;

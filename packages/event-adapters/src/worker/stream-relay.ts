import type { QuicStream } from '@tsquic/quic-core';
import type { StreamHandlers } from '../event-dispatcher.ts';
import type { SharedRing } from './shared-ring.ts';

/** Options of `StreamRelay`. Leave out the ring of a direction that the stream does not have. */
export interface StreamRelayOptions {
  readonly stream: QuicStream;
  /** The ring into which the application writes. */
  readonly outgoing?: SharedRing;
  /** The ring from which the application reads. */
  readonly incoming?: SharedRing;
  /** Is called to tell the application that a ring changed. */
  readonly wakeApplication: () => void;
}

/**
 * Moves bytes between a stream and the rings of an application in another thread. A full ring leaves bytes in
 * the stream, whose flow control then stops the peer. Pass it to an `EventDispatcher` as the handlers of the
 * stream.
 */
export class StreamRelay implements StreamHandlers {
  private readonly stream: QuicStream;
  private readonly outgoing: SharedRing | undefined;
  private readonly incoming: SharedRing | undefined;
  private readonly wakeApplication: () => void;
  private sentAll = false;

  constructor(options: StreamRelayOptions) {
    this.stream = options.stream;
    this.outgoing = options.outgoing;
    this.incoming = options.incoming;
    this.wakeApplication = options.wakeApplication;
  }

  /** Move as many bytes as possible. Call it at first, and whenever the application woke the thread. */
  pump(): void {
    const sent = this.send();
    const received = this.receive();
    if (sent || received) this.wakeApplication();
  }

  onReadable(): void {
    this.pump();
  }

  onWritable(): void {
    this.pump();
  }

  onReset(): void {
    this.abort();
  }

  onStopped(): void {
    this.abort();
  }

  onClosed(): void {
    this.abort();
  }

  /**
   * The peer reset the stream, or the connection ended: the application sees `aborted` once it has read the
   * bytes from before.
   */
  abort(): void {
    this.outgoing?.abort();
    if (this.incoming?.ended !== true) this.incoming?.abort();
    this.wakeApplication();
  }

  private send(): boolean {
    const { outgoing: ring, stream } = this;
    if (ring === undefined || this.sentAll || ring.aborted) return false;
    let moved = false;
    for (;;) {
      // The end is read first, so that all bytes written before it are visible.
      const { ended } = ring;
      const bytes = ring.peek();
      const isLast = ended && bytes.length === ring.length;
      if (bytes.length === 0 && !isLast) return moved;
      const taken = stream.write(bytes, isLast);
      ring.skip(taken);
      moved ||= taken > 0;
      if (taken < bytes.length) return moved;
      if (isLast) {
        this.sentAll = true;
        return moved;
      }
    }
  }

  private receive(): boolean {
    const { incoming: ring, stream } = this;
    if (ring === undefined || ring.ended || ring.aborted) return false;
    let moved = false;
    for (;;) {
      const room = ring.room();
      const count = room.length === 0 ? 0 : stream.read(room);
      ring.commit(count);
      moved ||= count > 0;
      if (stream.finished) {
        ring.end();
        return true;
      }
      if (count === 0) return moved;
    }
  }
}

import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { SendLimit } from '../flow/send-limit.ts';

/** How many streams of one kind (one- or two-way) may exist, both ways. RFC 9000 §4.6 */
export class StreamCounts {
  /** Streams that we may open, and have opened. */
  readonly local: SendLimit = new SendLimit(0);
  /** An `openStream` was refused: tell the application when the limit grows. */
  wantsMore = false;
  /** Streams that the peer has opened. */
  remoteOpened = 0;
  /** MAX_STREAMS must be sent. */
  pending = false;
  /** The limit that the peer knows. */
  private announced: number;
  private closed = 0;
  private readonly window: number;

  /** @param window - streams that the peer may have open at once. */
  constructor(window: number) {
    this.window = window;
    this.announced = window;
  }

  /** STREAMS_BLOCKED must be sent: once for each limit. RFC 9000 §4.6 */
  get blockedPending(): boolean {
    return this.wantsMore && this.local.blockedAt !== this.local.limit;
  }

  /** The peer uses its stream number `index`. Throws when it may not. */
  admit(index: number, frameType: number): void {
    if (index >= this.announced)
      throw new TransportError(TransportCode.StreamLimit, frameType, 'more streams than we allow');
  }

  /** A stream of the peer is over; another may take its place. Told in batches of a quarter of the window. */
  onRemoteClosed(): void {
    this.closed++;
    if (this.closed + this.window - this.announced >= Math.max(1, this.window / 4)) this.pending = true;
  }

  /** The limit to announce. */
  advance(): number {
    this.announced = this.closed + this.window;
    return this.announced;
  }
}

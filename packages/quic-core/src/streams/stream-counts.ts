import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { SendLimit } from '../flow/send-limit.ts';

/** This share of a window is worth a frame. */
const UPDATE_SHARE = 4;

/** How many streams of one kind (one- or two-way) may exist, both ways. RFC 9000 §4.6 */
export class StreamCounts {
  /** Streams that we may open, and have opened. */
  readonly local: SendLimit = new SendLimit(0);
  /** An `openStream` was refused: tell the application when the limit grows. */
  wantsMore = false;
  /** Streams that the peer has opened: change it by `onRemoteOpened`. */
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

  /** The peer has opened its next stream. */
  onRemoteOpened(): void {
    this.remoteOpened++;
    this.look();
  }

  /** A stream of the peer is over; another may take its place. */
  onRemoteClosed(): void {
    this.closed++;
    this.look();
  }

  /**
   * Streams could be allowed that are not announced. A quarter of the window is worth a frame at once; so is less, where
   * the peer has used up its limit. Streams that it opened and has sent nothing on are not known here: what is free must
   * be announced sooner or later in any case. RFC 9000 §4.6
   */
  get hasFree(): boolean {
    return !this.pending && this.free > 0;
  }

  /** Announce what is free, however little. */
  announceFree(): void {
    if (this.free > 0) this.pending = true;
  }

  private get free(): number {
    return this.closed + this.window - this.announced;
  }

  private look(): void {
    const { free } = this;
    if (free > 0 && (free >= this.window / UPDATE_SHARE || this.announced - this.remoteOpened <= free))
      this.pending = true;
  }

  /** The limit to announce. */
  advance(): number {
    this.announced = this.closed + this.window;
    return this.announced;
  }
}

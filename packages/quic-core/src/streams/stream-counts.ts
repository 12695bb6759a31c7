import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { Fact } from '../facts/fact-kind.ts';
import { SendLimit } from '../flow/send-limit.ts';
import { encodeLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { StreamEvent } from './stream-event.ts';

/** A share of the window this large is worth a MAX_STREAMS frame. */
const UPDATE_SHARE = 4;

/** How many streams of one kind (one- or two-way) may exist, both ways. RFC 9000 §4.6 */
export class StreamCounts {
  /** The streams that we have opened, and the peer's limit on them. */
  readonly local: SendLimit = new SendLimit(0);
  /** Whether `openStream` was refused, so that the application is told when the limit grows. */
  wantsMore = false;
  /** Streams that the peer has opened. */
  private remoteOpened = 0;
  private owesMaxStreams = false;
  /** The limit that the last MAX_STREAMS, or the transport parameters, gave the peer. */
  private announced: number;
  private closed = 0;
  private readonly unidirectional: boolean;
  private window: number;
  private readonly emit: (event: StreamEvent) => void;

  /** @param window - streams that the peer may have open at once. */
  constructor(unidirectional: boolean, window: number, emit: (event: StreamEvent) => void) {
    this.unidirectional = unidirectional;
    this.window = window;
    this.announced = window;
    this.emit = emit;
  }

  /** The peer may have another number of streams open at once; it does not know the limit yet. */
  resize(window: number): void {
    this.window = window;
    this.announced = window;
  }

  /** MAX_STREAMS or STREAMS_BLOCKED must be sent. */
  get hasFrames(): boolean {
    return this.owesMaxStreams || this.owesBlocked;
  }

  /** MAX_STREAMS for the peer's streams, STREAMS_BLOCKED for ours: once for each limit. RFC 9000 §4.6 */
  write(packet: PacketWriter): void {
    const { unidirectional, local } = this;
    const fact = unidirectional ? 1 : 0;
    if (this.owesMaxStreams) {
      const type = unidirectional ? FrameType.MaxStreamsUni : FrameType.MaxStreamsBidi;
      this.announced = this.closed + this.window;
      if (!encodeLimit(packet.frames, type, this.announced)) return;
      this.owesMaxStreams = false;
      packet.addFact(Fact.MaxStreams, fact);
    }
    if (!this.owesBlocked) return;
    const type = unidirectional ? FrameType.StreamsBlockedUni : FrameType.StreamsBlockedBidi;
    if (!encodeLimit(packet.frames, type, local.limit)) return;
    local.onBlockedSaid();
    packet.addFact(Fact.StreamsBlocked, fact, local.limit);
  }

  onMaxStreamsLost(): void {
    this.owesMaxStreams = true;
  }

  /** STREAMS_BLOCKED is repeated if it was the latest and the limit still blocks us. RFC 9000 §13.3 */
  onBlockedLost(limit: number): void {
    this.local.onBlockedLost(limit);
  }

  /** MAX_STREAMS came, or the transport parameter that begins it. RFC 9000 §19.11 */
  onMaxStreams(limit: number): void {
    if (!this.local.raise(limit) || !this.wantsMore) return;
    this.wantsMore = false;
    this.emit({ type: 'streams-available', unidirectional: this.unidirectional });
  }

  /** The peer rejected 0-RTT: another limit holds, which may be below the number of streams that are open. RFC 9001 §4.6.2 */
  onRejection(limit: number): void {
    this.local.limit = limit;
    this.local.repeatBlocked();
    if (!this.wantsMore || this.local.left <= 0) return;
    this.wantsMore = false;
    this.emit({ type: 'streams-available', unidirectional: this.unidirectional });
  }

  /** Take the next stream of ours; returns its index, or -1 while the peer allows no more. */
  takeNext(): number {
    if (this.local.left > 0) return this.local.used++;
    this.wantsMore = true;
    return -1;
  }

  /** Whether we have opened stream number `index` of ours. */
  isOpened(index: number): boolean {
    return index < this.local.used;
  }

  /** The peer uses its stream number `index`. Throws STREAM_LIMIT_ERROR when it may not. RFC 9000 §4.6, §19.11 */
  admit(index: number, frameType: number): void {
    if (index >= this.announced)
      throw new TransportError(TransportCode.StreamLimit, frameType, 'more streams than we allow');
  }

  /** Take the next stream of the peer if it is not above `index`, which opens all below; returns its index, or -1. */
  takeRemote(index: number): number {
    if (this.remoteOpened > index) return -1;
    const next = this.remoteOpened++;
    this.look();
    return next;
  }

  /** A stream of the peer is over and the program has been told: the peer may open another. */
  onRemoteClosed(): void {
    this.closed++;
    this.look();
  }

  /**
   * Whether more streams could be allowed than were announced. A quarter of the window is worth a frame at
   * once; so is less, where the peer has used up its limit. The peer may have opened streams without sending
   * on them, so what is free must be announced in any case, sooner or later. RFC 9000 §4.6
   */
  get hasFree(): boolean {
    return !this.owesMaxStreams && this.free > 0;
  }

  /** Announce every free stream, however few: STREAMS_BLOCKED came, or the delay is over. */
  announceFree(): void {
    if (this.free > 0) this.owesMaxStreams = true;
  }

  private get owesBlocked(): boolean {
    return this.wantsMore && !this.local.isBlockedSaid;
  }

  private get free(): number {
    return this.closed + this.window - this.announced;
  }

  private look(): void {
    const { free } = this;
    if (free > 0 && (free >= this.window / UPDATE_SHARE || this.announced - this.remoteOpened <= free))
      this.owesMaxStreams = true;
  }
}

import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { ReceiveWindow } from '../flow/receive-window.ts';
import { encodeStreamLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import { encodeStopSending } from '../frame/stream-control.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import type { IdleRings } from './idle-rings.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveInput, ReceiveState, stepReceive } from './states.ts';

/**
 * Separate pieces that one stream may leave waiting: a hostile sender could otherwise grow their records
 * without bound.
 */
const MAX_GAPS = 4096;

/** What STOP_SENDING says. RFC 9000 §3.5, §19.5 */
interface StopRequest {
  readonly code: number;
  /** The frame must be sent, for the first time or again. */
  owesFrame: boolean;
}

/** The receiving part of a stream. RFC 9000 §3.2 */
export class ReceiveStream {
  readonly id: number;
  readonly window: ReceiveWindow;
  /** Whether the application was told that the stream is readable, and has not read since. */
  announced = false;
  private state: ReceiveState = ReceiveState.Recv;
  private readonly data: Reassembly;
  private wasRead = false;
  /** The final size, known from the state SizeKnown or ResetRecvd on; -1 before. */
  private finalSize = -1;
  /** The error code of the peer's reset; -1 before. */
  resetCode = -1;
  /** The reliable size of the peer's RESET_STREAM_AT; Infinity before. */
  private reliableSize = Infinity;
  /** The fields of STOP_SENDING, once the application wants no more data. */
  private stopping: StopRequest | undefined = undefined;
  private owesMaxStreamData = false;
  /** Whether the stream is in the list of those with too little free credit for a frame. */
  littleQueued = false;

  constructor(id: number, window: ReceiveWindow, idle?: IdleRings) {
    this.id = id;
    this.data = new Reassembly(idle);
    this.window = window;
  }

  get readableBytes(): number {
    return this.data.readableBytes;
  }

  /** Everything up to the end was read. */
  get endReached(): boolean {
    return this.state === ReceiveState.DataRead;
  }

  /** There is something to read, or the end. */
  get isReadable(): boolean {
    return this.data.readableBytes > 0 || this.state === ReceiveState.DataRecvd;
  }

  /** The peer has reset the stream, and the application has not heard of it. RFC 9000 §3.2 */
  get isReset(): boolean {
    return this.state === ReceiveState.ResetRecvd;
  }

  /** Bytes that arrive in spite of the reset. */
  get promisedBytes(): number {
    return this.reliableSize === Infinity ? 0 : this.reliableSize;
  }

  /** Nothing more will come or be read: a terminal state. RFC 9000 §3.2 */
  get finished(): boolean {
    return this.state === ReceiveState.DataRead || this.state === ReceiveState.ResetRead;
  }

  /** The application has read what came, and the peer may send more of the stream. */
  get isAwaited(): boolean {
    const { state, window } = this;
    const mayGrow = state === ReceiveState.Recv && window.used < window.limit;
    const isOpen = mayGrow || state === ReceiveState.SizeKnown;
    return this.wasRead && isOpen && !this.isStopped && this.data.readableBytes === 0;
  }

  get isStopped(): boolean {
    return this.stopping !== undefined;
  }

  /**
   * A STREAM frame came; its data is `bytes[from, to)`.
   *
   * @returns bytes by which the stream grew: connection flow control counts them. RFC 9000 §4.1
   */
  onData(
    offset: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    fin: boolean,
    frameType: number,
  ): number {
    const end = offset + to - from;
    const grown = this.checkEnd(end, fin, frameType);
    if (this.state !== ReceiveState.Recv && this.state !== ReceiveState.SizeKnown) return grown;
    if (fin) {
      this.finalSize = end;
      this.state = stepReceive(this.state, ReceiveInput.Fin);
      this.owesMaxStreamData = false;
    }
    if (this.isStopped) this.skip(end);
    else this.data.add(offset, bytes, from, to - Math.max(end - this.reliableSize, 0));
    if (this.data.gapCount > MAX_GAPS)
      throw new TransportError(TransportCode.InternalError, frameType, 'too many gaps in a stream');
    if (this.data.contiguousEnd === this.finalSize && this.reliableSize === Infinity)
      this.state = stepReceive(this.state, ReceiveInput.AllData);
    if (this.isStopped) this.concludeRead();
    else this.lookAtWindow();
    return grown;
  }

  /**
   * RESET_STREAM came, or RESET_STREAM_AT, which lets the first `reliableSize` bytes arrive. Returns the growth, like
   * `onData`. RFC 9000 §19.4, §4.5, draft-ietf-quic-reliable-stream-reset §5
   */
  onReset(code: number, finalSize: number, reliableSize: number, frameType: number): number {
    const grown = this.checkEnd(finalSize, true, frameType);
    const isPartial = frameType === FrameType.ResetStreamAt;
    if (this.resetCode >= 0 && this.resetCode !== code && (isPartial || this.reliableSize < Infinity))
      throw new TransportError(TransportCode.StreamState, frameType, `stream ${this.id} changes its code`);
    if (this.resetCode < 0) this.resetCode = code;
    if (this.state !== ReceiveState.Recv && this.state !== ReceiveState.SizeKnown) return grown;
    this.finalSize = finalSize;
    this.owesMaxStreamData = false;
    // Packets may be reordered: a RESET_STREAM_AT that comes later may have the larger reliable size.
    if (isPartial || this.reliableSize < Infinity)
      this.reliableSize = Math.min(this.reliableSize, reliableSize);
    this.state = stepReceive(this.state, ReceiveInput.Fin);
    if (reliableSize === 0 || this.isStopped) this.state = stepReceive(this.state, ReceiveInput.Reset);
    else this.data.cut(this.reliableSize);
    this.endAtReliableSize();
    if (this.isReset && this.stopping !== undefined) this.stopping.owesFrame = false;
    return grown;
  }

  /** The reset counts once the application has read all data below the reliable size. */
  private endAtReliableSize(): void {
    if (this.state === ReceiveState.SizeKnown && this.data.readOffset >= this.reliableSize)
      this.state = stepReceive(this.state, ReceiveInput.Reset);
  }

  /** Give up all unread data; returns the bytes to release from connection flow control. */
  giveUp(): number {
    const freed = Math.max(this.window.used - this.window.consumed, 0);
    this.window.consumed += freed;
    this.data.discard();
    this.state = stepReceive(this.state, ReceiveInput.Read);
    return freed;
  }

  read(into: Uint8Array): number {
    const length = this.data.read(into);
    this.wasRead = true;
    this.announced = false;
    this.consume(length);
    this.concludeRead();
    this.endAtReliableSize();
    return length;
  }

  /** Pieces that wait for a gap to fill. */
  get gapCount(): number {
    return this.data.gapCount;
  }

  /** Give back the memory of an empty buffer. */
  rest(): void {
    this.data.rest();
  }

  /** The connection has ended: received data can still be read, and nothing else is kept. */
  onConnectionEnd(): void {
    this.data.end();
  }

  /** The application wants no more: STOP_SENDING. */
  stop(code: number): void {
    if (this.isStopped || this.finished) return;
    // When all data has been received, STOP_SENDING would stop nothing. RFC 9000 §3.5
    this.stopping = { code, owesFrame: this.state !== ReceiveState.DataRecvd };
    this.owesMaxStreamData = false;
    // The application wants no data, so the reset need not wait for its reliable size.
    if (this.reliableSize < Infinity) this.state = stepReceive(this.state, ReceiveInput.Reset);
  }

  get owesControl(): boolean {
    return this.owesMaxStreamData || this.stopping?.owesFrame === true;
  }

  /** STOP_SENDING and MAX_STREAM_DATA, if they are due; false when not all fits. */
  writeControl(packet: PacketWriter, nowUs: number, rttUs: number): boolean {
    const { stopping } = this;
    if (stopping?.owesFrame === true) {
      if (!encodeStopSending(packet.frames, this.id, stopping.code)) return false;
      stopping.owesFrame = false;
      packet.addFact(Fact.StopSending, this.id);
    }
    if (!this.owesMaxStreamData || this.state !== ReceiveState.Recv) return true;
    const limit = this.window.advance(nowUs, rttUs);
    if (!encodeStreamLimit(packet.frames, FrameType.MaxStreamData, this.id, limit)) return false;
    this.owesMaxStreamData = false;
    packet.addFact(Fact.MaxStreamData, this.id);
    return true;
  }

  /**
   * The peer waits for credit, or the program has granted some: announce all free credit, however little.
   * RFC 9000 §4.1
   */
  onBlocked(): void {
    if (this.isGranting && this.window.freeBytes > 0) this.owesMaxStreamData = true;
  }

  /** Whether the stream has free credit that the peer may wait for, but too little for a frame of its own. */
  get owesLittle(): boolean {
    return this.isGranting && !this.owesMaxStreamData && this.window.owesLittle;
  }

  /** Announce such credit, if it still is as little: no more was added to it for a while. */
  announceLittle(): void {
    this.littleQueued = false;
    if (this.owesLittle) this.owesMaxStreamData = true;
  }

  onStopLost(): void {
    const isOpen = this.state === ReceiveState.Recv || this.state === ReceiveState.SizeKnown;
    if (this.stopping !== undefined && isOpen) this.stopping.owesFrame = true;
  }

  onWindowLost(): void {
    if (this.isGranting) this.owesMaxStreamData = true;
  }

  /** The peer may still get more credit: neither is the final size known, nor was it asked to stop. RFC 9000 §3.2 */
  private get isGranting(): boolean {
    return this.state === ReceiveState.Recv && this.stopping === undefined;
  }

  private checkEnd(end: number, final: boolean, frameType: number): number {
    // RFC 9000 §4.1, §19.10
    if (end > this.window.limit)
      throw new TransportError(TransportCode.FlowControl, frameType, `stream ${this.id} beyond its limit`);
    const known = this.finalSize >= 0;
    if (
      (known && (end > this.finalSize || (final && end !== this.finalSize))) ||
      (final && end < this.window.used)
    )
      throw new TransportError(
        TransportCode.FinalSize,
        frameType,
        `stream ${this.id} changes its final size`,
      );
    const grown = Math.max(0, end - this.window.used);
    this.window.used += grown;
    return grown;
  }

  /** The application reads no more: bytes that come count as received and consumed. */
  private skip(end: number): void {
    this.data.highest = Math.max(this.data.highest, end);
    this.data.discard();
  }

  private consume(length: number): void {
    this.window.consumed += length;
    this.lookAtWindow();
  }

  private lookAtWindow(): void {
    if (this.isGranting && this.window.needsUpdate) this.owesMaxStreamData = true;
  }

  private concludeRead(): void {
    if (this.state === ReceiveState.DataRecvd && this.data.readableBytes === 0)
      this.state = stepReceive(this.state, ReceiveInput.Read);
  }
}

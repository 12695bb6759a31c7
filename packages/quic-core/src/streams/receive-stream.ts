import { TransportCode, TransportError } from '../errors/transport-error.ts';
import type { ReceiveWindow } from '../flow/receive-window.ts';
import { encodeStreamLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import { encodeStopSending } from '../frame/stream-control.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { IdleRings } from './idle-rings.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveInput, ReceiveState, stepReceive } from './states.ts';

/** Separate pieces that one stream may leave waiting. Their bookkeeping is what a hostile sender could grow. */
const MAX_GAPS = 4096;

/** The receiving half of a stream. RFC 9000 §3.2 */
export class ReceiveStream {
  readonly id: number;
  state: ReceiveState = ReceiveState.Recv;
  readonly window: ReceiveWindow;
  /** Code of the peer's RESET_STREAM. */
  resetCode = -1;
  /** The application was told that there is something to read, and has not read since. */
  announced = false;
  private readonly data: Reassembly;
  private wasRead = false;
  private finalSize = -1;
  private stopCode = -1;
  private stopPending = false;
  private windowPending = false;

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

  /** The half needs no more memory. */
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
    return this.stopCode >= 0;
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
      this.windowPending = false;
    }
    if (this.isStopped) this.skip(end);
    else this.data.add(offset, bytes, from, to);
    if (this.data.gapCount > MAX_GAPS)
      throw new TransportError(TransportCode.InternalError, frameType, 'too many gaps in a stream');
    if (this.data.contiguousEnd === this.finalSize)
      this.state = stepReceive(this.state, ReceiveInput.AllData);
    if (this.isStopped) this.concludeRead();
    else this.lookAtWindow();
    return grown;
  }

  /** RESET_STREAM came. Returns the growth, like `onData`. RFC 9000 §19.4, §4.5 */
  onReset(code: number, finalSize: number): number {
    const grown = this.checkEnd(finalSize, true, FrameType.ResetStream);
    const before = this.state;
    this.state = stepReceive(this.state, ReceiveInput.Reset);
    if (this.state === ReceiveState.ResetRecvd && before !== ReceiveState.ResetRecvd) {
      this.finalSize = finalSize;
      this.resetCode = code;
      this.stopPending = this.windowPending = false;
    }
    return grown;
  }

  /** Everything unread is given up; returns the bytes to release from connection flow control. */
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
    return length;
  }

  /** Pieces that wait for a gap to fill. */
  get gapCount(): number {
    return this.data.gapCount;
  }

  /** Give back a buffer with nothing in it. */
  rest(): void {
    this.data.rest();
  }

  /** The connection has ended: what came before can still be read, and nothing else is kept. */
  onConnectionEnd(): void {
    this.data.end();
  }

  stop(code: number): void {
    if (this.isStopped || this.state === ReceiveState.ResetRecvd || this.finished) return;
    this.stopCode = code;
    this.windowPending = false;
    // With all data here there is nothing left to stop. RFC 9000 §3.5
    this.stopPending = this.state !== ReceiveState.DataRecvd;
  }

  get hasControl(): boolean {
    return this.stopPending || this.windowPending;
  }

  writeControl(packet: PacketWriter, nowUs: number, rttUs: number): boolean {
    if (this.stopPending) {
      if (!encodeStopSending(packet.frames, this.id, this.stopCode)) return false;
      this.stopPending = false;
      packet.addFact(Fact.StopSending, this.id);
    }
    if (!this.windowPending || this.state !== ReceiveState.Recv) return true;
    const limit = this.window.advance(nowUs, rttUs);
    if (!encodeStreamLimit(packet.frames, FrameType.MaxStreamData, this.id, limit)) return false;
    this.windowPending = false;
    packet.addFact(Fact.MaxStreamData, this.id);
    return true;
  }

  /** The peer waits for credit: it gets what is free, however little. */
  onBlocked(): void {
    if (this.state === ReceiveState.Recv && !this.isStopped && this.window.freeBytes > 0)
      this.windowPending = true;
  }

  onStopLost(): void {
    if (this.state === ReceiveState.Recv || this.state === ReceiveState.SizeKnown) this.stopPending = true;
  }

  onWindowLost(): void {
    if (this.state === ReceiveState.Recv && !this.isStopped) this.windowPending = true;
  }

  private checkEnd(end: number, final: boolean, frameType: number): number {
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

  /** Nobody reads any more: what comes counts as received and consumed. */
  private skip(end: number): void {
    this.data.highest = Math.max(this.data.highest, end);
    this.data.discard();
  }

  private consume(length: number): void {
    this.window.consumed += length;
    this.lookAtWindow();
  }

  private lookAtWindow(): void {
    if (this.state === ReceiveState.Recv && !this.isStopped && this.window.needsUpdate)
      this.windowPending = true;
  }

  private concludeRead(): void {
    if (this.state === ReceiveState.DataRecvd && this.data.readableBytes === 0)
      this.state = stepReceive(this.state, ReceiveInput.Read);
  }
}

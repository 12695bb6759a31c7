import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { ConnectionFlow } from '../flow/connection-flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { ResetStreamAtFrame } from '../frame/reset-stream-at.ts';
import type { StreamFrame } from '../frame/stream.ts';
import type { StreamControlFrame } from '../frame/stream-control.ts';
import type { ControlQueue } from './control-queue.ts';
import type { ReceiveStream } from './receive-stream.ts';
import type { Stream } from './stream.ts';
import type { StreamEvent } from './stream-event.ts';
import type { StreamTable } from './stream-table.ts';

/**
 * Gaps that all streams of a connection together may leave: one for each `BYTES_PER_GAP` bytes of its window,
 * but never fewer than `MIN_GAPS`.
 */
const MIN_GAPS = 4096;
const BYTES_PER_GAP = 128;

/**
 * The receiving parts of all streams: the data that came, what the program reads of it, and the credit for
 * more. RFC 9000 §3.2
 */
export class ReceiveSide {
  /** Whether this end has announced that it accepts RESET_STREAM_AT. */
  readonly takesResetAt: boolean;
  private readonly flow: ConnectionFlow;
  private readonly table: StreamTable;
  private readonly control: ControlQueue;
  private readonly emit: (event: StreamEvent) => void;
  /** Pieces that wait for a gap to fill, on all streams. */
  private gapCount = 0;
  /** Streams with free credit that is too little for a frame of its own. */
  private readonly little: Stream[] = [];

  constructor(
    flow: ConnectionFlow,
    table: StreamTable,
    control: ControlQueue,
    emit: (event: StreamEvent) => void,
    takesResetAt: boolean,
  ) {
    this.flow = flow;
    this.table = table;
    this.control = control;
    this.emit = emit;
    this.takesResetAt = takesResetAt;
  }

  // From the program

  read(stream: Stream, into: Uint8Array): number {
    const receiver = receiverOf(stream);
    const length = receiver.read(into);
    this.flow.onConsumed(length);
    if (receiver.isAwaited) this.flow.onAwaited();
    this.offerCredit(stream, receiver);
    if (receiver.isReset) this.concludeReset(stream, receiver);
    this.table.forgetIfFinished(stream);
    return length;
  }

  /** Give the peer credit for this many bytes beyond those that were read. */
  grant(stream: Stream, bytes: number): void {
    const { receiver } = stream;
    receiver?.window.grant(bytes);
    receiver?.onBlocked();
    this.control.add(stream);
  }

  /** Credit follows what the program reads, or only what it grants. */
  setManual(stream: Stream, isManual: boolean): void {
    const { receiver } = stream;
    receiver?.window.setManual(isManual);
    receiver?.onBlocked();
    this.control.add(stream);
  }

  stop(stream: Stream, code: number): void {
    const receiver = receiverOf(stream);
    if (receiver.isStopped) return;
    receiver.stop(code);
    this.giveUp(receiver);
    this.control.add(stream);
    this.table.forgetIfFinished(stream);
  }

  // From the peer

  onStream(frame: StreamFrame, bytes: Uint8Array): void {
    const type = FrameType.Stream;
    const stream = this.table.receiving(frame.streamId, type);
    if (stream === undefined) return;
    if (this.table.isEarly) stream.early = true;
    const receiver = stream.receiver!;
    const gapsBefore = receiver.gapCount;
    const grown = receiver.onData(frame.offset, bytes, frame.dataAt, frame.dataEnd, frame.fin, type);
    this.countGaps(receiver.gapCount - gapsBefore);
    this.take(grown, type);
    if (receiver.isStopped) {
      this.giveUp(receiver);
      this.table.forgetIfFinished(stream);
    } else {
      this.announce(receiver);
      this.offerCredit(stream, receiver);
    }
  }

  onReset(frame: StreamControlFrame): void {
    this.takeReset(frame, 0, FrameType.ResetStream);
  }

  onResetAt(frame: ResetStreamAtFrame): void {
    this.takeReset(frame, frame.reliableSize, FrameType.ResetStreamAt);
  }

  /** STREAM_DATA_BLOCKED came: the peer waits for credit on this stream. */
  onStreamDataBlocked(streamId: number): void {
    const stream = this.table.receiving(streamId, FrameType.StreamDataBlocked);
    if (stream === undefined) return;
    stream.receiver!.onBlocked();
    this.control.add(stream);
  }

  // From time

  /** Whether streams have free credit that is too little for a frame of its own. */
  get owesLittle(): boolean {
    return this.little.length > 0;
  }

  /** Announce such credit: no more was added to it for a while. */
  announceLittle(): void {
    for (const stream of this.little.splice(0)) {
      stream.receiver!.announceLittle();
      this.control.add(stream);
    }
  }

  // From recovery

  onStopLost(id: number): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    stream.receiver!.onStopLost();
    this.control.add(stream);
  }

  onMaxStreamDataLost(id: number): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    stream.receiver!.onWindowLost();
    this.control.add(stream);
  }

  private takeReset(frame: StreamControlFrame, reliableSize: number, type: number): void {
    const stream = this.table.receiving(frame.streamId, type);
    if (stream === undefined) return;
    const receiver = stream.receiver!;
    const gapsBefore = receiver.gapCount;
    const grown = receiver.onReset(frame.code, frame.finalSize, reliableSize, type);
    this.gapCount += receiver.gapCount - gapsBefore;
    this.take(grown, type);
    if (receiver.isReset) this.concludeReset(stream, receiver);
  }

  /**
   * The program has read all data below the reliable size of the reset, or wants none: the reset counts now.
   */
  private concludeReset(stream: Stream, receiver: ReceiveStream): void {
    this.giveUp(receiver);
    if (!receiver.isStopped) {
      const { resetCode: code, promisedBytes: reliableSize } = receiver;
      this.emit({ type: 'stream-reset', streamId: stream.id, code, reliableSize });
    }
    this.table.forgetIfFinished(stream);
  }

  /** The stream's limit may be raised, at once or when more is free. */
  private offerCredit(stream: Stream, receiver: ReceiveStream): void {
    this.control.add(stream);
    if (receiver.littleQueued || !receiver.owesLittle) return;
    receiver.littleQueued = true;
    this.little.push(stream);
  }

  /** The peer has used more of the connection's window. */
  private take(bytes: number, frameType: number): void {
    const { flow } = this;
    flow.onReceived(bytes, frameType);
    // Unread streams must not use up the connection's window, or streams that are read would get no credit.
    // RFC 9000 §4.2
    if (bytes > 0 && flow.receiving.isUsedUp && this.awaitsMore()) flow.onAwaited();
  }

  private awaitsMore(): boolean {
    for (const { receiver } of this.table.all()) if (receiver?.isAwaited === true) return true;
    return false;
  }

  private giveUp(receiver: ReceiveStream): void {
    this.gapCount -= receiver.gapCount;
    this.flow.onConsumed(receiver.giveUp());
  }

  /**
   * The record of a gap takes more memory than a byte, so the number of small gaps is bounded by the window
   * that they lie in.
   */
  private countGaps(more: number): void {
    this.gapCount += more;
    if (more > 0 && this.gapCount > Math.max(MIN_GAPS, this.flow.receiving.windowBytes / BYTES_PER_GAP))
      throw new TransportError(TransportCode.InternalError, FrameType.Stream, 'too many gaps in streams');
  }

  private announce(receiver: ReceiveStream): void {
    if (receiver.announced || !receiver.isReadable) return;
    receiver.announced = true;
    this.emit({ type: 'stream-readable', streamId: receiver.id });
  }
}

function receiverOf({ id, receiver }: Stream): ReceiveStream {
  if (receiver === undefined) throw new QuicUsageError('not-readable', `stream ${id} only sends`);
  return receiver;
}

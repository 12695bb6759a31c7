import type { Connection } from '../connection/connection.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { showAs } from '../inspection.ts';
import { priorityOf, type StreamPriority } from '../streams/priority.ts';
import type { StreamSource } from '../streams/source.ts';
import type { Stream } from '../streams/stream.ts';
import { assertCode } from './application-code.ts';
import { assertCredit } from './credit.ts';
import { setStreamPath } from './data-path.ts';
import type { DataPath, QuicConnection, QuicStream } from './handles.ts';

/**
 * A program's handle of one stream, which stays safe to use after stream and connection are gone: see
 * `QuicStream`.
 */
export class StreamHandle implements QuicStream {
  readonly id: number;
  readonly connection: QuicConnection;
  private readonly core: Connection;
  private readonly stream: Stream;
  private readonly touch: (connection: Connection) => void;

  static {
    showAs(StreamHandle.prototype, 'QuicStream', ({ id, connection, readableBytes }) => ({
      id,
      connection: connection.id,
      readableBytes,
    }));
  }

  /** @param touch - is called when the connection may have something to send. */
  constructor(
    connection: QuicConnection,
    core: Connection,
    stream: Stream,
    touch: (connection: Connection) => void,
  ) {
    this.id = stream.id;
    this.connection = connection;
    this.core = core;
    this.stream = stream;
    this.touch = touch;
  }

  write(data: Uint8Array, fin = false): number {
    if (!(data instanceof Uint8Array))
      throw new QuicUsageError('invalid-option', 'what is written to a stream is a Uint8Array');
    if (this.hasEnded) return 0;
    const taken = this.core.parts.streams.sending.write(this.stream, data, fin);
    this.touch(this.core);
    return taken;
  }

  setSource(source: StreamSource | undefined): void {
    if (this.hasEnded) return;
    this.core.parts.streams.sending.setSource(this.stream, source);
    this.touch(this.core);
  }

  get writtenBytes(): number {
    return this.stream.sender?.buffer.end ?? 0;
  }

  get unsentBytes(): number {
    return this.stream.sender?.buffer.unsentBytes ?? 0;
  }

  get unacknowledgedBytes(): number {
    return this.stream.sender?.buffer.heldBytes ?? 0;
  }

  get acknowledgedBytes(): number {
    return this.stream.sender?.buffer.acknowledgedBytes ?? 0;
  }

  get sentBytes(): number {
    return this.stream.sender?.limit.used ?? 0;
  }

  get receivedBytes(): number {
    return this.stream.receiver?.window.used ?? 0;
  }

  setHighWaterMark(unsentBytes: number, unacknowledgedBytes: number = Infinity): void {
    for (const mark of [unsentBytes, unacknowledgedBytes])
      if (!(mark >= 1)) throw new QuicUsageError('invalid-option', 'a high-water mark is a number from 1 on');
    if (this.hasEnded) return;
    const marks = { unsentBytes, heldBytes: unacknowledgedBytes };
    this.core.parts.streams.sending.setHighWaterMarks(this.stream, marks);
    this.touch(this.core);
  }

  grant(bytes: number): void {
    assertCredit(bytes);
    if (this.hasEnded) return;
    this.core.parts.streams.receiving.grant(this.stream, bytes);
    this.touch(this.core);
  }

  setManualCredit(isManual: boolean): void {
    if (this.hasEnded) return;
    this.core.parts.streams.receiving.setManual(this.stream, isManual);
    this.touch(this.core);
  }

  read(into: Uint8Array): number {
    const { streams } = this.core.parts;
    const { owesCredit } = streams;
    const delayUs = streams.creditDelayUs(0);
    const length = streams.receiving.read(this.stream, into);
    // If credit waited before this call, its timer or the congestion window decides when it leaves, however
    // often a program reads.
    const isDue = streams.owesCredit && (length > 0 || !owesCredit);
    if (isDue || streams.creditDelayUs(0) < delayUs) this.touch(this.core);
    return length;
  }

  get readableBytes(): number {
    return this.stream.receiver?.readableBytes ?? 0;
  }

  get early(): boolean {
    return this.stream.early;
  }

  get finished(): boolean {
    return this.stream.receiver?.endReached ?? true;
  }

  get delivered(): boolean {
    return this.stream.sender?.delivered ?? true;
  }

  get priority(): number {
    return this.stream.priority;
  }

  setPriority(priority: StreamPriority): void {
    const value = priorityOf(priority);
    if (this.hasEnded) return;
    this.core.parts.streams.sending.setPriority(this.stream, value);
  }

  setPath(path: DataPath): boolean {
    if (typeof path !== 'number' && path !== 'all' && path !== undefined)
      throw new QuicUsageError('invalid-option', "a stream is sent on the path with an ID, or on 'all'");
    const isDone = !this.hasEnded && setStreamPath(this.core.parts, this.stream, path);
    if (isDone) this.touch(this.core);
    return isDone;
  }

  reset(code: number): void {
    assertCode(code);
    if (this.hasEnded) return;
    this.core.parts.streams.sending.reset(this.stream, code);
    this.touch(this.core);
  }

  resetAt(code: number, reliableSize: number): boolean {
    assertCode(code);
    if (!Number.isSafeInteger(reliableSize) || reliableSize < 0)
      throw new QuicUsageError('invalid-option', 'a reliable size is an integer from 0 to 2^53-1');
    if (this.hasEnded) return false;
    const isDone = this.core.parts.streams.sending.resetAt(this.stream, code, reliableSize);
    if (isDone) this.touch(this.core);
    return isDone;
  }

  discard(code = 0): void {
    assertCode(code);
    if (this.hasEnded) return;
    const { sending, receiving } = this.core.parts.streams;
    sending.reset(this.stream, code);
    if (this.stream.receiver !== undefined) receiving.stop(this.stream, code);
    this.touch(this.core);
  }

  stopSending(code: number): void {
    assertCode(code);
    if (this.hasEnded) return;
    this.core.parts.streams.receiving.stop(this.stream, code);
    this.touch(this.core);
  }

  /** Whether the connection has ended; the program may not have taken its `closed` event yet. */
  private get hasEnded(): boolean {
    return this.core.parts.closeState.active;
  }
}

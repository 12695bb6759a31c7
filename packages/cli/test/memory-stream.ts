import type { QuicConnection, QuicStream, StreamPriority, StreamSource } from '@tsquic/quic-core';

/** A stream whose far end is the test: bytes to read are put in, bytes written are collected, room is limited. */
export class MemoryStream implements QuicStream {
  readonly id: number;
  readonly connection: QuicConnection = { closeReason: undefined } as QuicConnection;
  /** Bytes that `write` still takes. */
  roomBytes = Infinity;
  readonly written: number[] = [];
  ended = false;
  resetCode: number | undefined = undefined;
  stopCode: number | undefined = undefined;
  /** The connection has ended: nothing is taken, and nothing can be read. */
  gone = false;
  delivered = false;
  readonly early = false;
  private incoming: Uint8Array = new Uint8Array(0);
  private incomingEnded = false;

  constructor(id: number = 0) {
    this.id = id;
  }

  /** Let these bytes arrive. */
  arrive(bytes: Uint8Array | string, fin: boolean = false): void {
    const more = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    const all = new Uint8Array(this.incoming.length + more.length);
    all.set(this.incoming);
    all.set(more, this.incoming.length);
    this.incoming = all;
    this.incomingEnded ||= fin;
  }

  get readableBytes(): number {
    return this.incoming.length;
  }

  get finished(): boolean {
    return this.incomingEnded && this.incoming.length === 0;
  }

  /** What was given to send from; nothing asks it. */
  source: StreamSource | undefined = undefined;

  setSource(source: StreamSource | undefined): void {
    this.source = source;
  }

  read(into: Uint8Array): number {
    if (this.gone) return 0;
    const count = Math.min(into.length, this.incoming.length);
    into.set(this.incoming.subarray(0, count));
    this.incoming = this.incoming.subarray(count);
    return count;
  }

  write(data: Uint8Array, fin: boolean = false): number {
    if (this.gone) return 0;
    const count = Math.min(data.length, this.roomBytes);
    this.roomBytes -= count;
    for (const byte of data.subarray(0, count)) this.written.push(byte);
    this.ended ||= fin && count === data.length;
    return count;
  }

  priority = 0;
  readonly writtenBytes = 0;
  readonly unsentBytes = 0;
  readonly unacknowledgedBytes = 0;
  readonly acknowledgedBytes = 0;
  readonly sentBytes = 0;
  readonly receivedBytes = 0;

  setHighWaterMark(): void {}

  grant(): void {}

  setManualCredit(): void {}

  discard(code: number = 0): void {
    this.reset(code);
    this.stopSending(code);
  }

  setPath(): boolean {
    return false;
  }

  setPriority(priority: StreamPriority): void {
    if (typeof priority === 'number') this.priority = priority;
  }

  reset(code: number): void {
    if (!this.gone) this.resetCode = code;
  }

  resetAt(code: number): boolean {
    this.reset(code);
    return true;
  }

  stopSending(code: number): void {
    if (!this.gone) this.stopCode = code;
  }
}

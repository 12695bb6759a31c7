import type { QuicConnection, QuicEvent, QuicStream } from '@tsquic/quic-core';

/** A stream whose bytes of the peer come by hand, and whose own bytes go nowhere. */
class QuietStream {
  readonly id: number;
  readonly unsentBytes = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private ends = false;

  constructor(id: number) {
    this.id = id;
  }

  get readableBytes(): number {
    return this.bytes.length;
  }

  get finished(): boolean {
    return this.ends && this.bytes.length === 0;
  }

  arrive(bytes: Uint8Array, ends: boolean): void {
    if (!this.ends) this.bytes = Uint8Array.from([...this.bytes, ...bytes]);
    this.ends ||= ends;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.bytes.length);
    into.set(this.bytes.subarray(0, count));
    this.bytes = this.bytes.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): number {
    return bytes.length;
  }

  setPriority(): void {}
  setHighWaterMark(): void {}
  reset(): void {}
  stopSending(): void {
    this.bytes = new Uint8Array(0);
  }
  discard(): void {
    this.stopSending();
  }
}

/** A connection without packets: a test tells what arrived. It has the part of `QuicConnection` that protocols above it use. */
export class QuietConnection {
  readonly id = 1;
  readonly isClient: boolean;
  readonly earlyData = 'none';
  /** Whether the program above has closed it. */
  isClosed = false;
  private readonly streams = new Map<number, QuietStream>();
  private readonly arrived: Uint8Array[] = [];
  private opened = 0;
  readonly datagrams = { send: () => true, receive: (): Uint8Array | undefined => this.arrived.shift() };

  constructor(isClient: boolean) {
    this.isClient = isClient;
  }

  /** The same as a handle. */
  get handle(): QuicConnection {
    return this as unknown as QuicConnection;
  }

  openStream({ unidirectional = false } = {}): QuicStream {
    const stream = new QuietStream(4 * this.opened++ + (unidirectional ? 2 : 0) + (this.isClient ? 0 : 1));
    this.streams.set(stream.id, stream);
    return stream as unknown as QuicStream;
  }

  stream(streamId: number): QuicStream | undefined {
    return this.streams.get(streamId) as unknown as QuicStream | undefined;
  }

  close(): void {
    this.isClosed = true;
  }

  /** The events of these bytes on a stream. */
  arrive(streamId: number, bytes: Uint8Array, ends: boolean): QuicEvent[] {
    const isNew = !this.streams.has(streamId);
    if (isNew) this.streams.set(streamId, new QuietStream(streamId));
    this.streams.get(streamId)!.arrive(bytes, ends);
    const about = { connection: this.id, streamId };
    const readable: QuicEvent = { type: 'stream-readable', ...about };
    return isNew ? [{ type: 'stream-opened', ...about }, readable] : [readable];
  }

  /** The event of this datagram. */
  arriveDatagram(bytes: Uint8Array): QuicEvent {
    this.arrived.push(bytes);
    return { type: 'datagram-readable', connection: this.id };
  }
}

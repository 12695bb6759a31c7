import type { QuicStream } from '@tsquic/quic-core';

const NOTHING = new Uint8Array(0);

/** Bytes on their way to a stream, which takes what it has room for. */
export class OutgoingBytes {
  private readonly stream: QuicStream;
  private readonly waiting: Uint8Array[] = [];
  private ends = false;
  private hasEnded = false;
  /** Bytes that the stream has not taken. */
  waitingBytes = 0;

  constructor(stream: QuicStream) {
    this.stream = stream;
  }

  /** Bytes that wait here or in the stream. */
  get unsentBytes(): number {
    return this.waitingBytes + this.stream.unsentBytes;
  }

  /** Append bytes, which must not change afterwards, and perhaps the end; `flush` hands them over. */
  append(bytes: Uint8Array, ends = false): void {
    if (bytes.length > 0) this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.ends ||= ends;
  }

  /** Hand over bytes before the end. What the stream does not take is copied, so that they may change afterwards. */
  write(bytes: Uint8Array): void {
    const taken = this.waitingBytes === 0 ? this.stream.write(bytes) : 0;
    if (taken < bytes.length) this.append(bytes.slice(taken));
  }

  /** Hand over what the stream takes; returns whether nothing waits any more. */
  flush(): boolean {
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const isLast = this.ends && this.waiting.length === 1;
      const taken = this.stream.write(first, isLast);
      this.waitingBytes -= taken;
      if (taken < first.length) {
        this.waiting[0] = first.subarray(taken);
        return false;
      }
      this.waiting.shift();
      this.hasEnded ||= isLast;
    }
    if (this.ends && !this.hasEnded) this.stream.write(NOTHING, true);
    this.hasEnded = this.ends;
    return true;
  }

  /** Nobody wants them any more. */
  clear(): void {
    this.waiting.length = 0;
    this.waitingBytes = 0;
    this.ends = this.hasEnded = false;
  }
}

import type { QuicStream } from '@tsquic/quic-core';

/** Who counts the bytes of all streams of a session. */
export interface CreditOwner {
  /** Bytes of a body came. */
  onReceived(bytes: number): void;
  /** Bytes of a body were read, or will not be. */
  onReleasedBytes(bytes: number): void;
}

/** What one stream uses of the limit on the bytes of its session: those that came, and are held. draft-ietf-webtrans-http3 §5.3 */
export class ReceivedCredit {
  private readonly stream: QuicStream;
  private readonly owner: CreditOwner;
  private readonly headerBytes: number;
  private counted = 0;
  private released = 0;

  /** @param headerBytes - what stands before the body, and counts for nothing. */
  constructor(stream: QuicStream, owner: CreditOwner, headerBytes: number) {
    this.stream = stream;
    this.owner = owner;
    this.headerBytes = headerBytes;
  }

  /** Bytes of the body that came. */
  get receivedBytes(): number {
    return Math.max(0, this.stream.receivedBytes - this.headerBytes);
  }

  /** Bytes of the body that were read, or given up. */
  get releasedBytes(): number {
    return this.released;
  }

  /** Count what came since the last time. */
  count(): void {
    const { receivedBytes } = this;
    const more = receivedBytes - this.counted;
    this.counted = receivedBytes;
    if (more > 0) this.owner.onReceived(more);
  }

  release(bytes: number): void {
    this.released += bytes;
    if (bytes > 0) this.owner.onReleasedBytes(bytes);
  }

  /** Nothing of what came is held any more. */
  settle(): void {
    this.count();
    this.release(this.counted - this.released);
  }
}

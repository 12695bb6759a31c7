/** Datagrams of one request that the program has not read. */
export class DatagramQueue {
  private readonly waiting: Uint8Array[] = [];

  get length(): number {
    return this.waiting.length;
  }

  /** Keep a datagram, for which the oldest may leave; returns whether none waited. RFC 9297 §2: they may be lost. */
  push(payload: Uint8Array): boolean {
    const wasEmpty = this.waiting.length === 0;
    if (this.waiting.length >= MOST_DATAGRAMS) this.waiting.shift();
    this.waiting.push(payload);
    return wasEmpty;
  }

  shift(): Uint8Array | undefined {
    return this.waiting.shift();
  }
}

/** Datagrams that wait for one request: 64 of a packet each. */
const MOST_DATAGRAMS = 64;

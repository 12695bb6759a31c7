import type { DatagramMemory } from './datagram-memory.ts';

/** Datagrams of one request that the program has not read. */
export class DatagramQueue {
  /** Bytes of the datagrams that wait, with what it costs to keep each. */
  heldBytes = 0;
  private readonly memory: DatagramMemory;
  private readonly waiting: Uint8Array[] = [];

  constructor(memory: DatagramMemory) {
    this.memory = memory;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** Keep a datagram, for which older ones may leave; returns whether none waited. RFC 9297 §2: they may be lost. */
  push(payload: Uint8Array): boolean {
    const wasEmpty = this.waiting.length === 0;
    if (this.waiting.length >= MOST_DATAGRAMS) this.shift();
    this.waiting.push(payload);
    this.change(payload.length + COST_BYTES);
    return wasEmpty;
  }

  shift(): Uint8Array | undefined {
    const payload = this.waiting.shift();
    if (payload !== undefined) this.change(-payload.length - COST_BYTES);
    return payload;
  }

  /** Nobody reads them any more. */
  clear(): void {
    this.waiting.length = 0;
    this.change(-this.heldBytes);
  }

  private change(bytes: number): void {
    this.heldBytes += bytes;
    this.memory.onChange(this, bytes);
  }
}

/** Datagrams that wait for one request. */
const MOST_DATAGRAMS = 64;
/** Bytes that it costs to keep a datagram, besides its own. */
const COST_BYTES = 128;

import type { Address } from '@tsquic/quic-core';

/** A waiting datagram, in memory of the queue. */
export interface QueuedDatagram {
  readonly bytes: Uint8Array;
  readonly to: Address;
  readonly ecn: number;
  /** The address that it leaves from; port 0 lets the socket choose. */
  readonly from: Address;
}

/**
 * Copies of datagrams that wait for a socket, first in, first out. The queue is bounded, and reuses its
 * memory.
 */
export class SendQueue {
  private readonly slots: Slot[] = [];
  private firstAt = 0;
  private count = 0;

  /** Datagrams that wait. */
  get length(): number {
    return this.count;
  }

  /** Whether another batch of `QuicLoop` fits. */
  get hasRoom(): boolean {
    return this.count <= QUEUE_DATAGRAMS / 2;
  }

  /** Append a copy of `bytes[start, end)`. When the queue is full, the datagram is lost. */
  push(bytes: Uint8Array, start: number, end: number, to: Address, ecn = 0, from: Address = ANY): void {
    if (this.count === QUEUE_DATAGRAMS) return;
    const at = (this.firstAt + this.count++) % QUEUE_DATAGRAMS;
    const length = end - start;
    const slot = (this.slots[at] ??= createSlot(SLOT_BYTES));
    if (slot.memory.length < length) slot.memory = new Uint8Array(length);
    if (slot.bytes.length !== length || slot.bytes.buffer !== slot.memory.buffer)
      slot.bytes = slot.memory.subarray(0, length);
    slot.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    slot.to = to;
    slot.ecn = ecn;
    slot.from = from;
  }

  /**
   * The datagram at `index` from the front, which stays in the queue. Its bytes are valid until it is
   * dropped.
   */
  at(index: number): QueuedDatagram | undefined {
    return index < this.count ? this.slots[(this.firstAt + index) % QUEUE_DATAGRAMS] : undefined;
  }

  /** Remove `count` datagrams from the front. */
  drop(count: number): void {
    this.firstAt = (this.firstAt + count) % QUEUE_DATAGRAMS;
    this.count -= count;
  }
}

interface Slot {
  memory: Uint8Array;
  bytes: Uint8Array;
  to: Address;
  ecn: number;
  from: Address;
}

function createSlot(size: number): Slot {
  const memory = new Uint8Array(size);
  return { memory, bytes: memory, to: ANY, ecn: 0, from: ANY };
}

const ANY: Address = { ip: '', port: 0 };
/** Two batches of `QuicLoop`. Half of it holds the longest train, 64 KiB of datagrams of 1200 bytes. */
const QUEUE_DATAGRAMS = 128;
const SLOT_BYTES = 1536;

/** What a full queue drops: the datagram that has waited longest, or the one that comes last. */
export type DropPolicy = 'oldest' | 'newest';

/** The bounds of a queue, and what it drops at them. */
export interface QueueLimits {
  readonly maxCount: number;
  /** Bytes of data. */
  readonly maxBytes: number;
  readonly drop: DropPolicy;
}

/** A datagram that waits. */
export interface WaitingDatagram {
  readonly data: Uint8Array;
  /** The program's name for the datagram; -1 where the program does not ask what becomes of it. */
  readonly tag: number;
  /** When the datagram expires, microseconds; Infinity for never. */
  readonly expiresUs: number;
  /** Whether the same datagram waits for other paths as well. */
  readonly isCopy?: boolean;
}

/** Empty places at the front of the list after which the list is copied. */
const COMPACT_AT = 64;

/**
 * Datagrams in order, bounded in number and bytes, because no flow control limits how many a peer sends.
 * RFC 9221 §5.3
 */
export class DatagramQueue {
  bytes = 0;
  /** Undefined before `head`: what was taken out is not kept in memory. */
  private items: (WaitingDatagram | undefined)[] = [];
  private head = 0;
  private readonly limits: QueueLimits;
  private readonly onDropped: (datagram: WaitingDatagram) => void;

  /** @param onDropped - is called with each datagram that was in the queue and makes room for another. */
  constructor(limits: QueueLimits, onDropped: (datagram: WaitingDatagram) => void) {
    this.limits = limits;
    this.onDropped = onDropped;
  }

  get count(): number {
    return this.items.length - this.head;
  }

  /** The datagram that has waited longest, or undefined. */
  get first(): WaitingDatagram | undefined {
    return this.items[this.head];
  }

  /** Whether the queue would take a datagram of `length` bytes without dropping any. */
  hasRoom(length: number): boolean {
    return this.count < this.limits.maxCount && this.bytes + length <= this.limits.maxBytes;
  }

  /**
   * Take a datagram; returns false where it is dropped itself, by the policy or because not even an empty
   * queue would hold it.
   */
  push(datagram: WaitingDatagram): boolean {
    const { length } = datagram.data;
    const { drop, maxBytes, maxCount } = this.limits;
    if (!this.hasRoom(length) && (drop === 'newest' || length > maxBytes || maxCount === 0)) return false;
    while (!this.hasRoom(length)) this.onDropped(this.shift()!);
    this.items.push(datagram);
    this.bytes += length;
    return true;
  }

  shift(): WaitingDatagram | undefined {
    const datagram = this.first;
    if (datagram === undefined) return undefined;
    this.bytes -= datagram.data.length;
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    } else if (this.head >= COMPACT_AT && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return datagram;
  }

  /** When the first of the datagrams expires, microseconds; Infinity for never. */
  earliestExpiryUs(): number {
    let earliest = Infinity;
    for (let i = this.head; i < this.items.length; i++)
      earliest = Math.min(earliest, this.items[i]!.expiresUs);
    return earliest;
  }

  /** Take out every datagram that has expired. */
  takeExpired(nowUs: number): WaitingDatagram[] {
    const waiting = this.items.slice(this.head) as WaitingDatagram[];
    const expired = waiting.filter(({ expiresUs }) => expiresUs <= nowUs);
    if (expired.length === 0) return expired;
    this.items = waiting.filter(({ expiresUs }) => expiresUs > nowUs);
    this.head = 0;
    for (const { data } of expired) this.bytes -= data.length;
    return expired;
  }
}

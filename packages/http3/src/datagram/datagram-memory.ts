import type { DatagramQueue } from './datagram-queue.ts';

/** What the datagrams of all requests of one connection hold together. */
export class DatagramMemory {
  private readonly holders = new Set<DatagramQueue>();
  private heldBytes = 0;

  /** A queue holds more or less than before. Where all together hold too much, the oldest of the longest queue leaves. */
  onChange(queue: DatagramQueue, bytes: number): void {
    this.heldBytes += bytes;
    if (queue.length === 0) this.holders.delete(queue);
    else this.holders.add(queue);
    if (this.heldBytes > MOST_BYTES) this.longest()?.shift();
  }

  private longest(): DatagramQueue | undefined {
    let longest: DatagramQueue | undefined;
    for (const queue of this.holders)
      if (longest === undefined || queue.heldBytes > longest.heldBytes) longest = queue;
    return longest;
  }
}

/** Bytes of the datagrams that wait for all requests of a connection, with what it costs to keep each. */
const MOST_BYTES = 262_144;

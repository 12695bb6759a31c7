import type { Address } from '../path/address.ts';
import type { OutgoingDatagram } from '../connection/outgoing-datagram.ts';

/** Replies that may wait; further packets are not answered. */
const MAX_QUEUED = 64;

interface Reply {
  readonly bytes: Uint8Array;
  readonly to: Address;
  readonly from: Address;
  readonly interfaceIndex: number;
}

/**
 * Packets of no connection that wait to be sent: Version Negotiation, Retry, Stateless Reset, and refusals.
 */
export class StatelessQueue {
  private readonly replies: Reply[] = [];

  /** Queue a reply to a datagram that came from `from` to `to`. */
  push(bytes: Uint8Array, from: Address, to: Address, interfaceIndex: number): void {
    if (this.replies.length < MAX_QUEUED) this.replies.push({ bytes, to: from, from: to, interfaceIndex });
  }

  get isEmpty(): boolean {
    return this.replies.length === 0;
  }

  clear(): void {
    this.replies.length = 0;
  }

  /** Write the oldest reply into `out`; returns its length, or 0. */
  write(out: OutgoingDatagram): number {
    const reply = this.replies.shift();
    if (reply === undefined) return 0;
    out.buffer.set(reply.bytes);
    out.length = out.segmentSize = reply.bytes.length;
    out.to = reply.to;
    out.from = reply.from;
    out.interfaceIndex = reply.interfaceIndex;
    return out.length;
  }
}

import type { ConnectionFlow } from '../flow/connection-flow.ts';
import type { SendMemory } from './send-memory.ts';
import type { Stream } from './stream.ts';

/** Acts for streams that have room again. */
export interface RoomOwner {
  /** A source has data, which may be sent. */
  schedule(stream: Stream): void;
  tellWritable(stream: Stream): void;
}

/** At most this many streams are looked at in one turn. */
const LOOKS = 128;

/**
 * Streams whose programs wait for `stream-writable`, and streams whose sources are not asked until there is
 * memory for a copy.
 */
export class RoomQueue {
  private readonly queue: Stream[] = [];
  private readonly memory: SendMemory;
  private readonly flow: ConnectionFlow;
  /** Streams that joined, and limits of streams that grew. */
  private stirs = 0;
  /** The sum of the counters at the last look at the whole queue; -1 when it must be looked at again. */
  private seen = -1;
  private seenLimit = -1;
  private seenStreamBytes = 0;

  constructor(memory: SendMemory, flow: ConnectionFlow) {
    this.memory = memory;
    this.flow = flow;
  }

  add(stream: Stream): void {
    this.stirs++;
    this.enqueue(stream);
  }

  /** The peer raised the limit of a stream. */
  onLimitRaised(): void {
    this.stirs++;
  }

  /** The source of the stream is not asked until there is memory for a copy of its bytes. */
  addSource(stream: Stream): void {
    stream.sourceWaits = true;
    this.add(stream);
  }

  /**
   * Let streams with room go on, the longest waiting first; the others stay in the queue. Room depends on
   * what is held, what may be held, what was sent and what the peer allows. Most packets change none of
   * these, and then no stream is looked at.
   */
  give(owner: RoomOwner): void {
    const { queue, memory } = this;
    if (queue.length === 0) return;
    const { sending } = this.flow;
    // These numbers only grow, so their sum is the same only where each of them is. A limit may be near 2^53,
    // so it is compared on its own.
    const now = this.stirs + memory.changes + sending.used;
    const isSame = sending.limit === this.seenLimit && memory.streamBytes === this.seenStreamBytes;
    if (now === this.seen && isSame) return;
    this.seen = queue.length <= LOOKS ? now : -1;
    this.seenLimit = sending.limit;
    this.seenStreamBytes = memory.streamBytes;
    const connectionLeft = sending.left;
    for (let looks = Math.min(queue.length, LOOKS); looks > 0; looks--) {
      const stream = queue.shift()!;
      const sender = stream.sender!;
      stream.waitsForRoom = false;
      if (sender.isWritable(connectionLeft)) {
        sender.wantsWritable = false;
        owner.tellWritable(stream);
      }
      if (stream.sourceWaits && !sender.waitsForMemory) {
        stream.sourceWaits = false;
        owner.schedule(stream);
      }
      if ((sender.wantsWritable && sender.mayWrite) || stream.sourceWaits) this.enqueue(stream);
    }
  }

  private enqueue(stream: Stream): void {
    if (stream.waitsForRoom) return;
    stream.waitsForRoom = true;
    this.queue.push(stream);
  }
}

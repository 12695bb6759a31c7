import type { Stream } from './stream.ts';

/**
 * Streams that wait for their turn, the next one first: the lowest priority value, then streams that repeat
 * lost data (RFC 9000 §13.3), then the stream that has waited longest (even priorities) or has the lowest ID
 * (odd ones). The queue is a binary heap, so a change of one stream costs the logarithm of how many wait.
 */
export class TurnQueue {
  private readonly heap: Stream[] = [];

  get count(): number {
    return this.heap.length;
  }

  get first(): Stream | undefined {
    return this.heap[0];
  }

  add(stream: Stream): void {
    stream.turnQueue = this;
    stream.rank = rankOf(stream);
    this.rise(this.heap.length, stream);
  }

  remove(stream: Stream): void {
    const { heap } = this;
    const at = stream.turnAt;
    const last = heap.pop()!;
    stream.turnQueue = undefined;
    if (last !== stream) this.put(at, last);
  }

  /** A value that the order depends on has changed for this stream. */
  update(stream: Stream): void {
    stream.rank = rankOf(stream);
    this.put(stream.turnAt, stream);
  }

  /** Put the stream where it belongs, at `at`, above or below. */
  private put(at: number, stream: Stream): void {
    if (at > 0 && comesBefore(stream, this.heap[(at - 1) >> 1]!)) this.rise(at, stream);
    else this.sink(at, stream);
  }

  private rise(from: number, stream: Stream): void {
    const { heap } = this;
    let at = from;
    while (at > 0) {
      const parent = heap[(at - 1) >> 1]!;
      if (!comesBefore(stream, parent)) break;
      this.place(at, parent);
      at = (at - 1) >> 1;
    }
    this.place(at, stream);
  }

  private sink(from: number, stream: Stream): void {
    const { heap } = this;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!comesBefore(heap[child]!, stream)) break;
      this.place(at, heap[child]!);
      at = child;
    }
    this.place(at, stream);
  }

  private place(at: number, stream: Stream): void {
    this.heap[at] = stream;
    stream.turnAt = at;
  }
}

/** Whether it is the turn of `a` before that of `b`. */
export function comesBefore(a: Stream, b: Stream): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  return (a.priority & 1) === 0 ? a.lastTurn < b.lastTurn : a.id < b.id;
}

function rankOf({ priority, sender }: Stream): number {
  return 2 * priority + (sender!.hasLost ? 0 : 1);
}

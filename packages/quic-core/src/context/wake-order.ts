import type { Connection } from '../connection/connection.ts';
import type { Turn } from '../connection/turn.ts';

/**
 * The order in which connections are served. Those that have something to do stand in a queue and get one
 * datagram each in turn; those that wait for a time stand in a binary heap. RFC 9000 does not specify
 * fairness between connections.
 */
export class WakeOrder {
  private ready: Connection[] = [];
  private head = 0;
  /** Number of connections in the queue, without those that were forgotten. */
  private due = 0;
  private readonly heap: Connection[] = [];

  /** The connection is forgotten. */
  remove({ turn }: Connection): void {
    if (turn.isOver) return;
    this.takeFromHeap(turn);
    if (turn.isReady) this.due--;
    turn.isOver = true;
  }

  /** The connection has something to do now. */
  markReady(connection: Connection): void {
    const { turn } = connection;
    if (turn.isOver || turn.isReady) return;
    this.takeFromHeap(turn);
    turn.isReady = true;
    this.due++;
    this.ready.push(connection);
  }

  /**
   * Take the next connection that is due out of the queue. The caller puts it back by `markReady` or `sleep`.
   */
  next(nowUs: number): Connection | undefined {
    while (this.heap.length > 0 && this.wakeOf(0) <= nowUs) this.markReady(this.heap[0]!);
    while (this.head < this.ready.length) {
      const connection = this.ready[this.head++]!;
      if (this.head === this.ready.length) {
        this.ready.length = 0;
        this.head = 0;
      } else if (this.head >= 1024) {
        this.ready = this.ready.slice(this.head);
        this.head = 0;
      }
      const { turn } = connection;
      if (turn.isOver) continue;
      turn.isReady = false;
      this.due--;
      return connection;
    }
    return undefined;
  }

  /** The connection has nothing to do before `wakeUs`. */
  sleep(connection: Connection, wakeUs: number): void {
    const { turn } = connection;
    if (turn.isOver || turn.isReady) return;
    turn.wakeUs = wakeUs;
    if (wakeUs === Infinity) return this.takeFromHeap(turn);
    if (turn.index < 0) {
      turn.index = this.heap.length;
      this.heap.push(connection);
    }
    this.siftUp(turn.index);
    this.siftDown(turn.index);
  }

  /** When a connection is due: -Infinity for now, Infinity for never. */
  nextUs(): number {
    if (this.due > 0) return -Infinity;
    return this.heap.length === 0 ? Infinity : this.wakeOf(0);
  }

  private takeFromHeap(turn: Turn): void {
    const { index } = turn;
    if (index < 0) return;
    turn.index = -1;
    const last = this.heap.pop()!;
    if (index === this.heap.length) return;
    this.put(index, last);
    this.siftUp(index);
    this.siftDown(last.turn.index);
  }

  private siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.wakeOf(parent) <= this.wakeOf(index)) return;
      this.swap(parent, index);
      index = parent;
    }
  }

  private siftDown(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.wakeOf(right) < this.wakeOf(left) ? right : left;
      if (this.wakeOf(index) <= this.wakeOf(child)) return;
      this.swap(index, child);
      index = child;
    }
  }

  private wakeOf(index: number): number {
    return this.heap[index]!.turn.wakeUs;
  }

  private swap(a: number, b: number): void {
    const first = this.heap[a]!;
    this.put(a, this.heap[b]!);
    this.put(b, first);
  }

  private put(index: number, connection: Connection): void {
    this.heap[index] = connection;
    connection.turn.index = index;
  }
}

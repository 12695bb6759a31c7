import type { Connection } from '../connection/connection.ts';

/**
 * Who is served next. Connections with something to do stand in a queue, each getting one datagram in turn;
 * those that wait for a time stand in a binary heap. RFC 9000 has no word on it: fairness is ours.
 */
export class WakeOrder {
  private ready: Connection[] = [];
  private head = 0;
  /** Connections in the queue that still exist. */
  private due = 0;
  private readonly heap: Connection[] = [];
  private readonly places = new Map<Connection, Place>();

  add(connection: Connection): void {
    this.places.set(connection, { wakeUs: Infinity, index: -1, ready: false });
  }

  remove(connection: Connection): void {
    const place = this.places.get(connection);
    if (place === undefined) return;
    this.takeFromHeap(place);
    if (place.ready) this.due--;
    this.places.delete(connection);
  }

  /** It is due now. */
  markReady(connection: Connection): void {
    const place = this.places.get(connection);
    if (place === undefined || place.ready) return;
    this.takeFromHeap(place);
    place.ready = true;
    this.due++;
    this.ready.push(connection);
  }

  /** The next connection that is due, taken out of the queue. Tell it back by `markReady` or `sleep`. */
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
      const place = this.places.get(connection);
      if (place === undefined) continue;
      place.ready = false;
      this.due--;
      return connection;
    }
    return undefined;
  }

  /** Nothing to do before `wakeUs`. */
  sleep(connection: Connection, wakeUs: number): void {
    const place = this.places.get(connection);
    if (place === undefined || place.ready) return;
    place.wakeUs = wakeUs;
    if (wakeUs === Infinity) return this.takeFromHeap(place);
    if (place.index < 0) {
      place.index = this.heap.length;
      this.heap.push(connection);
    }
    this.siftUp(place.index);
    this.siftDown(place.index);
  }

  /** When somebody is due: -Infinity for now, Infinity for never. */
  nextUs(): number {
    if (this.due > 0) return -Infinity;
    return this.heap.length === 0 ? Infinity : this.wakeOf(0);
  }

  private takeFromHeap(place: Place): void {
    const { index } = place;
    if (index < 0) return;
    place.index = -1;
    const last = this.heap.pop()!;
    if (index === this.heap.length) return;
    this.put(index, last);
    this.siftUp(index);
    this.siftDown(this.places.get(last)!.index);
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
    return this.places.get(this.heap[index]!)!.wakeUs;
  }

  private swap(a: number, b: number): void {
    const first = this.heap[a]!;
    this.put(a, this.heap[b]!);
    this.put(b, first);
  }

  private put(index: number, connection: Connection): void {
    this.heap[index] = connection;
    this.places.get(connection)!.index = index;
  }
}

interface Place {
  wakeUs: number;
  /** In the heap, or -1. */
  index: number;
  ready: boolean;
}

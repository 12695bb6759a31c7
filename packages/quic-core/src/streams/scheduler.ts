import type { Stream } from './stream.ts';

/**
 * Who sends next: streams with something to say wait in a queue, and go to its end after each packet, so that
 * none starves. RFC 9000 §2.3 leaves the order to us.
 */
export class Scheduler {
  private queue: Stream[] = [];
  private head = 0;

  /** The stream has something to send. */
  add(stream: Stream): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    this.queue.push(stream);
  }

  get isEmpty(): boolean {
    return this.head === this.queue.length;
  }

  get size(): number {
    return this.queue.length - this.head;
  }

  first(): Stream | undefined {
    return this.queue[this.head];
  }

  /** The first stream has nothing more for now. */
  removeFirst(): void {
    this.queue[this.head]!.scheduled = false;
    this.head++;
    this.compact();
  }

  /** The first stream had its turn. */
  rotate(): void {
    this.queue.push(this.queue[this.head]!);
    this.head++;
    this.compact();
  }

  private compact(): void {
    if (this.head === this.queue.length) {
      this.queue.length = 0;
      this.head = 0;
    } else if (this.head >= 256) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }
}

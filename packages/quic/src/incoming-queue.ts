import { optional } from './deferred.ts';

/** Is told what happens to a queue. Every method may be left out. */
export interface QueueObserver<T> {
  /** An iteration has taken this item. */
  onTaken?(item: T): void;
  /** The last iteration was left. */
  onAbandoned?(): void;
}

/** Items that wait to be taken by an iteration. The code that adds items bounds their number. */
export class IncomingQueue<T> {
  private readonly observer: QueueObserver<T>;
  private readonly items: T[] = [];
  private takers: Taker<T>[] = [];
  /** Number of iterations that have begun and were not left. */
  private readers = 0;
  private ended = false;
  private failure: unknown = undefined;

  constructor(observer: QueueObserver<T> = {}) {
    this.observer = observer;
  }

  get size(): number {
    return this.items.length;
  }

  /** Whether an iteration will take a waiting item. */
  get isAwaited(): boolean {
    return this.items.length > 0 && this.readers > 0;
  }

  push(item: T): void {
    if (this.ended) return;
    const taker = this.takers.shift();
    if (taker === undefined) this.items.push(item);
    else this.give(taker, item);
  }

  /** Remove a waiting item. */
  remove(matches: (item: T) => boolean): void {
    const index = this.items.findIndex(matches);
    if (index >= 0) this.items.splice(index, 1);
  }

  /** Remove and return all waiting items. */
  takeAll(): T[] {
    return this.items.splice(0);
  }

  /**
   * There are no more items; waiting ones can still be taken. With a failure, iterations throw it afterwards.
   */
  end(failure?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    for (const taker of this.takers.splice(0)) this.finish(taker);
  }

  /** Iterations share the items; when one is left early, the next one gets the rest. */
  iterate(): AsyncIterableIterator<T> {
    return new Iteration(this);
  }

  /** An iteration begins, or is left. */
  count(change: 1 | -1): void {
    this.readers += change;
    if (this.readers === 0) this.observer.onAbandoned?.();
  }

  /** The next item for this iteration, or the end. */
  next(reader: Iteration<T>): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const taker = { reader, resolve, reject };
      if (this.items.length > 0) this.give(taker, this.items.shift()!);
      else if (this.ended) this.finish(taker);
      // A new array takes just the memory it needs, which `push` would exceed: most connections wait for a stream all the time.
      else this.takers = this.takers.concat(taker);
    });
  }

  private give(taker: Taker<T>, item: T): void {
    taker.resolve({ value: item, done: false });
    this.observer.onTaken?.(item);
  }

  private finish(taker: Taker<T>): void {
    taker.reader.leave();
    if (this.failure === undefined) taker.resolve({ value: undefined, done: true });
    else taker.reject(this.failure);
  }
}

class Iteration<T> implements AsyncIterableIterator<T> {
  private readonly queue: IncomingQueue<T>;
  private isUnderWay = false;

  constructor(queue: IncomingQueue<T>) {
    this.queue = queue;
  }

  next(): Promise<IteratorResult<T>> {
    if (!this.isUnderWay) this.queue.count(1);
    this.isUnderWay = true;
    return optional(this.queue.next(this));
  }

  return(): Promise<IteratorResult<T>> {
    this.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  leave(): void {
    if (!this.isUnderWay) return;
    this.isUnderWay = false;
    this.queue.count(-1);
  }
}

interface Taker<T> {
  readonly reader: Iteration<T>;
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (reason: unknown) => void;
}

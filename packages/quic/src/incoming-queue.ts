import { optional } from './deferred.ts';

/** What arrives and waits to be taken by an iteration. Bounded by whoever fills it. */
export class IncomingQueue<T> {
  /** Hears of each item that an iteration takes. */
  onTaken: (item: T) => void = () => {};
  /** Hears that no iteration is left. */
  onAbandoned: () => void = () => {};
  private readonly items: T[] = [];
  private readonly takers: Taker<T>[] = [];
  /** Iterations that have begun, and were not left. */
  private readonly readers = new Set<object>();
  private ended = false;
  private failure: unknown = undefined;

  get size(): number {
    return this.items.length;
  }

  /** Something waits that somebody is going to take. */
  get isAwaited(): boolean {
    return this.items.length > 0 && this.readers.size > 0;
  }

  push(item: T): void {
    if (this.ended) return;
    const taker = this.takers.shift();
    if (taker === undefined) this.items.push(item);
    else this.give(taker, item);
  }

  /** Forget an item that waits. */
  remove(matches: (item: T) => boolean): void {
    const index = this.items.findIndex(matches);
    if (index >= 0) this.items.splice(index, 1);
  }

  /** Nothing more comes; what waits can still be taken. With a failure, the iteration then throws it. */
  end(failure?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    for (const taker of this.takers.splice(0)) this.finish(taker);
  }

  /** Iterations share the items; leaving one early leaves the rest to the next. */
  iterate(): AsyncIterableIterator<T> {
    const iterator: AsyncIterableIterator<T> = {
      next: () => {
        this.readers.add(iterator);
        return optional(this.next(iterator));
      },
      return: () => {
        this.leave(iterator);
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  private next(reader: object): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const taker = { reader, resolve, reject };
      if (this.items.length > 0) this.give(taker, this.items.shift()!);
      else if (this.ended) this.finish(taker);
      else this.takers.push(taker);
    });
  }

  private give(taker: Taker<T>, item: T): void {
    taker.resolve({ value: item, done: false });
    this.onTaken(item);
  }

  private finish(taker: Taker<T>): void {
    this.leave(taker.reader);
    if (this.failure === undefined) taker.resolve({ value: undefined, done: true });
    else taker.reject(this.failure);
  }

  private leave(reader: object): void {
    if (this.readers.delete(reader) && this.readers.size === 0) this.onAbandoned();
  }
}

interface Taker<T> {
  readonly reader: object;
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (reason: unknown) => void;
}

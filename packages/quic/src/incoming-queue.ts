/** What arrives and waits to be taken by an iteration. Bounded by whoever fills it. */
export class IncomingQueue<T> {
  private readonly items: T[] = [];
  private readonly takers: Taker<T>[] = [];
  private ended = false;
  private failure: unknown = undefined;

  get size(): number {
    return this.items.length;
  }

  push(item: T): void {
    if (this.ended) return;
    const taker = this.takers.shift();
    if (taker === undefined) this.items.push(item);
    else taker.resolve({ value: item, done: false });
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
      next: () => this.next(),
      return: () => Promise.resolve({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  private next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.items.length > 0) resolve({ value: this.items.shift()!, done: false });
      else if (this.ended) this.finish(taker);
      else this.takers.push(taker);
    });
  }

  private finish(taker: Taker<T>): void {
    if (this.failure === undefined) taker.resolve({ value: undefined, done: true });
    else taker.reject(this.failure);
  }
}

interface Taker<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (reason: unknown) => void;
}

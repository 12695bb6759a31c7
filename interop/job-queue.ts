/** Jobs that come in groups, each at its time; whoever asks gets one of a group that has come, in order. */
export class JobQueue<T> {
  private readonly ready: T[] = [];
  private readonly coming: Set<Promise<void>>;

  constructor(groups: readonly Promise<readonly T[]>[]) {
    this.coming = new Set();
    for (const group of groups) {
      const arrival = group.then((jobs) => {
        for (const job of jobs) this.ready.push(job);
        this.coming.delete(arrival);
      });
      this.coming.add(arrival);
    }
  }

  /** The next job; waits for a group when none is there, and is undefined when none is left to come. */
  async next(): Promise<T | undefined> {
    while (this.ready.length === 0 && this.coming.size > 0) await Promise.race(this.coming);
    return this.ready.shift();
  }
}

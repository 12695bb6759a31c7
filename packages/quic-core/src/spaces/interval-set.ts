/**
 * A set of integers kept as disjoint half-open intervals `[start, end)`, in ascending order, in typed
 * arrays: what was received, what was acknowledged, what was lost.
 */
export class IntervalSet {
  /** Number of intervals. */
  count = 0;
  private starts: Float64Array;
  private ends: Float64Array;

  /** @param capacity - intervals to make room for at once; most sets of a connection stay empty for good. */
  constructor(capacity = 0) {
    this.starts = capacity === 0 ? NO_NUMBERS : new Float64Array(capacity);
    this.ends = capacity === 0 ? NO_NUMBERS : new Float64Array(capacity);
  }

  startAt(index: number): number {
    return this.starts[index]!;
  }

  /** One past the last integer of the interval. */
  endAt(index: number): number {
    return this.ends[index]!;
  }

  /** One past the largest integer, or 0 for the empty set. */
  get limit(): number {
    return this.count === 0 ? 0 : this.ends[this.count - 1]!;
  }

  contains(value: number): boolean {
    const index = this.search(value);
    return index < this.count && this.starts[index]! <= value;
  }

  /** Whether all of `[start, end)` is in the set. */
  containsAll(start: number, end: number): boolean {
    if (start >= end) return true;
    const index = this.search(start);
    return index < this.count && this.starts[index]! <= start && this.ends[index]! >= end;
  }

  /** Add all of `[start, end)`; returns how many integers are new. */
  add(start: number, end: number): number {
    if (start >= end) return 0;
    // Most additions extend or follow the last interval.
    const last = this.count - 1;
    if (last < 0 || start > this.ends[last]!) {
      this.insert(this.count, start, end);
      return end - start;
    }
    if (start === this.ends[last]!) {
      this.ends[last] = end;
      return end - start;
    }
    return this.merge(start, end);
  }

  /** Take away all of `[start, end)`; returns how many integers were there. */
  remove(start: number, end: number): number {
    let index = this.search(start);
    let removed = 0;
    while (index < this.count && this.starts[index]! < end) {
      const from = this.starts[index]!;
      const to = this.ends[index]!;
      removed += Math.min(to, end) - Math.max(from, start);
      if (from < start && to > end) {
        this.ends[index] = start;
        this.insert(index + 1, end, to);
        return removed;
      }
      if (from < start) this.ends[index++] = start;
      else if (to > end) this.starts[index++] = end;
      else this.splice(index, 1);
    }
    return removed;
  }

  /** Add what of `[start, end)` is not in `except`. */
  addExcept(start: number, end: number, except: IntervalSet): void {
    let from = start;
    for (let i = except.search(start); i < except.count && except.starts[i]! < end; i++) {
      this.add(from, Math.min(except.starts[i]!, end));
      from = Math.max(from, except.ends[i]!);
    }
    this.add(from, end);
  }

  /** Take away everything below `limit`. */
  removeBelow(limit: number): void {
    if (this.count > 0 && this.starts[0]! < limit) this.remove(this.starts[0]!, limit);
  }

  /** Forget the lowest interval. */
  dropFirst(): void {
    if (this.count > 0) this.splice(0, 1);
  }

  /** Forget all intervals, and give their memory back. */
  clear(): void {
    this.count = 0;
    this.starts = this.ends = NO_NUMBERS;
  }

  /** Index of the first interval that ends after `value`. */
  private search(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ends[middle]! > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private merge(start: number, end: number): number {
    // The first interval that touches [start, end): one that ends at `start` counts.
    const first = this.search(start - 1);
    let next = first;
    let covered = 0;
    while (next < this.count && this.starts[next]! <= end) {
      covered += Math.max(0, Math.min(this.ends[next]!, end) - Math.max(this.starts[next]!, start));
      next++;
    }
    if (next === first) {
      this.insert(first, start, end);
      return end - start;
    }
    this.starts[first] = Math.min(this.starts[first]!, start);
    this.ends[first] = Math.max(this.ends[next - 1]!, end);
    this.splice(first + 1, next - first - 1);
    return end - start - covered;
  }

  private insert(index: number, start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    if (index < this.count) {
      this.starts.copyWithin(index + 1, index, this.count);
      this.ends.copyWithin(index + 1, index, this.count);
    }
    this.starts[index] = start;
    this.ends[index] = end;
    this.count++;
  }

  private splice(index: number, howMany: number): void {
    if (howMany === 0) return;
    this.starts.copyWithin(index, index + howMany, this.count);
    this.ends.copyWithin(index, index + howMany, this.count);
    this.count -= howMany;
  }
}

function doubled(values: Float64Array): Float64Array {
  const grown = new Float64Array(Math.max(values.length * 2, FIRST_CAPACITY));
  grown.set(values);
  return grown;
}

const NO_NUMBERS = new Float64Array(0);
const FIRST_CAPACITY = 4;

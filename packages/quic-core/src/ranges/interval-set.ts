/**
 * A set of integers, kept in typed arrays as disjoint half-open intervals `[start, end)` in ascending order.
 */
export class IntervalSet {
  /** Number of intervals. */
  count = 0;
  /** The start of each interval, followed by its end. */
  private bounds: Float64Array;

  /** @param capacity - intervals to allocate memory for at once; most sets of a connection stay empty. */
  constructor(capacity = 0) {
    this.bounds = capacity === 0 ? NO_NUMBERS : new Float64Array(2 * capacity);
  }

  startAt(index: number): number {
    return this.bounds[2 * index]!;
  }

  /** One past the last integer of the interval. */
  endAt(index: number): number {
    return this.bounds[2 * index + 1]!;
  }

  /** One past the largest integer, or 0 for the empty set. */
  get limit(): number {
    return this.count === 0 ? 0 : this.endAt(this.count - 1);
  }

  contains(value: number): boolean {
    const index = this.search(value);
    return index < this.count && this.startAt(index) <= value;
  }

  /** Whether all of `[start, end)` is in the set. */
  containsAll(start: number, end: number): boolean {
    if (start >= end) return true;
    const index = this.search(start);
    return index < this.count && this.startAt(index) <= start && this.endAt(index) >= end;
  }

  /** Add all of `[start, end)`; returns how many integers are new. */
  add(start: number, end: number): number {
    if (start >= end) return 0;
    // Most additions extend or follow the last interval.
    const last = this.count - 1;
    if (last < 0 || start > this.endAt(last)) {
      this.insert(this.count, start, end);
      return end - start;
    }
    if (start === this.endAt(last)) {
      this.bounds[2 * last + 1] = end;
      return end - start;
    }
    return this.merge(start, end);
  }

  /** Remove all of `[start, end)`; returns how many integers were removed. */
  remove(start: number, end: number): number {
    let index = this.search(start);
    let removed = 0;
    while (index < this.count && this.startAt(index) < end) {
      const from = this.startAt(index);
      const to = this.endAt(index);
      removed += Math.min(to, end) - Math.max(from, start);
      if (from < start && to > end) {
        this.bounds[2 * index + 1] = start;
        this.insert(index + 1, end, to);
        return removed;
      }
      if (from < start) this.bounds[2 * index++ + 1] = start;
      else if (to > end) this.bounds[2 * index++] = end;
      else this.splice(index, 1);
    }
    return removed;
  }

  /** Add the part of `[start, end)` that is not in `except`. */
  addExcept(start: number, end: number, except: IntervalSet): void {
    let from = start;
    for (let i = except.search(start); i < except.count && except.startAt(i) < end; i++) {
      this.add(from, Math.min(except.startAt(i), end));
      from = Math.max(from, except.endAt(i));
    }
    this.add(from, end);
  }

  /** Remove all integers below `limit`. */
  removeBelow(limit: number): void {
    if (this.count > 0 && this.startAt(0) < limit) this.remove(this.startAt(0), limit);
  }

  /** Remove the lowest interval. */
  dropFirst(): void {
    if (this.count > 0) this.splice(0, 1);
  }

  /** Remove all intervals, and give their memory back. */
  clear(): void {
    this.count = 0;
    this.bounds = NO_NUMBERS;
  }

  /** Index of the first interval that ends after `value`. */
  private search(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.endAt(middle) > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private merge(start: number, end: number): number {
    // The first interval that touches [start, end): one that ends at `start` counts.
    const first = this.search(start - 1);
    let next = first;
    let covered = 0;
    while (next < this.count && this.startAt(next) <= end) {
      covered += Math.max(0, Math.min(this.endAt(next), end) - Math.max(this.startAt(next), start));
      next++;
    }
    if (next === first) {
      this.insert(first, start, end);
      return end - start;
    }
    this.bounds[2 * first] = Math.min(this.startAt(first), start);
    this.bounds[2 * first + 1] = Math.max(this.endAt(next - 1), end);
    this.splice(first + 1, next - first - 1);
    return end - start - covered;
  }

  private insert(index: number, start: number, end: number): void {
    if (2 * this.count === this.bounds.length) this.bounds = doubled(this.bounds);
    if (index < this.count) this.bounds.copyWithin(2 * index + 2, 2 * index, 2 * this.count);
    this.bounds[2 * index] = start;
    this.bounds[2 * index + 1] = end;
    this.count++;
  }

  private splice(index: number, howMany: number): void {
    if (howMany === 0) return;
    this.bounds.copyWithin(2 * index, 2 * (index + howMany), 2 * this.count);
    this.count -= howMany;
  }
}

function doubled(values: Float64Array): Float64Array {
  const grown = new Float64Array(Math.max(values.length * 2, 2 * FIRST_CAPACITY));
  grown.set(values);
  return grown;
}

const NO_NUMBERS = new Float64Array(0);
const FIRST_CAPACITY = 4;

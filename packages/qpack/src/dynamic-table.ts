import { FIELD_OVERHEAD, fieldSize } from './field-line.ts';

/** An entry of a dynamic table. */
export interface TableEntry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
}

/** Field lines in the order of their insertion, of which the oldest leave first. RFC 9204 §3.2 */
export class DynamicTable {
  /** Entries by absolute index, modulo the most there can be. */
  private readonly entries: (TableEntry | undefined)[] = [];
  private readonly places: number;
  /** Insertions until now: the absolute index of the next entry. RFC 9204 §3.2.4 */
  insertCount = 0;
  /** Absolute index of the oldest entry. */
  oldest = 0;
  size = 0;
  capacity = 0;

  /** @param maxCapacity - bytes, the most that `capacity` will be. RFC 9204 §3.2.3 */
  constructor(maxCapacity: number) {
    this.places = Math.max(Math.floor(maxCapacity / FIELD_OVERHEAD), 1);
  }

  /** The entry with this absolute index; undefined where it was evicted or never inserted. */
  entry(index: number): TableEntry | undefined {
    return index >= this.oldest && index < this.insertCount ? this.entries[index % this.places] : undefined;
  }

  /** Add an entry, for which the oldest leave; false where it is larger than the table. RFC 9204 §3.2.2 */
  insert(name: string, value: string): boolean {
    const size = fieldSize(name, value);
    if (size > this.capacity) return false;
    this.evictTo(this.capacity - size);
    this.entries[this.insertCount % this.places] = { name, value, size };
    this.insertCount++;
    this.size += size;
    return true;
  }

  /** Change the capacity, for which the oldest entries leave. RFC 9204 §3.2.2 */
  setCapacity(capacity: number): void {
    this.capacity = capacity;
    this.evictTo(capacity);
  }

  private evictTo(size: number): void {
    while (this.size > size) {
      const place = this.oldest % this.places;
      this.size -= this.entries[place]!.size;
      // Its strings are memory that counts no more.
      this.entries[place] = undefined;
      this.oldest++;
    }
  }
}

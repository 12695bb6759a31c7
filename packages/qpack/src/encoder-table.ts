import { DynamicTable } from './dynamic-table.ts';
import { fieldSize } from './field-line.ts';

/** Absolute indices of the newest entries with a name. */
interface NamedEntries {
  newest: number;
  readonly byValue: Map<string, number>;
}

/**
 * A dynamic table as its encoder needs it: entries are found by their fields, and one that the decoder may still have to
 * look up stays. RFC 9204 §2.1.1
 */
export class EncoderTable {
  readonly table: DynamicTable;
  private readonly names = new Map<string, NamedEntries>();
  /** Sections that refer to an entry and are not acknowledged, by its absolute index. */
  private readonly references = new Map<number, number>();
  /** Insertions that the decoder has confirmed. RFC 9204 §2.1.4 */
  knownReceivedCount = 0;

  constructor(maxCapacity: number) {
    this.table = new DynamicTable(maxCapacity);
  }

  /** Absolute index of the newest entry with this name and value; -1 when there is none. */
  find(name: string, value: string): number {
    return this.live(this.names.get(name)?.byValue.get(value));
  }

  /** Absolute index of the newest entry with this name; -1 when there is none. */
  findName(name: string): number {
    return this.live(this.names.get(name)?.newest);
  }

  /** Whether an entry of this size fits without evicting one that must stay. RFC 9204 §2.1.1 */
  canInsert(size: number): boolean {
    const { table } = this;
    let room = table.capacity - table.size;
    for (let index = table.oldest; room < size; index++) {
      const entry = table.entry(index);
      if (entry === undefined || !this.isEvictable(index)) return false;
      room += entry.size;
    }
    return true;
  }

  /** Insert an entry for which `canInsert` said yes; returns its absolute index. */
  insert(name: string, value: string): number {
    const { table } = this;
    const index = table.insertCount;
    const evicted: [string, string][] = [];
    for (let at = table.oldest, room = table.capacity - table.size; room < fieldSize(name, value); at++) {
      const entry = table.entry(at)!;
      evicted.push([entry.name, entry.value]);
      room += entry.size;
    }
    table.insert(name, value);
    for (const [goneName, goneValue] of evicted) this.forget(goneName, goneValue);
    const named = this.names.get(name) ?? { newest: index, byValue: new Map<string, number>() };
    named.newest = index;
    named.byValue.set(value, index);
    this.names.set(name, named);
    return index;
  }

  /** Whether an entry is among those that leave next, so that a new reference would keep it too long. RFC 9204 §2.1.1.1 */
  isDraining(index: number): boolean {
    const { table } = this;
    let older = table.capacity - table.size;
    const share = table.capacity / DRAINING_SHARE;
    if (older >= share) return false;
    for (let at = table.oldest; at <= index; at++) {
      older += table.entry(at)!.size;
      if (older > share) return false;
    }
    return true;
  }

  refer(index: number): void {
    this.references.set(index, (this.references.get(index) ?? 0) + 1);
  }

  release(index: number): void {
    const count = this.references.get(index)! - 1;
    if (count === 0) this.references.delete(index);
    else this.references.set(index, count);
  }

  private isEvictable(index: number): boolean {
    return index < this.knownReceivedCount && !this.references.has(index);
  }

  private live(index: number | undefined): number {
    return index !== undefined && index >= this.table.oldest ? index : -1;
  }

  /** Remove what finds an evicted entry, unless a newer one has the same name or value. */
  private forget(name: string, value: string): void {
    const named = this.names.get(name);
    if (named === undefined) return;
    if (this.live(named.byValue.get(value)) < 0) named.byValue.delete(value);
    if (named.byValue.size === 0) this.names.delete(name);
  }
}

/** The oldest entries are draining as long as they and what is unused make up this part of the table. */
const DRAINING_SHARE = 3;

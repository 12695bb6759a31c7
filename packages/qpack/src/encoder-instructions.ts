import type { EncoderTable } from './encoder-table.ts';
import { GrowingBytes, stringLength } from './growing-bytes.ts';
import { prefixedIntegerLength } from './prefixed-integer.ts';
import { findStaticName } from './static-table.ts';

/** What an encoder has to tell its peer's decoder, in the order of its table's insertions. RFC 9204 §4.3 */
export class EncoderInstructions {
  private readonly table: EncoderTable;
  private readonly bytes = new GrowingBytes();
  /** Set before the first insertion; 0 once it is. */
  private capacityToSet: number;

  constructor(table: EncoderTable, capacity = 0) {
    this.table = table;
    this.capacityToSet = capacity;
    table.table.setCapacity(capacity);
  }

  /**
   * Tell of an insertion that follows; false where it does not fit into `room`, the bytes that wait included.
   * RFC 9204 §4.3.2, §4.3.3
   */
  insert(name: string, value: string, room: number): boolean {
    const inStatic = findStaticName(name);
    const named = inStatic >= 0 ? -1 : this.table.findName(name);
    const relative = named >= 0 ? this.relative(named) : -1;
    const index = inStatic >= 0 ? inStatic : relative;
    const nameLength = index >= 0 ? prefixedIntegerLength(index, 6) : stringLength(name, 5);
    if (!this.fits(nameLength + stringLength(value, 7), room)) return false;
    if (inStatic >= 0) this.bytes.integer(0xc0, inStatic, 6);
    else if (relative >= 0) this.bytes.integer(0x80, relative, 6);
    else this.bytes.string(0x40, name, 5);
    this.bytes.string(0, value, 7);
    return true;
  }

  /** Tell of an insertion of this entry again. RFC 9204 §4.3.4 */
  duplicate(index: number, room: number): boolean {
    const relative = this.relative(index);
    if (!this.fits(prefixedIntegerLength(relative, 5), room)) return false;
    this.bytes.integer(0, relative, 5);
    return true;
  }

  take(): Uint8Array {
    return this.bytes.take();
  }

  private relative(index: number): number {
    return this.table.table.insertCount - 1 - index;
  }

  /** Whether an instruction of so many bytes fits, with the one that sets the capacity. RFC 9204 §4.3.1 */
  private fits(length: number, room: number): boolean {
    const opening = this.capacityToSet > 0 ? prefixedIntegerLength(this.capacityToSet, 5) : 0;
    if (this.bytes.length + opening + length > room) return false;
    if (opening > 0) this.bytes.integer(0x20, this.capacityToSet, 5);
    this.capacityToSet = 0;
    return true;
  }
}

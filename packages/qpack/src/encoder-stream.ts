import type { ByteReader } from '@tsquic/bytes';
import type { DynamicTable } from './dynamic-table.ts';
import { FIELD_OVERHEAD } from './field-line.ts';
import { InstructionStream } from './instruction-stream.ts';
import { readPrefixedInteger } from './prefixed-integer.ts';
import { QpackCode, QpackError } from './qpack-error.ts';
import { STATIC_TABLE } from './static-table.ts';
import { type StringFault, StringLiteral } from './string-literal.ts';

/**
 * Follows the instructions of the peer's encoder. An instruction that is not complete waits; no string in it can be longer
 * than what the table holds. RFC 9204 §4.3
 */
export class EncoderStreamReader {
  private readonly table: DynamicTable;
  private readonly maxTableCapacity: number;
  private readonly instructions: InstructionStream = new InstructionStream(() => this.instruction());
  private readonly reader: ByteReader = this.instructions.reader;
  private readonly name = new StringLiteral();
  private readonly value = new StringLiteral();

  constructor(table: DynamicTable, maxTableCapacity: number) {
    this.table = table;
    this.maxTableCapacity = maxTableCapacity;
  }

  /** The next bytes of the stream, which are copied. Throws a QpackError for instructions that break RFC 9204. */
  read(bytes: Uint8Array): void {
    this.instructions.read(bytes);
  }

  private instruction(): void {
    const first = this.reader.u8();
    if (first >= 0x80) this.insertWithName(first);
    else if (first >= 0x40) this.insertLiteral(first);
    else if (first >= 0x20) this.setCapacity(first);
    else this.duplicate(first);
  }

  /** RFC 9204 §4.3.1 */
  private setCapacity(first: number): void {
    const capacity = readPrefixedInteger(this.reader, first, 5);
    if (this.reader.truncated) return;
    if (capacity > this.maxTableCapacity) throw failed('a table capacity is above the limit');
    this.table.setCapacity(capacity);
  }

  /** RFC 9204 §4.3.2 */
  private insertWithName(first: number): void {
    const index = readPrefixedInteger(this.reader, first, 6);
    if (this.reader.truncated) return;
    const name = (first & 0x40) !== 0 ? staticName(index) : this.recent(index).name;
    const most = this.table.capacity - FIELD_OVERHEAD - name.length;
    this.refuse(this.value.find(this.reader, this.reader.u8(), 7, Math.max(most, 0)));
    if (!this.reader.truncated) this.insert(name, this.text(this.value, most));
  }

  /** RFC 9204 §4.3.3 */
  private insertLiteral(first: number): void {
    const most = this.table.capacity - FIELD_OVERHEAD;
    this.refuse(this.name.find(this.reader, first, 5, Math.max(most, 0)));
    if (this.reader.truncated) return;
    this.refuse(this.value.find(this.reader, this.reader.u8(), 7, Math.max(most, 0)));
    if (this.reader.truncated) return;
    this.insert(this.text(this.name, most), this.text(this.value, most));
  }

  /** RFC 9204 §4.3.4 */
  private duplicate(first: number): void {
    const index = readPrefixedInteger(this.reader, first, 5);
    if (this.reader.truncated) return;
    const { name, value } = this.recent(index);
    this.insert(name, value);
  }

  /** The entry with this index counted from the newest one. RFC 9204 §2.2.3, §3.2.5 */
  private recent(index: number): { readonly name: string; readonly value: string } {
    const entry = this.table.entry(this.table.insertCount - 1 - index);
    if (entry === undefined) throw failed('an instruction refers to an entry that is not there');
    return entry;
  }

  private text(literal: StringLiteral, most: number): string {
    const found = literal.read(Math.max(most, 0));
    if (typeof found !== 'string') return found.text;
    throw found === 'invalid' ? failed('a Huffman code is invalid') : tooLarge();
  }

  private refuse(fault: StringFault | undefined): void {
    if (fault !== undefined) throw tooLarge();
  }

  /** RFC 9204 §3.2.2 */
  private insert(name: string, value: string): void {
    if (!this.table.insert(name, value)) throw tooLarge();
  }
}

function staticName(index: number): string {
  const entry = STATIC_TABLE[index];
  if (entry === undefined) throw failed(`the static table has no entry ${index}`);
  return entry[0];
}

function tooLarge(): QpackError {
  return failed('an entry is larger than the table');
}

function failed(message: string): QpackError {
  return new QpackError(QpackCode.EncoderStreamError, message);
}

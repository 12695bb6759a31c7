import type { ByteReader } from '@tsquic/bytes';
import type { DynamicTable } from './dynamic-table.ts';
import { FIELD_OVERHEAD, type FieldLine, fieldSize } from './field-line.ts';
import { readPrefixedInteger } from './prefixed-integer.ts';
import { QpackCode, QpackError } from './qpack-error.ts';
import { STATIC_TABLE } from './static-table.ts';
import { StringLiteral } from './string-literal.ts';

/** The state of the table that a field section was encoded for. RFC 9204 §4.5.1 */
export interface SectionPrefix {
  readonly requiredInsertCount: number;
  readonly base: number;
}

/**
 * Field lines in their order; or that there are more than may be stored; or that an integer or a length is beyond any that
 * can be decoded, a stream error of type QPACK_DECOMPRESSION_FAILED. RFC 9204 §7.4
 */
export type SectionContent =
  | { readonly kind: 'fields'; readonly fields: FieldLine[] }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'undecodable' };

const TOO_LARGE: SectionContent = { kind: 'too-large' };
const UNDECODABLE: SectionContent = { kind: 'undecodable' };

/** The table and the limits that field sections are read with. */
export interface SectionRules {
  readonly table: DynamicTable;
  /** SETTINGS_QPACK_MAX_TABLE_CAPACITY, bytes. */
  readonly maxTableCapacity: number;
  /** SETTINGS_MAX_FIELD_SECTION_SIZE, bytes with 32 more for each line. */
  readonly maxFieldSectionSize: number;
}

/** Read the prefix of a section. Throws a QpackError for one that no encoder can have written. RFC 9204 §4.5.1 */
export function readSectionPrefix(reader: ByteReader, rules: SectionRules): SectionPrefix {
  const encoded = readPrefixedInteger(reader, reader.u8(), 8);
  const requiredInsertCount = expandInsertCount(encoded, rules);
  const first = reader.u8();
  const delta = readPrefixedInteger(reader, first, 7);
  if (reader.truncated) throw failed('the prefix of a field section is cut short');
  const isBelow = first >= 0x80;
  if (isBelow && requiredInsertCount <= delta) throw failed('the Base of a field section is negative');
  return { requiredInsertCount, base: requiredInsertCount + (isBelow ? -delta - 1 : delta) };
}

/** RFC 9204 §4.5.1.1 */
function expandInsertCount(encoded: number, { table, maxTableCapacity }: SectionRules): number {
  if (encoded === 0) return 0;
  const maxEntries = Math.floor(maxTableCapacity / FIELD_OVERHEAD);
  const fullRange = 2 * maxEntries;
  if (encoded > fullRange) throw failed('a Required Insert Count is out of range');
  const maxValue = table.insertCount + maxEntries;
  const count = Math.floor(maxValue / fullRange) * fullRange + encoded - 1;
  if (count > maxValue && count <= fullRange) throw failed('a Required Insert Count is out of reach');
  const required = count > maxValue ? count - fullRange : count;
  if (required === 0) throw failed('a Required Insert Count of zero is encoded as another number');
  return required;
}

/** Reads the field lines of one section after its prefix. RFC 9204 §4.5 */
export class SectionReader {
  private readonly reader: ByteReader;
  private readonly prefix: SectionPrefix;
  private readonly table: DynamicTable;
  private readonly literal = new StringLiteral();
  /** What may still be stored, bytes with 32 more for each line. */
  private room: number;

  constructor(reader: ByteReader, prefix: SectionPrefix, rules: SectionRules) {
    this.reader = reader;
    this.prefix = prefix;
    this.table = rules.table;
    this.room = rules.maxFieldSectionSize;
  }

  /** All lines. Throws a QpackError for those that break RFC 9204. */
  read(): SectionContent {
    const fields: FieldLine[] = [];
    while (this.reader.remaining > 0) {
      const line = this.line();
      if ('kind' in line) return line;
      this.room -= fieldSize(line.name, line.value);
      if (this.room < 0) return TOO_LARGE;
      fields.push(line);
    }
    return { kind: 'fields', fields };
  }

  /** RFC 9204 §4.5.2 to §4.5.6, by the first bits. */
  private line(): FieldLine | SectionContent {
    const first = this.reader.u8();
    if (first >= 0x80) return this.indexed(first, 6, (first & 0x40) !== 0, false);
    if (first >= 0x40) return this.withName(first, 4, (first & 0x10) !== 0, false, (first & 0x20) !== 0);
    if (first >= 0x20) return this.literalLine(first);
    if (first >= 0x10) return this.indexed(first, 4, false, true);
    return this.withName(first, 3, false, true, (first & 0x08) !== 0);
  }

  private indexed(
    first: number,
    bits: number,
    isStatic: boolean,
    isPostBase: boolean,
  ): FieldLine | SectionContent {
    const index = this.integer(first, bits);
    return index === Number.POSITIVE_INFINITY ? UNDECODABLE : this.lookUp(index, isStatic, isPostBase);
  }

  private withName(
    first: number,
    bits: number,
    isStatic: boolean,
    isPostBase: boolean,
    sensitive: boolean,
  ): FieldLine | SectionContent {
    const index = this.integer(first, bits);
    if (index === Number.POSITIVE_INFINITY) return UNDECODABLE;
    const { name } = this.lookUp(index, isStatic, isPostBase);
    const value = this.string(this.reader.u8(), 7, name.length);
    if (typeof value !== 'string') return value;
    return sensitive ? { name, value, sensitive } : { name, value };
  }

  private literalLine(first: number): FieldLine | SectionContent {
    const name = this.string(first, 3, 0);
    if (typeof name !== 'string') return name;
    const value = this.string(this.reader.u8(), 7, name.length);
    if (typeof value !== 'string') return value;
    return (first & 0x10) !== 0 ? { name, value, sensitive: true } : { name, value };
  }

  private integer(first: number, bits: number): number {
    const value = readPrefixedInteger(this.reader, first, bits);
    if (this.reader.truncated) throw failed('a field line is cut short');
    return value;
  }

  /** A string of a line that has `taken` bytes already. */
  private string(first: number, bits: number, taken: number): string | SectionContent {
    const most = Math.max(this.room - FIELD_OVERHEAD - taken, 0);
    const fault = this.literal.find(this.reader, first, bits, most);
    if (fault !== undefined) return TOO_LARGE;
    if (this.reader.truncated) throw failed('a field line is cut short');
    const found = this.literal.read(most);
    if (found === 'invalid') throw failed('a Huffman code is invalid');
    return found === 'too-long' ? TOO_LARGE : found.text;
  }

  /** RFC 9204 §2.2.3, §3.1, §3.2.5, §3.2.6 */
  private lookUp(index: number, isStatic: boolean, isPostBase: boolean): { name: string; value: string } {
    if (isStatic) {
      const entry = STATIC_TABLE[index];
      if (entry === undefined) throw failed(`the static table has no entry ${index}`);
      return { name: entry[0], value: entry[1] };
    }
    const { base, requiredInsertCount } = this.prefix;
    const absolute = isPostBase ? base + index : base - 1 - index;
    if (absolute >= requiredInsertCount)
      throw failed('a field line refers to an entry above its Required Insert Count');
    const entry = this.table.entry(absolute);
    if (entry === undefined) throw failed('a field line refers to an entry that is gone');
    return { name: entry.name, value: entry.value };
  }
}

function failed(message: string): QpackError {
  return new QpackError(QpackCode.DecompressionFailed, message);
}

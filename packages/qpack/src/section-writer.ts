import type { EncoderTable } from './encoder-table.ts';
import { FIELD_OVERHEAD, type FieldLine } from './field-line.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { isSensitive } from './sensitive-field.ts';

/** Writes one field section: its lines in their order, and the prefix that depends on them. RFC 9204 §4.5 */
export class SectionWriter {
  private readonly table: EncoderTable;
  private readonly lines: (IndexedLine | LiteralLine)[] = [];
  private readonly mayRefer: boolean;
  /** Whether it may refer to entries that the decoder has not confirmed. RFC 9204 §2.1.2 */
  readonly mayBlock: boolean;
  /** Absolute indices of the entries that it refers to, counted in the table. */
  readonly references: number[] = [];
  /** One more than the largest of them; 0 without any. RFC 9204 §4.5.1.1 */
  requiredInsertCount = 0;

  constructor(table: EncoderTable, mayRefer: boolean, mayBlock: boolean) {
    this.table = table;
    this.mayRefer = mayRefer;
    this.mayBlock = mayBlock;
  }

  mayReferTo(index: number): boolean {
    return this.mayRefer && (this.mayBlock || index < this.table.knownReceivedCount);
  }

  /** RFC 9204 §4.5.2 */
  staticIndex(index: number): void {
    this.lines.push({ kind: 'static', index });
  }

  /** RFC 9204 §4.5.2 */
  dynamicIndex(index: number): void {
    this.refer(index);
    this.lines.push({ kind: 'dynamic', index });
  }

  /** A literal with the name of the static table, or of the dynamic one, or its own. RFC 9204 §4.5.4, §4.5.6 */
  literal(field: FieldLine, staticName: number): void {
    const found = staticName >= 0 ? -1 : this.table.findName(field.name);
    const dynamicName = found >= 0 && this.mayReferTo(found) ? found : -1;
    if (dynamicName >= 0) this.refer(dynamicName);
    this.lines.push({ kind: 'literal', field, staticName, dynamicName });
  }

  /**
   * The section. Its Base is the Required Insert Count, so that every reference counts back from the newest one.
   *
   * @param maxTableCapacity - of the peer's settings.
   */
  finish(maxTableCapacity: number): Uint8Array {
    const out = new GrowingBytes();
    const required = this.requiredInsertCount;
    const maxEntries = Math.floor(maxTableCapacity / FIELD_OVERHEAD);
    out.integer(0, required === 0 ? 0 : (required % (2 * maxEntries)) + 1, 8);
    out.integer(0, 0, 7);
    for (const line of this.lines) writeLine(out, line, required);
    return out.take();
  }

  private refer(index: number): void {
    this.table.refer(index);
    this.references.push(index);
    this.requiredInsertCount = Math.max(this.requiredInsertCount, index + 1);
  }
}

interface IndexedLine {
  readonly kind: 'static' | 'dynamic';
  readonly index: number;
}

interface LiteralLine {
  readonly kind: 'literal';
  readonly field: FieldLine;
  /** Indices of an entry with this name; -1 when there is none. */
  readonly staticName: number;
  readonly dynamicName: number;
}

function writeLine(out: GrowingBytes, line: IndexedLine | LiteralLine, base: number): void {
  if (line.kind === 'literal') writeLiteral(out, line, base);
  else if (line.kind === 'static') out.integer(0xc0, line.index, 6);
  else out.integer(0x80, base - 1 - line.index, 6);
}

function writeLiteral(
  out: GrowingBytes,
  { field, staticName, dynamicName }: LiteralLine,
  base: number,
): void {
  const never = isSensitive(field);
  if (staticName >= 0) out.integer(never ? 0x70 : 0x50, staticName, 4);
  else if (dynamicName >= 0) out.integer(never ? 0x60 : 0x40, base - 1 - dynamicName, 4);
  else out.string(never ? 0x30 : 0x20, field.name, 3);
  out.string(0, field.value, 7);
}

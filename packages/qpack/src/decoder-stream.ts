import type { ByteReader } from '@tsquic/bytes';
import { InstructionStream } from './instruction-stream.ts';
import type { OutstandingSections } from './outstanding-sections.ts';
import { readPrefixedInteger } from './prefixed-integer.ts';
import { QpackCode, QpackError } from './qpack-error.ts';

/** Follows the instructions of the peer's decoder. RFC 9204 §4.4 */
export class DecoderStreamReader {
  private readonly sections: OutstandingSections;
  private readonly instructions: InstructionStream = new InstructionStream(() => this.instruction());
  private readonly reader: ByteReader = this.instructions.reader;

  constructor(sections: OutstandingSections) {
    this.sections = sections;
  }

  /** The next bytes of the stream, which are copied. Throws a QpackError for instructions that break RFC 9204. */
  read(bytes: Uint8Array): void {
    this.instructions.read(bytes);
  }

  private instruction(): void {
    const first = this.reader.u8();
    const value = readPrefixedInteger(this.reader, first, first >= 0x80 ? 7 : 6);
    if (this.reader.truncated) return;
    if (value === Number.POSITIVE_INFINITY)
      throw new QpackError(QpackCode.DecoderStreamError, 'an integer has more than 62 bits');
    if (first >= 0x80) this.sections.onSectionAcknowledgment(value);
    else if (first >= 0x40) this.sections.onStreamCancellation(value);
    else this.sections.onInsertCountIncrement(value);
  }
}

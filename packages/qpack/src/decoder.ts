import { ByteReader } from '@tsquic/bytes';
import { DecoderInstructions } from './decoder-instructions.ts';
import { DynamicTable } from './dynamic-table.ts';
import { EncoderStreamReader } from './encoder-stream.ts';
import { QpackCode, QpackError } from './qpack-error.ts';
import {
  readSectionPrefix,
  type SectionContent,
  type SectionPrefix,
  SectionReader,
  type SectionRules,
} from './section-reader.ts';

/** What a decoder promises to its peer, which is told by SETTINGS. RFC 9204 §5 */
export interface QpackDecoderOptions {
  /** Bytes of the dynamic table. Default: 0. */
  readonly maxTableCapacity?: number;
  /** Streams whose sections may wait for insertions at one time. Default: 0. */
  readonly maxBlockedStreams?: number;
  /** Bytes of one field section, with 32 more for each line, RFC 9114 §4.2.2. Default: 16384. */
  readonly maxFieldSectionSize?: number;
}

/** What became of a field section; 'blocked' waits for insertions. */
export type DecodedSection = SectionContent | { readonly kind: 'blocked' };

/**
 * Decodes the field sections of one connection. Whatever throws a QpackError ends the connection with its code, and the
 * decoder is not used again. RFC 9204 §2.2
 */
export class QpackDecoder {
  private readonly table: DynamicTable;
  private readonly rules: SectionRules;
  private readonly maxBlockedStreams: number;
  private readonly encoderStream: EncoderStreamReader;
  private readonly instructions = new DecoderInstructions();
  private readonly blocked = new Map<number, BlockedSection>();

  constructor(options: QpackDecoderOptions = {}) {
    const { maxTableCapacity = 0, maxBlockedStreams = 0, maxFieldSectionSize = 16_384 } = options;
    this.table = new DynamicTable(maxTableCapacity);
    this.rules = { table: this.table, maxTableCapacity, maxFieldSectionSize };
    this.maxBlockedStreams = maxBlockedStreams;
    this.encoderStream = new EncoderStreamReader(this.table, maxTableCapacity);
  }

  /**
   * Decode a whole section of a stream. One that is blocked is copied, and comes back from `nextUnblocked`; until then
   * the stream may bring no other.
   */
  decode(streamId: number, section: Uint8Array): DecodedSection {
    const reader = new ByteReader(section);
    const prefix = readSectionPrefix(reader, this.rules);
    if (prefix.requiredInsertCount <= this.table.insertCount) return this.read(streamId, reader, prefix);
    if (this.blocked.size >= this.maxBlockedStreams)
      throw new QpackError(QpackCode.DecompressionFailed, 'more streams are blocked than the settings allow');
    this.blocked.set(streamId, { prefix, lines: section.slice(reader.position) });
    return { kind: 'blocked' };
  }

  /** A section for which all insertions have arrived, the longest blocked first; undefined when there is none. */
  nextUnblocked(): { readonly streamId: number; readonly section: SectionContent } | undefined {
    for (const [streamId, { prefix, lines }] of this.blocked) {
      if (prefix.requiredInsertCount > this.table.insertCount) continue;
      this.blocked.delete(streamId);
      return { streamId, section: this.read(streamId, new ByteReader(lines), prefix) };
    }
    return undefined;
  }

  /** The next bytes of the peer's encoder stream. `nextUnblocked` may have something afterwards. */
  onEncoderStream(bytes: Uint8Array): void {
    this.encoderStream.read(bytes);
  }

  /** The stream was reset, or nobody reads it further: its sections never end. RFC 9204 §2.2.2.2 */
  cancelStream(streamId: number): void {
    this.blocked.delete(streamId);
    if (this.rules.maxTableCapacity > 0) this.instructions.cancelStream(streamId);
  }

  /** Bytes for the decoder stream; none when there is nothing to say. */
  takeInstructions(): Uint8Array {
    return this.instructions.take(this.table.insertCount);
  }

  private read(streamId: number, reader: ByteReader, prefix: SectionPrefix): SectionContent {
    const content = new SectionReader(reader, prefix, this.rules).read();
    if (content.kind === 'fields' && prefix.requiredInsertCount > 0)
      this.instructions.acknowledgeSection(streamId, prefix.requiredInsertCount);
    return content;
  }
}

/** A section that waits, without its prefix. */
interface BlockedSection {
  readonly prefix: SectionPrefix;
  readonly lines: Uint8Array;
}

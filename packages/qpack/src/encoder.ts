import { DecoderStreamReader } from './decoder-stream.ts';
import { EncoderInstructions } from './encoder-instructions.ts';
import { EncoderTable } from './encoder-table.ts';
import { FieldHistory } from './field-history.ts';
import { type FieldLine, fieldSize } from './field-line.ts';
import { OutstandingSections } from './outstanding-sections.ts';
import { QpackCode, QpackError } from './qpack-error.ts';
import { SectionWriter } from './section-writer.ts';
import { isSensitive } from './sensitive-field.ts';
import { findStaticField, findStaticName } from './static-table.ts';

/** How much an encoder spends. */
export interface QpackEncoderOptions {
  /** Bytes of the dynamic table at most, whatever the peer allows. Default: 4096. */
  readonly maxTableCapacity?: number;
  /** Streams that may be blocked at most, whatever the peer allows. Default: 100. */
  readonly maxBlockedStreams?: number;
}

/** What the peer's decoder promises by SETTINGS. RFC 9204 §5 */
export interface QpackPeerSettings {
  readonly maxTableCapacity: number;
  readonly maxBlockedStreams: number;
}

/**
 * Encodes the field sections of one connection. Until `onSettings` it uses the static table only. Whatever throws a
 * QpackError ends the connection with its code, and the encoder is not used again. RFC 9204 §2.1
 */
export class QpackEncoder {
  private readonly limits: Required<QpackEncoderOptions>;
  private peer: QpackPeerSettings = { maxTableCapacity: 0, maxBlockedStreams: 0 };
  private table = new EncoderTable(0);
  private instructions = new EncoderInstructions(this.table);
  private readonly sections = new OutstandingSections(this.table);
  private readonly decoderStream = new DecoderStreamReader(this.sections);
  private history = new FieldHistory(1);
  private names = new FieldHistory(1);

  constructor(options: QpackEncoderOptions = {}) {
    const { maxTableCapacity = 4096, maxBlockedStreams = 100 } = options;
    this.limits = { maxTableCapacity, maxBlockedStreams };
  }

  /**
   * The settings of the peer: those that an earlier connection brought, for early data, and then those of this one, which
   * may not change a capacity that was used. RFC 9204 §3.2.3
   */
  onSettings(peer: QpackPeerSettings): void {
    const { maxTableCapacity: before } = this.peer;
    if (before !== 0 && before !== peer.maxTableCapacity)
      throw new QpackError(
        QpackCode.DecoderStreamError,
        'the table capacity of early data is not the one of the settings',
      );
    this.peer = peer;
    if (before !== 0 || peer.maxTableCapacity === 0) return;
    const capacity = Math.min(peer.maxTableCapacity, this.limits.maxTableCapacity);
    this.table = new EncoderTable(capacity);
    this.instructions = new EncoderInstructions(this.table, capacity);
    // The peer's decoder stream may have begun before its settings came: its instructions go on.
    this.sections.setTable(this.table);
    const remembered = Math.max(Math.ceil(capacity / BYTES_PER_REMEMBERED), 1);
    this.history = new FieldHistory(remembered);
    this.names = new FieldHistory(remembered);
  }

  /**
   * Encode a section. Instructions that it needs wait for `takeInstructions`, and are sent no later than the section.
   *
   * @param instructionRoom - bytes that the encoder stream can carry now, those that wait included: no instruction is begun
   *   that does not fit. RFC 9204 §2.1.3. Default: no limit.
   * @throws a RangeError for characters above U+00FF.
   */
  encode(
    streamId: number,
    fields: readonly FieldLine[],
    instructionRoom: number = Number.POSITIVE_INFINITY,
  ): Uint8Array {
    for (const { name, value } of fields)
      if (NO_BYTES.test(name) || NO_BYTES.test(value))
        throw new RangeError(
          `the field '${name}' has characters that are no bytes: encode its value as UTF-8`,
        );
    const maxBlocked = Math.min(this.peer.maxBlockedStreams, this.limits.maxBlockedStreams);
    const writer = new SectionWriter(
      this.table,
      this.sections.mayRefer(streamId),
      this.sections.mayBlock(streamId, maxBlocked),
    );
    for (const field of fields) this.encodeLine(field, writer, instructionRoom);
    const { requiredInsertCount, references } = writer;
    if (requiredInsertCount > 0) this.sections.add(streamId, requiredInsertCount, references);
    return writer.finish(this.peer.maxTableCapacity);
  }

  /** The next bytes of the peer's decoder stream. */
  onDecoderStream(bytes: Uint8Array): void {
    this.decoderStream.read(bytes);
  }

  /** Bytes for the encoder stream; none when there is nothing to say. */
  takeInstructions(): Uint8Array {
    return this.instructions.take();
  }

  private encodeLine(field: FieldLine, writer: SectionWriter, room: number): void {
    const { name, value } = field;
    if (isSensitive(field)) return writer.literal(field, findStaticName(name));
    const inStatic = findStaticField(name, value);
    if (inStatic >= 0) return writer.staticIndex(inStatic);
    const index = this.findOrInsert(field, writer, room);
    if (index >= 0 && writer.mayReferTo(index)) return writer.dynamicIndex(index);
    const staticName = findStaticName(name);
    if (staticName < 0) this.insertName(name, room);
    writer.literal(field, staticName);
  }

  /** Insert a name that comes again with other values, alone. */
  private insertName(name: string, room: number): void {
    const { table } = this;
    const isKnown = this.names.saw(name, '');
    const size = fieldSize(name, '');
    if (!isKnown || table.findName(name) >= 0 || size > table.table.capacity || !table.canInsert(size))
      return;
    if (this.instructions.insert(name, '', room)) table.insert(name, '');
  }

  /** Absolute index of an entry for this field; -1 when there is none. */
  private findOrInsert({ name, value }: FieldLine, writer: SectionWriter, room: number): number {
    const { table } = this;
    const isKnown = this.history.saw(name, value);
    const found = table.find(name, value);
    const size = fieldSize(name, value);
    if (found >= 0) {
      const isLate = writer.mayBlock && table.isDraining(found) && table.canInsert(size);
      return isLate && this.instructions.duplicate(found, room) ? table.insert(name, value) : found;
    }
    if (!isKnown || size > table.table.capacity || !table.canInsert(size)) return -1;
    if (!this.instructions.insert(name, value, room)) return -1;
    return table.insert(name, value);
  }
}

/** Bytes of the table for which one field line is remembered. */
const BYTES_PER_REMEMBERED = 32;
/** Characters that stand for no byte. */
const NO_BYTES = /[^\0-\u00ff]/;

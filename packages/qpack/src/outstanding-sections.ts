import type { EncoderTable } from './encoder-table.ts';
import { QpackCode, QpackError } from './qpack-error.ts';

/** A section that refers to the table and is not acknowledged. */
interface OutstandingSection {
  readonly requiredInsertCount: number;
  readonly references: readonly number[];
}

/**
 * What the peer's decoder has not confirmed: sections by stream, and the streams that may be blocked because of them.
 * RFC 9204 §2.1.2
 */
export class OutstandingSections {
  private table: EncoderTable;
  private readonly byStream = new Map<number, OutstandingSection[]>();
  /** Streams with a section whose insertions the decoder has not confirmed; `maxBlockedStreams` bounds them. */
  private readonly atRisk = new Map<number, number>();
  /** A ring of streams whose sections nobody confirms any more: the peer chooses the numbers, so that no hash may hold them. */
  private readonly cancelled: number[] = [];
  private cancellations = 0;
  private referenceCount = 0;

  constructor(table: EncoderTable) {
    this.table = table;
  }

  /** The table that sections refer to from now on; none may refer to the one before. What was cancelled stays so. */
  setTable(table: EncoderTable): void {
    this.table = table;
  }

  /**
   * Whether a further section of a stream may refer to the table at all: nobody confirms one of a stream that was cancelled,
   * and a peer that confirms nothing cannot make us store more.
   */
  mayRefer(streamId: number): boolean {
    return this.referenceCount < MAX_REFERENCES && !this.cancelled.includes(streamId);
  }

  /** Whether a section of this stream may refer to insertions that the decoder has not confirmed. */
  mayBlock(streamId: number, maxBlockedStreams: number): boolean {
    return this.atRisk.has(streamId) || this.atRisk.size < maxBlockedStreams;
  }

  /** Remember a section whose references are counted in the table. */
  add(streamId: number, requiredInsertCount: number, references: readonly number[]): void {
    const sections = this.byStream.get(streamId) ?? [];
    sections.push({ requiredInsertCount, references });
    this.byStream.set(streamId, sections);
    this.referenceCount += references.length;
    if (requiredInsertCount > this.table.knownReceivedCount)
      this.atRisk.set(streamId, Math.max(this.atRisk.get(streamId) ?? 0, requiredInsertCount));
  }

  /** RFC 9204 §4.4.1 */
  onSectionAcknowledgment(streamId: number): void {
    const sections = this.byStream.get(streamId);
    const section = sections?.shift();
    if (sections === undefined || section === undefined)
      throw failed('a section is acknowledged that was never sent');
    if (sections.length === 0) this.byStream.delete(streamId);
    this.release(section);
    if (section.requiredInsertCount > this.table.knownReceivedCount)
      this.confirm(section.requiredInsertCount);
  }

  /** RFC 9204 §4.4.2. A stream without references is nothing to cancel. */
  onStreamCancellation(streamId: number): void {
    for (const section of this.byStream.get(streamId) ?? []) this.release(section);
    this.byStream.delete(streamId);
    this.atRisk.delete(streamId);
    this.cancelled[this.cancellations++ % MAX_CANCELLED] = streamId;
  }

  /** RFC 9204 §4.4.3 */
  onInsertCountIncrement(increment: number): void {
    const count = this.table.knownReceivedCount + increment;
    if (increment === 0 || count > this.table.table.insertCount)
      throw failed('an Insert Count Increment is zero or beyond what was inserted');
    this.confirm(count);
  }

  private confirm(insertCount: number): void {
    this.table.knownReceivedCount = insertCount;
    for (const [streamId, required] of this.atRisk) if (required <= insertCount) this.atRisk.delete(streamId);
  }

  private release({ references }: OutstandingSection): void {
    for (const index of references) this.table.release(index);
    this.referenceCount -= references.length;
  }
}

/** References of sections that are not acknowledged: 64 kB or so of memory. */
const MAX_REFERENCES = 8192;
/** Cancelled streams that are remembered: sections that follow were on their way when the cancellation came. */
const MAX_CANCELLED = 256;

function failed(message: string): QpackError {
  return new QpackError(QpackCode.DecoderStreamError, message);
}

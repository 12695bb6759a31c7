import { IntervalSet } from '../ranges/interval-set.ts';
import { ByteRing } from './byte-ring.ts';
import type { IdleRings } from './idle-rings.ts';

/**
 * Puts received bytes in order. The owner bounds how far ahead they may lie, and so the memory: it is
 * proportional to that distance, and never to the number of frames.
 */
export class Reassembly {
  /** Next byte to read. */
  readOffset = 0;
  /** Everything below was received. */
  contiguousEnd = 0;
  /** One past the largest byte received. */
  highest = 0;
  private readonly ahead = new IntervalSet();
  private readonly ring: ByteRing;

  /** @param idle - see `ByteRing`. */
  constructor(idle?: IdleRings) {
    this.ring = new ByteRing(idle);
  }

  get readableBytes(): number {
    return this.contiguousEnd - this.readOffset;
  }

  /** Pieces of data that lie behind a gap; the owner bounds their number. */
  get gapCount(): number {
    return this.ahead.count;
  }

  /** Whether all of `[from, to)` came before. */
  has(from: number, to: number): boolean {
    return this.ahead.containsAll(Math.max(from, this.contiguousEnd), to);
  }

  /** Keep `source[from, to)`, which belongs at `offset`. Returns whether more became readable. */
  add(offset: number, source: Uint8Array, from: number, to: number): boolean {
    const end = offset + to - from;
    const start = Math.max(offset, this.contiguousEnd);
    if (start >= end) return false;
    this.ring.reserve(this.readOffset, this.highest, end);
    this.ring.write(start, source, from + start - offset, to);
    if (end > this.highest) this.highest = end;
    if (start > this.contiguousEnd) {
      this.ahead.add(start, end);
      return false;
    }
    this.contiguousEnd = end;
    if (this.ahead.count > 0) this.joinAhead();
    return true;
  }

  /** Take up to `into.length - at` bytes; returns how many. */
  read(into: Uint8Array, at = 0): number {
    const length = Math.min(into.length - at, this.readableBytes);
    this.ring.read(this.readOffset, length, into, at);
    this.readOffset += length;
    if (this.readOffset === this.highest) this.ring.onEmpty();
    return length;
  }

  /** Give back the memory if nothing is in it. */
  rest(): void {
    if (this.readOffset < this.highest) return;
    this.ahead.clear();
    this.ring.release();
  }

  /** No more data will come: hold only the bytes that can be read. */
  end(): void {
    this.ahead.clear();
    this.highest = this.contiguousEnd;
    this.ring.shrink(this.readOffset, this.contiguousEnd);
  }

  /** Only the first `size` bytes of the stream matter any more. */
  cut(size: number): void {
    const end = Math.max(size, this.readOffset);
    if (end >= this.highest) return;
    this.ahead.remove(end, this.highest);
    this.contiguousEnd = Math.min(this.contiguousEnd, end);
    this.highest = end;
  }

  /** The application will not read the waiting bytes: drop them, and hold none that come later. */
  discard(): void {
    this.ahead.clear();
    this.ring.release();
    this.readOffset = this.contiguousEnd = this.highest;
  }

  private joinAhead(): void {
    while (this.ahead.count > 0 && this.ahead.startAt(0) <= this.contiguousEnd) {
      this.contiguousEnd = Math.max(this.contiguousEnd, this.ahead.endAt(0));
      this.ahead.dropFirst();
    }
  }
}

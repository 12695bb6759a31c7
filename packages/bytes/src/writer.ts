import { varintLength } from './varint.ts';

/**
 * Append cursor over caller-owned bytes.
 *
 * Callers check `room` before they write: a codec knows its length. Writing past `end` throws a
 * RangeError, for that is a bug of ours and never something the network did.
 */
export class ByteWriter {
  buffer: Uint8Array;
  /** Index of the next byte to write. */
  position: number;
  /** One past the last writable byte. */
  end: number;

  constructor(buffer: Uint8Array, position = 0, end: number = buffer.length) {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  /** Point this writer at other bytes: writers are reused, not allocated per packet. */
  reset(buffer: Uint8Array, position: number, end: number): void {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  /** Bytes that may still be written. */
  get room(): number {
    return this.end - this.position;
  }

  u8(value: number): void {
    this.buffer[this.take(1)] = value;
  }

  u16(value: number): void {
    const at = this.take(2);
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
  }

  u24(value: number): void {
    const at = this.take(3);
    this.buffer[at] = value >>> 16;
    this.buffer[at + 1] = value >>> 8;
    this.buffer[at + 2] = value;
  }

  u32(value: number): void {
    const at = this.take(4);
    const b = this.buffer;
    b[at] = value >>> 24;
    b[at + 1] = value >>> 16;
    b[at + 2] = value >>> 8;
    b[at + 3] = value;
  }

  /** Shortest encoding of `value`, RFC 9000 §16. */
  varint(value: number): void {
    this.varintOf(value, varintLength(value));
  }

  /** `value` as a variable-length integer of exactly `length` bytes (1, 2, 4 or 8). */
  varintOf(value: number, length: number): void {
    switch (length) {
      case 1:
        return this.u8(value);
      case 2:
        return this.u16(0x4000 | value);
      case 4:
        return this.u32((0x8000_0000 | value) >>> 0);
      default:
        this.u32((0xc000_0000 | Math.floor(value / 0x1_0000_0000)) >>> 0);
        this.u32(value >>> 0);
    }
  }

  /** Copy `source[from, to)`. */
  bytes(source: Uint8Array, from = 0, to: number = source.length): void {
    const at = this.take(to - from);
    this.buffer.set(from === 0 && to === source.length ? source : source.subarray(from, to), at);
  }

  /** `count` bytes of `value`. */
  fill(value: number, count: number): void {
    const at = this.take(count);
    this.buffer.fill(value, at, at + count);
  }

  /** Step over `length` bytes to be filled later; returns where they start. */
  take(length: number): number {
    const at = this.position;
    if (length > this.end - at) throw new RangeError(`no room for ${length} bytes at ${at}, end ${this.end}`);
    this.position = at + length;
    return at;
  }
}

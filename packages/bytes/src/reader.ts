const EMPTY = new Uint8Array(0);

/**
 * Bounds-checked cursor over borrowed bytes.
 *
 * A read past `end` returns 0 and sets `truncated` instead of throwing, so a codec is straight-line
 * code and the loop that drives it asks once.
 */
export class ByteReader {
  bytes: Uint8Array;
  /** Index of the next byte to read. */
  position: number;
  /** One past the last readable byte. */
  end: number;
  /** Some read went past `end`; everything read since is 0. */
  truncated: boolean;

  constructor(bytes: Uint8Array = EMPTY, position = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.truncated = false;
  }

  /** Point this reader at other bytes: readers are reused, not allocated per packet. */
  reset(bytes: Uint8Array, position: number, end: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.truncated = false;
  }

  /** Bytes left to read. */
  get remaining(): number {
    return this.end - this.position;
  }

  u8(): number {
    if (this.position >= this.end) return this.fail();
    return this.bytes[this.position++]!;
  }

  u16(): number {
    const at = this.skip(2);
    if (this.truncated) return 0;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  u24(): number {
    const at = this.skip(3);
    if (this.truncated) return 0;
    const b = this.bytes;
    return (b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!;
  }

  u32(): number {
    const at = this.skip(4);
    if (this.truncated) return 0;
    const b = this.bytes;
    return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
  }

  /**
   * Variable-length integer, RFC 9000 §16.
   *
   * Values above 2^53-1 saturate to `Number.MAX_SAFE_INTEGER`: limits stay limits, and anything we
   * granted ourselves is far smaller.
   */
  varint(): number {
    const first = this.u8();
    const high = first & 0x3f;
    switch (first >> 6) {
      case 0:
        return high;
      case 1: {
        const low = this.u8();
        return this.truncated ? 0 : (high << 8) | low;
      }
      case 2: {
        const low = this.u24();
        return this.truncated ? 0 : ((high << 24) | low) >>> 0;
      }
      default: {
        const middle = this.u24();
        const low = this.u32();
        if (this.truncated) return 0;
        const top = ((high << 24) | middle) >>> 0;
        return top > 0x1f_ffff ? Number.MAX_SAFE_INTEGER : top * 0x1_0000_0000 + low;
      }
    }
  }

  /** Step over `length` bytes; returns where they start. */
  skip(length: number): number {
    const at = this.position;
    if (length > this.end - at) return this.fail();
    this.position = at + length;
    return at;
  }

  /** A copy of the next `length` bytes; empty when they are not there. */
  copy(length: number): Uint8Array {
    const at = this.skip(length);
    return this.truncated ? EMPTY : this.bytes.slice(at, at + length);
  }

  private fail(): 0 {
    this.truncated = true;
    this.position = this.end;
    return 0;
  }
}

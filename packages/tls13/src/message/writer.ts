/** Appends to a growing buffer, in the presentation language of RFC 8446 §3. */
export class MessageWriter {
  private buffer: Uint8Array = new Uint8Array(512);
  private length = 0;

  u8(value: number): void {
    // `reserve` comes first, because it may replace the buffer.
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  u16(value: number): void {
    this.number(value, 2);
  }

  u32(value: number): void {
    this.number(value, 4);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  opaque8(bytes: Uint8Array): void {
    this.number(bytes.length, 1);
    this.bytes(bytes);
  }

  opaque16(bytes: Uint8Array): void {
    this.number(bytes.length, 2);
    this.bytes(bytes);
  }

  opaque24(bytes: Uint8Array): void {
    this.number(bytes.length, 3);
    this.bytes(bytes);
  }

  /** Append what `write` appends, preceded by its length in `lengthBytes` bytes. */
  vector(lengthBytes: 1 | 2 | 3, write: () => void): void {
    const at = this.reserve(lengthBytes);
    write();
    const length = this.length - at - lengthBytes;
    if (length >= 256 ** lengthBytes) throw new RangeError(`${length} bytes do not fit into a TLS vector`);
    for (let i = 0; i < lengthBytes; i++) this.buffer[at + i] = length >>> (8 * (lengthBytes - 1 - i));
  }

  /** A copy of all bytes appended so far. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private number(value: number, length: number): void {
    if (value >= 256 ** length) throw new RangeError(`${value} does not fit into ${length} bytes`);
    const at = this.reserve(length);
    for (let i = 0; i < length; i++) this.buffer[at + i] = value >>> (8 * (length - 1 - i));
  }

  private reserve(length: number): number {
    const at = this.length;
    this.length = at + length;
    if (this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.buffer.length));
      grown.set(this.buffer.subarray(0, at));
      this.buffer = grown;
    }
    return at;
  }
}

import { prefixedIntegerLength } from './prefixed-integer.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';

/** Bytes that are written one after the other, to be taken from the front. */
export class GrowingBytes {
  private buffer: Uint8Array = new Uint8Array(64);
  private start = 0;
  private end = 0;

  /** Bytes written and not taken. */
  get length(): number {
    return this.end - this.start;
  }

  /** A view of them, valid until the next call. */
  get view(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }

  append(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** Forget the first `count` bytes. */
  drop(count: number): void {
    this.start += count;
    if (this.start < this.end) return;
    this.start = this.end = 0;
  }

  /** A copy of all bytes, which are forgotten. */
  take(): Uint8Array {
    const bytes = this.view.slice();
    this.drop(bytes.length);
    return bytes;
  }

  /** An integer after a prefix of `bits` bits, above which `pattern` has its bits. RFC 9204 §4.1.1 */
  integer(pattern: number, value: number, bits: number): void {
    const prefix = 2 ** bits - 1;
    let at = this.reserve(prefixedIntegerLength(value, bits));
    if (value < prefix) {
      this.buffer[at] = pattern | value;
      return;
    }
    this.buffer[at++] = pattern | prefix;
    let rest = value - prefix;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[at++] = 0x80 | (rest % 128);
    this.buffer[at] = rest;
  }

  /**
   * A string literal, Huffman coded where that is shorter. The bit above the length, of which `bits` bits are here, tells it.
   * RFC 9204 §4.1.2
   */
  string(pattern: number, text: string, bits: number): void {
    const coded = huffmanLength(text);
    if (coded < text.length) {
      this.integer(pattern | (1 << bits), coded, bits);
      const at = this.reserve(coded);
      encodeHuffman(text, this.buffer, at);
      return;
    }
    this.integer(pattern, text.length, bits);
    const at = this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[at + i] = text.charCodeAt(i);
  }

  /** Make room for `count` bytes; returns where they start. */
  private reserve(count: number): number {
    const { buffer, start, end } = this;
    if (end + count > buffer.length) {
      const kept = end - start;
      const larger = kept + count > buffer.length / 2 ? new Uint8Array(2 * (kept + count)) : buffer;
      larger.set(buffer.subarray(start, end));
      this.buffer = larger;
      this.start = 0;
      this.end = kept;
    }
    const at = this.end;
    this.end += count;
    return at;
  }
}

/** Bytes of a string literal whose length has a prefix of `bits` bits. RFC 9204 §4.1.2 */
export function stringLength(text: string, bits: number): number {
  const length = Math.min(huffmanLength(text), text.length);
  return prefixedIntegerLength(length, bits) + length;
}

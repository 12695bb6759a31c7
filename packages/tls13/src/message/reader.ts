import { Alert, TlsAlert } from '../alerts.ts';

/**
 * Cursor over a handshake message in the presentation language of RFC 8446 §3. Byte strings are views, not
 * copies.
 *
 * Every read past the end, and every vector outside its bounds, ends in `decode_error`.
 */
export class MessageReader {
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.at = 0;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.at;
  }

  u8(): number {
    return this.bytes[this.advance(1)]!;
  }

  u16(): number {
    const at = this.advance(2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  u24(): number {
    const at = this.advance(3);
    return (this.bytes[at]! << 16) | (this.bytes[at + 1]! << 8) | this.bytes[at + 2]!;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A vector with a one-byte length, of at least `least` bytes. */
  opaque8(least = 0): Uint8Array {
    return this.opaque(this.u8(), least);
  }

  /** A vector with a two-byte length, of at least `least` bytes. */
  opaque16(least = 0): Uint8Array {
    return this.opaque(this.u16(), least);
  }

  /** A vector with a three-byte length, of at least `least` bytes. */
  opaque24(least = 0): Uint8Array {
    return this.opaque(this.u24(), least);
  }

  /** All remaining bytes as two-byte numbers. */
  u16List(): number[] {
    const list: number[] = [];
    while (!this.isAtEnd) list.push(this.u16());
    return list;
  }

  /** Throws unless all bytes have been read. */
  finish(): void {
    if (!this.isAtEnd) throw decodeError(`${this.bytes.length - this.at} bytes too many`);
  }

  private opaque(length: number, least: number): Uint8Array {
    if (length < least) throw decodeError(`a vector of ${length} bytes is shorter than ${least}`);
    return this.take(length);
  }

  private advance(length: number): number {
    const at = this.at;
    if (length > this.bytes.length - at) throw decodeError('a field runs past the end of its message');
    this.at = at + length;
    return at;
  }
}

function decodeError(message: string): TlsAlert {
  return new TlsAlert(Alert.DecodeError, message);
}

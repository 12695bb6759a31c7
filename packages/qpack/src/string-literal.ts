import { latin1FromBytes, type ByteReader } from '@tsquic/bytes';
import { decodeHuffman } from './huffman.ts';
import { readPrefixedInteger } from './prefixed-integer.ts';

/** Bits of the longest code: so much may a string of one byte take. RFC 7541 §B */
const LONGEST_CODE = 30;

/** What a string literal turned out to be when it is no string. */
export type StringFault = 'too-long' | 'invalid';

/** A string literal found in bytes, and not decoded yet. RFC 9204 §4.1.2 */
export class StringLiteral {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private length = 0;
  private isHuffman = false;

  /**
   * Step over a literal whose first byte is read; its lowest `bits` bits begin the length.
   *
   * @param most - bytes that its string may have.
   * @returns 'too-long' for more, before its bytes are there; otherwise the reader is truncated where they are missing.
   */
  find(reader: ByteReader, first: number, bits: number, most: number): StringFault | undefined {
    this.length = readPrefixedInteger(reader, first, bits);
    if (reader.truncated) return undefined;
    this.isHuffman = (first & (1 << bits)) !== 0;
    if (this.length > (this.isHuffman ? Math.ceil((most * LONGEST_CODE) / 8) : most)) return 'too-long';
    this.bytes = reader.bytes;
    this.at = reader.skip(this.length);
    return undefined;
  }

  /** Its string, one character for each byte, or why there is none. */
  read(most: number): { readonly text: string } | StringFault {
    const end = this.at + this.length;
    const bytes = this.isHuffman
      ? decodeHuffman(this.bytes, this.at, end, most)
      : this.bytes.subarray(this.at, end);
    if (bytes === undefined) return 'invalid';
    return bytes.length > most ? 'too-long' : { text: latin1FromBytes(bytes) };
  }
}

import { ByteReader } from '@tsquic/bytes';

/** What frames are read from: a stream, of which bytes come when they are there. */
export interface ByteSource {
  /** Copy bytes into `into`; returns how many, 0 when there are none now or no more. */
  read(into: Uint8Array): number;
  /** Whether all bytes up to the end were read. */
  readonly finished: boolean;
}

/** Reads variable-length integers from a stream, byte by byte as far as needed. RFC 9000 §16 */
export class VarintReader {
  /** Its value, once `read` returned true. */
  value = 0;
  private readonly bytes = new Uint8Array(8);
  private have = 0;

  /** Whether a part of an integer was read. */
  get isPartial(): boolean {
    return this.have > 0;
  }

  /** Read on; returns whether an integer is complete. The next call begins another. */
  read(source: ByteSource): boolean {
    if (this.have === 0) this.have = source.read(this.bytes.subarray(0, 1));
    if (this.have === 0) return false;
    const length = 1 << (this.bytes[0]! >> 6);
    if (this.have < length) this.have += source.read(this.bytes.subarray(this.have, length));
    if (this.have < length) return false;
    this.value = new ByteReader(this.bytes, 0, length).varint();
    this.have = 0;
    return true;
  }
}

/** Reads type and length of a frame. RFC 9114 §7.1 */
export class FrameHeaderReader {
  type = 0;
  length = 0;
  private readonly varint = new VarintReader();
  private hasType = false;

  /** Whether a part of a header was read. */
  get isPartial(): boolean {
    return this.hasType || this.varint.isPartial;
  }

  /** Read the type alone; returns whether it is known. */
  readType(source: ByteSource): boolean {
    if (this.hasType || !this.varint.read(source)) return this.hasType;
    this.type = this.varint.value;
    this.hasType = true;
    return true;
  }

  /** Read on; returns whether a header is complete. The next call begins another. */
  read(source: ByteSource): boolean {
    if (!this.readType(source) || !this.varint.read(source)) return false;
    this.length = this.varint.value;
    this.hasType = false;
    return true;
  }
}

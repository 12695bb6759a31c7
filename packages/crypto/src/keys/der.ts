/** Tags of the ASN.1 types that keys are made of, X.690 §8. */
export const DerTag = {
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Null: 0x05,
  ObjectIdentifier: 0x06,
  Sequence: 0x30,
} as const;

/** What a strict reader throws for bytes that are not the DER it expects. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/**
 * Reads DER values one after the other; what deviates from DER (long forms of short lengths, indefinite lengths,
 * padded integers, bytes left over) is a DerError. X.690 §10
 */
export class DerReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** The tag of the next value, or -1 at the end. */
  peekTag(): number {
    return this.isAtEnd ? -1 : this.bytes[this.at]!;
  }

  /** Content of the next value, which must have this tag: a view. */
  read(tag: number): Uint8Array {
    if (this.peekTag() !== tag) throw new DerError(`expected DER tag ${tag}, found ${this.peekTag()}`);
    this.at++;
    const length = this.readLength();
    if (length > this.bytes.length - this.at) throw new DerError('DER value longer than its container');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A reader over the content of the next value. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag));
  }

  /** The next value, an integer that is not negative, without its sign byte. */
  readUnsigned(): Uint8Array {
    const content = this.read(DerTag.Integer);
    const first = content[0];
    if (first === undefined || first >= 0x80) throw new DerError('empty or negative DER integer');
    if (first !== 0 || content.length === 1) return content;
    if (content[1]! < 0x80) throw new DerError('padded DER integer');
    return content.subarray(1);
  }

  /** The next value, an integer below 256. */
  readSmallInteger(): number {
    const content = this.readUnsigned();
    if (content.length !== 1) throw new DerError('DER integer too large here');
    return content[0]!;
  }

  /** The next value, an object identifier, as the hexadecimal digits of its content. */
  readObjectIdentifier(): string {
    const content = this.read(DerTag.ObjectIdentifier);
    let text = '';
    for (let i = 0; i < content.length; i++) text += (content[i]! + 0x100).toString(16).slice(1);
    return text;
  }

  /** The next value, a bit string of whole bytes. */
  readBitString(): Uint8Array {
    const content = this.read(DerTag.BitString);
    if (content[0] !== 0) throw new DerError('bit string that is not whole bytes');
    return content.subarray(1);
  }

  /** Throws unless everything is read. */
  expectEnd(): void {
    if (!this.isAtEnd) throw new DerError('bytes after the last DER value');
  }

  private readLength(): number {
    const first = this.bytes[this.at++];
    if (first === undefined) throw new DerError('DER value without length');
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError('indefinite or huge DER length');
    let length = 0;
    for (let i = 0; i < count; i++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new DerError('cut DER length');
      length = length * 256 + byte;
    }
    if (length < 0x80 || length < 256 ** (count - 1))
      throw new DerError('DER length in a longer form than needed');
    return length;
  }
}

/** One DER value: tag, length and the content parts one after the other. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const sizeBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) sizeBytes.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | sizeBytes.length, ...sizeBytes];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

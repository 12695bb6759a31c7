import { toHex } from './hex.ts';

/** Tags of the ASN.1 types that keys and certificates are made of, X.690 §8.1.2. */
export const DerTag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Null: 0x05,
  ObjectIdentifier: 0x06,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** What a `DerReader` throws for bytes that are not the DER due there. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/** One element: views into the bytes it was read from. */
export interface DerElement {
  readonly tag: number;
  /** Tag, length and content. */
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
}

/** Counts the elements that are read; it may throw to end the reading. */
export interface ElementCounter {
  spend(kind: 'elements', units: number): void;
}

/**
 * Reads the elements of a DER string one after the other. Every method throws a `DerError` for an element that is none
 * of its kind, and for what deviates from DER: indefinite lengths, lengths not in their shortest form, padded integers.
 * Lengths of more than three bytes and tags of several bytes are refused as well. X.690 §10
 */
export class DerReader {
  private readonly bytes: Uint8Array;
  private readonly work: ElementCounter | undefined;
  private at = 0;

  /** @param work - is told of every element. Default: nothing counts. */
  constructor(bytes: Uint8Array, work?: ElementCounter) {
    this.bytes = bytes;
    this.work = work;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** The tag of the next element; -1 at the end. */
  get nextTag(): number {
    return this.bytes[this.at] ?? -1;
  }

  /** The next element; with `tag`, it must have that one. */
  element(tag?: number): DerElement {
    const { bytes, at } = this;
    this.work?.spend('elements', 1);
    const found = bytes[at];
    if (found === undefined || bytes.length - at < 2) throw new DerError('an element is cut short');
    if (tag !== undefined && found !== tag) throw new DerError(`tag ${found} stands where ${tag} is due`);
    if ((found & 0x1f) === 0x1f) throw new DerError('tags of several bytes are not used here');
    const { length, contentAt } = this.length(at + 1);
    const end = contentAt + length;
    if (end > bytes.length) throw new DerError('an element runs past the end');
    this.at = end;
    return { tag: found, encoded: bytes.subarray(at, end), content: bytes.subarray(contentAt, end) };
  }

  /** A reader of the content of the next element. */
  enter(tag: number): DerReader {
    return new DerReader(this.element(tag).content, this.work);
  }

  /** A reader of the content of the next element when it has this tag; undefined when it has another. */
  enterOptional(tag: number): DerReader | undefined {
    return this.nextTag === tag ? this.enter(tag) : undefined;
  }

  /** An INTEGER that is not negative, big-endian, without its sign byte. X.690 §8.3 */
  unsignedBytes(tag: number = DerTag.Integer): Uint8Array {
    const { content } = this.element(tag);
    const first = content[0];
    if (first === undefined || first >= 0x80) throw new DerError('a number is empty or negative');
    if (first !== 0 || content.length === 1) return content;
    if (content[1]! < 0x80) throw new DerError('a number is padded');
    return content.subarray(1);
  }

  /** An INTEGER that is not negative; 2^31 - 1 stands for all above. */
  unsigned(tag?: number): number {
    const digits = this.unsignedBytes(tag);
    if (digits.length > 4 || (digits.length === 4 && digits[0]! >= 0x80)) return 0x7fff_ffff;
    return digits.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A BOOLEAN; DER knows one byte for true. X.690 §11.1 */
  boolean(): boolean {
    const { content } = this.element(DerTag.Boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw new DerError('a BOOLEAN is malformed');
    return content[0] === 0xff;
  }

  /** A BIT STRING of whole bytes. X.690 §8.6 */
  bitString(): Uint8Array {
    const { content } = this.element(DerTag.BitString);
    if (content[0] !== 0) throw new DerError('a BIT STRING is not a whole number of bytes');
    return content.subarray(1);
  }

  /** A NULL, which has no content. X.690 §8.8 */
  null(): void {
    if (this.element(DerTag.Null).content.length > 0) throw new DerError('NULL has content');
  }

  /** An OBJECT IDENTIFIER as the hexadecimal digits of its content. X.690 §8.19 */
  identifier(): string {
    const { content } = this.element(DerTag.ObjectIdentifier);
    if (content.length === 0 || content.length > MAX_IDENTIFIER || (content.at(-1)! & 0x80) !== 0)
      throw new DerError('an object identifier is malformed');
    return toHex(content);
  }

  /** Throw unless every element is read. */
  finish(): void {
    if (!this.isAtEnd) throw new DerError('bytes follow the last element');
  }

  private length(at: number): { length: number; contentAt: number } {
    const first = this.bytes[at]!;
    if (first < 0x80) return { length: first, contentAt: at + 1 };
    const count = first & 0x7f;
    if (count === 0 || count > 3 || this.bytes.length - at - 1 < count)
      throw new DerError('a length is malformed');
    let length = 0;
    for (let i = 1; i <= count; i++) length = length * 256 + this.bytes[at + i]!;
    if (length < 0x80 || length < 256 ** (count - 1))
      throw new DerError('a length is not in its shortest form');
    return { length, contentAt: at + 1 + count };
  }
}

/** An element of this tag around `contents`, one after the other. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const lengthBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | lengthBytes.length, ...lengthBytes];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const content of contents) {
    out.set(content, at);
    at += content.length;
  }
  return out;
}

/** Bytes of the longest OBJECT IDENTIFIER that is read; those in use have at most a third of it. */
const MAX_IDENTIFIER = 64;

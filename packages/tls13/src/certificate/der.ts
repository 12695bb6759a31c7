import { toHex } from '@tsquic/bytes';

/** Tags used in certificates and keys, X.690 §8.1.2. */
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

/** The bytes are not what DER allows there. */
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

/** Counts the elements that are read. */
interface ElementCounter {
  spend(kind: 'elements', units: number): void;
}

/** Walks the elements of a DER string one after the other. Lengths in their shortest form, of at most three bytes. */
export class DerReader {
  private readonly bytes: Uint8Array;
  private readonly work: ElementCounter | undefined;
  private at = 0;

  /** @param work - hears of every element. Default: nobody does. */
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

  /** The next element; with `tag`, it must have that one. Throws a DerError. */
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

  /** An INTEGER that is not negative; numbers above 2^31 - 1 are taken for that. */
  unsigned(tag: number = DerTag.Integer): number {
    const { content } = this.element(tag);
    const first = content[0];
    if (first === undefined || first >= 0x80) throw new DerError('a number is empty or negative');
    if (first === 0 && content.length > 1 && content[1]! < 0x80) throw new DerError('a number is padded');
    if (content.length > 4) return 0x7fff_ffff;
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A BOOLEAN; DER knows one byte for true. */
  boolean(): boolean {
    const { content } = this.element(DerTag.Boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw new DerError('a BOOLEAN is malformed');
    return content[0] === 0xff;
  }

  /** An OBJECT IDENTIFIER as the hexadecimal digits of its content. */
  identifier(): string {
    const { content } = this.element(DerTag.ObjectIdentifier);
    if (content.length === 0 || content.length > MAX_IDENTIFIER || (content.at(-1)! & 0x80) !== 0)
      throw new DerError('an object identifier is malformed');
    return toHex(content);
  }

  /** Declare that nothing may follow. */
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

/** An element of this tag around `contents`. */
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

/** Bytes of an OBJECT IDENTIFIER; those in use have at most a third of it. */
const MAX_IDENTIFIER = 64;

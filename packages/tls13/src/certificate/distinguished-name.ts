import { latin1FromBytes, toHex } from '@tsquic/bytes';
import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import { describeIdentifier } from './object-identifier.ts';
import { printableText } from './printable-text.ts';
import type { Work } from './work.ts';

/**
 * The relative names of a Name (DER), in a form in which string types, case and white space make no
 * difference. Throws a DerError for a string type that is not compared. RFC 5280 §7.1
 */
export function relativeNames(name: Uint8Array, work?: Work): string[] {
  const outer = new DerReader(name, work);
  const reader = outer.enter(DerTag.Sequence);
  outer.finish();
  const parts: string[] = [];
  while (!reader.isAtEnd) parts.push(relativeName(reader.enter(DerTag.Set)));
  return parts;
}

/** Whether two Names are equal except for string types, case and white space. */
export function looksAlike(a: Uint8Array, b: Uint8Array): boolean {
  try {
    const [one, other] = [relativeNames(a), relativeNames(b)];
    return one.length === other.length && one.every((part, i) => part === other[i]);
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/** A Name as text for messages, of bounded length: 'O=Acme, CN=www.example.org'. */
export function describeName(name: Uint8Array): string {
  const texts: string[] = [];
  try {
    const reader = new DerReader(name).enter(DerTag.Sequence);
    let length = 0;
    while (!reader.isAtEnd && length < MAX_TEXT) {
      const text = describeRelativeName(reader.enter(DerTag.Set));
      texts.push(text);
      length += text.length + 2;
    }
    if (!reader.isAtEnd) texts.push('…');
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    texts.push('(malformed)');
  }
  return texts.length === 0 ? 'no name' : texts.join(', ');
}

function relativeName(attributes: DerReader): string {
  if (attributes.isAtEnd) throw new DerError('a relative name is empty');
  const texts: string[] = [];
  while (!attributes.isAtEnd) {
    const attribute = attributes.enter(DerTag.Sequence);
    const type = attribute.identifier();
    const { tag, content } = attribute.element();
    attribute.finish();
    // A name must not escape an excluded subtree by a string type that is not compared.
    if (!COMPARED_TAGS.includes(tag))
      throw new DerError(`a name has a string of type ${tag}, which is not compared`);
    const text = latin1FromBytes(content).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    texts.push(`${type}=${text.trim().replace(/ +/g, ' ')}`);
  }
  return texts.toSorted().join('+');
}

function describeRelativeName(attributes: DerReader): string {
  const texts: string[] = [];
  while (!attributes.isAtEnd && texts.length < 4) {
    const attribute = attributes.enter(DerTag.Sequence);
    const identifier = attribute.element(DerTag.ObjectIdentifier).content;
    const { tag, content } = attribute.element();
    const type = ATTRIBUTES[toHex(identifier.subarray(0, 9))] ?? describeIdentifier(identifier);
    texts.push(`${type}=${printableText(describeString(tag, beginningOf(content)), MAX_VALUE)}`);
  }
  return texts.join(' + ');
}

/** As many bytes as are shown; UTF-8 is cut between characters. */
function beginningOf(content: Uint8Array): Uint8Array {
  if (content.length <= 4 * MAX_VALUE) return content;
  let end = 4 * MAX_VALUE;
  while (end > 4 * MAX_VALUE - 4 && (content[end]! & 0xc0) === 0x80) end--;
  return content.subarray(0, end);
}

function describeString(tag: number, content: Uint8Array): string {
  if (tag === UTF8_STRING) return utf8Text(content);
  if (tag !== BMP_STRING) return latin1FromBytes(content);
  let text = '';
  for (let i = 0; i + 1 < content.length; i += 2)
    text += String.fromCharCode((content[i]! << 8) | content[i + 1]!);
  return text;
}

/**
 * Decode UTF-8, because the pure packages have no decoder of the host. Bytes that are not UTF-8 become one
 * character each.
 */
function utf8Text(bytes: Uint8Array): string {
  try {
    return decodeURIComponent(toHex(bytes).replace(/../g, '%$&'));
  } catch {
    return latin1FromBytes(bytes);
  }
}

const MAX_TEXT = 120;
const MAX_VALUE = 64;
const UTF8_STRING = 0x0c;
const BMP_STRING = 0x1e;
/** UTF8String, PrintableString, IA5String. */
const COMPARED_TAGS: readonly number[] = [UTF8_STRING, 0x13, 0x16];

/** RFC 4514 §3, RFC 5280 §A.1. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550405': 'serialNumber',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '550409': 'STREET',
  '55040a': 'O',
  '55040b': 'OU',
  '2a864886f70d010901': 'E',
};

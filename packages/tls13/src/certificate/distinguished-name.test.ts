import { describe, expect, test } from '@jest/globals';
import { concatBytes, fromHex } from '@tsquic/bytes';
import { DerTag, encodeDer } from '@tsquic/bytes/der';
import { describeName, looksAlike, relativeNames } from './distinguished-name.ts';

const UTF8 = 0x0c;
const PRINTABLE = 0x13;
const BMP = 0x1e;
const CN = '550403';
const O = '55040a';
const EMAIL = '2a864886f70d010901';
/** uid, RFC 4519 §2.39. */
const UID = '0992268993f22c640101';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

function attribute(type: string, value: string | Uint8Array, tag = UTF8): Uint8Array {
  const content = typeof value === 'string' ? bytesOf(value) : value;
  return encodeDer(
    DerTag.Sequence,
    concatBytes(encodeDer(DerTag.ObjectIdentifier, fromHex(type)), encodeDer(tag, content)),
  );
}

const relative = (...attributes: Uint8Array[]): Uint8Array =>
  encodeDer(DerTag.Set, concatBytes(...attributes));
const nameOf = (...parts: Uint8Array[]): Uint8Array => encodeDer(DerTag.Sequence, concatBytes(...parts));

describe('a name for people', () => {
  test.each<[string, Uint8Array, string]>([
    [
      'two parts',
      nameOf(relative(attribute(O, 'Acme')), relative(attribute(CN, 'a.example'))),
      'O=Acme, CN=a.example',
    ],
    ['two attributes in one part', nameOf(relative(attribute(CN, 'a'), attribute(O, 'b'))), 'CN=a + O=b'],
    ['characters beyond ASCII', nameOf(relative(attribute(CN, 'Zoë'))), 'CN=Zoë'],
    ['bytes that are no UTF-8', nameOf(relative(attribute(CN, fromHex('5a6ff8'), UTF8))), 'CN=Zoø'],
    ['the two-byte alphabet', nameOf(relative(attribute(CN, fromHex('005a20ac'), BMP))), 'CN=Z€'],
    ['none', nameOf(), 'no name'],
    ['no DER', Uint8Array.of(1, 2, 3), '(malformed)'],
  ])('%s', (_name, der, text) => {
    expect(describeName(der)).toBe(text);
  });

  test('attributes are told by their short names, RFC 4514 §3, and by their numbers where they have none', () => {
    expect(describeName(nameOf(relative(attribute(EMAIL, 'a@b.example'))))).toMatch(
      /^[A-Za-z]+=a@b\.example$/,
    );
    expect(describeName(nameOf(relative(attribute(UID, 'joe'))))).toMatch(/=joe$/);
    expect(describeName(nameOf(relative(attribute('2a030405', 'x'))))).toBe('1.2.3.4.5=x');
  });

  test('a value is told by its first 64 characters', () => {
    const [fits, not] = [64, 65].map((length) =>
      describeName(nameOf(relative(attribute(CN, 'a'.repeat(length))))),
    );
    expect(fits).toBe(`CN=${'a'.repeat(64)}`);
    expect(not).toContain('a'.repeat(63));
    expect(not).not.toContain('a'.repeat(65));
  });

  test('a long value of many bytes a character is cut between characters', () => {
    const text = describeName(nameOf(relative(attribute(CN, '€'.repeat(200)))));
    expect(text).toMatch(/^CN=€{60,64}[^€]*$/);
    expect(text).not.toMatch(/[\u0080-\u00ff]/);
  });

  test('no more than four attributes of a part, and as many parts as a sentence takes', () => {
    const many = relative(...'abcdef'.split('').map((letter) => attribute(CN, letter)));
    expect(describeName(nameOf(many))).toBe('CN=a + CN=b + CN=c + CN=d');
    const parts = Array.from({ length: 30 }, (_, i) => relative(attribute(CN, `name-${i + 10}`)));
    const told = describeName(nameOf(...parts));
    expect(told.endsWith(', …')).toBe(true);
    // Each takes 12 characters with its comma; the one that reaches 120 is the last.
    expect(told.match(/CN=/g)).toHaveLength(10);
  });
});

describe('names that are compared (RFC 5280 §7.1)', () => {
  test('string types, case and white space make no difference', () => {
    const one = nameOf(relative(attribute(CN, 'Acme  Root', UTF8)));
    const other = nameOf(relative(attribute(CN, ' acme root ', PRINTABLE)));
    expect(looksAlike(one, other)).toBe(true);
    expect(relativeNames(one)).toHaveLength(1);
  });

  test.each<[string, Uint8Array]>([
    ['another value', nameOf(relative(attribute(CN, 'acme')), relative(attribute(O, 'c')))],
    ['another type', nameOf(relative(attribute(O, 'a')), relative(attribute(O, 'b')))],
    ['another order', nameOf(relative(attribute(O, 'b')), relative(attribute(CN, 'a')))],
    ['a part less', nameOf(relative(attribute(CN, 'a')))],
    [
      'a part more',
      nameOf(relative(attribute(CN, 'a')), relative(attribute(O, 'b')), relative(attribute(O, 'b'))),
    ],
    ['both in one part', nameOf(relative(attribute(CN, 'a'), attribute(O, 'b')))],
    ['no DER', Uint8Array.of(1)],
    [
      'a string that is not compared',
      nameOf(relative(attribute(CN, fromHex('0061'), BMP)), relative(attribute(O, 'b'))),
    ],
  ])('%s does', (_name, other) => {
    const name = nameOf(relative(attribute(CN, 'a')), relative(attribute(O, 'b')));
    expect(looksAlike(name, name)).toBe(true);
    expect(looksAlike(name, other)).toBe(false);
  });

  test('the order of attributes within a part makes none', () => {
    const one = nameOf(relative(attribute(CN, 'a'), attribute(O, 'b')));
    const other = nameOf(relative(attribute(O, 'b'), attribute(CN, 'a')));
    expect(looksAlike(one, other)).toBe(true);
  });

  test.each<[string, Uint8Array]>([
    ['an empty part', nameOf(relative())],
    [
      'something after an attribute',
      nameOf(encodeDer(DerTag.Set, encodeDer(DerTag.Sequence, fromHex('06035504030c01610500')))),
    ],
    ['something after the name', concatBytes(nameOf(), nameOf())],
  ])('%s is malformed', (_name, der) => {
    expect(() => relativeNames(der)).toThrow(expect.objectContaining({ name: 'DerError' }));
  });
});

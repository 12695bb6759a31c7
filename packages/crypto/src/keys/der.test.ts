import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { DerError, DerReader, DerTag, encodeDer } from './der.ts';

const reader = (hex: string): DerReader => new DerReader(fromHex(hex));

describe('DerReader', () => {
  test('reads values one after the other', () => {
    const sequence = reader('300b 0201 05 0401 aa 0602 2a03 ff').enter(DerTag.Sequence);
    expect(sequence.readSmallInteger()).toBe(5);
    expect(sequence.peekTag()).toBe(DerTag.OctetString);
    expect(toHex(sequence.read(DerTag.OctetString))).toBe('aa');
    expect(sequence.readObjectIdentifier()).toBe('2a03');
    expect(sequence.isAtEnd).toBe(false);
    expect(() => sequence.expectEnd()).toThrow(DerError);
  });

  test.each([
    ['0201 00', '00'],
    ['0201 7f', '7f'],
    ['0202 0080', '80'],
    ['0203 008001', '8001'],
    ['0202 0100', '0100'],
  ])('unsigned integer %s is %s', (der, value) => {
    expect(toHex(reader(der).readUnsigned())).toBe(value);
  });

  test.each([
    ['empty integer', '0200', (r: DerReader) => r.readUnsigned()],
    ['negative integer', '020180', (r: DerReader) => r.readUnsigned()],
    ['padded integer', '0202007f', (r: DerReader) => r.readUnsigned()],
    ['small integer of two bytes', '02020100', (r: DerReader) => r.readSmallInteger()],
    ['another tag', '0401aa', (r: DerReader) => r.read(DerTag.Integer)],
    ['nothing', '', (r: DerReader) => r.read(DerTag.Integer)],
    ['no length', '04', (r: DerReader) => r.read(DerTag.OctetString)],
    ['content beyond the end', '0402aa', (r: DerReader) => r.read(DerTag.OctetString)],
    ['indefinite length', '0480aa0000', (r: DerReader) => r.read(DerTag.OctetString)],
    ['long form of a short length', '048101aa', (r: DerReader) => r.read(DerTag.OctetString)],
    [
      'long length with a leading zero',
      `04820080${'aa'.repeat(128)}`,
      (r: DerReader) => r.read(DerTag.OctetString),
    ],
    ['cut length', '0482', (r: DerReader) => r.read(DerTag.OctetString)],
    ['length of four bytes', '048401000000', (r: DerReader) => r.read(DerTag.OctetString)],
    ['bit string of half a byte', '030204f0', (r: DerReader) => r.readBitString()],
    ['bit string without count', '0300', (r: DerReader) => r.readBitString()],
  ])('refuses: %s', (_name, der, read) => {
    expect(() => read(reader(der))).toThrow(DerError);
  });
});

test.each([0, 1, 127, 128, 255, 256, 65535, 65536])(
  'what encodeDer writes with %d bytes, DerReader reads',
  (length) => {
    const content = new Uint8Array(length).fill(9);
    const outer = new DerReader(
      encodeDer(DerTag.OctetString, content.subarray(0, length >> 1), content.subarray(length >> 1)),
    );
    expect(outer.read(DerTag.OctetString)).toEqual(content);
    outer.expectEnd();
  },
);

import { describe, expect, test } from '@jest/globals';
import { DerError, DerReader, DerTag, encodeDer } from './der.ts';
import { fromHex, toHex } from './hex.ts';

const reader = (hex: string): DerReader => new DerReader(fromHex(hex));

describe('DerReader', () => {
  test('reads values one after the other', () => {
    const sequence = reader('300b 0201 05 0401 aa 0602 2a03 ff').enter(DerTag.Sequence);
    expect(sequence.unsigned()).toBe(5);
    expect(sequence.nextTag).toBe(DerTag.OctetString);
    expect(toHex(sequence.element(DerTag.OctetString).content)).toBe('aa');
    expect(sequence.identifier()).toBe('2a03');
    expect(sequence.isAtEnd).toBe(false);
    expect(() => sequence.finish()).toThrow(DerError);
  });

  test.each([
    ['0201 00', '00'],
    ['0201 7f', '7f'],
    ['0202 0080', '80'],
    ['0203 008001', '8001'],
    ['0202 0100', '0100'],
  ])('unsigned integer %s is %s', (der, value) => {
    expect(toHex(reader(der).unsignedBytes())).toBe(value);
  });

  test.each([
    ['empty integer', '0200', (r: DerReader) => r.unsignedBytes()],
    ['negative integer', '020180', (r: DerReader) => r.unsignedBytes()],
    ['padded integer', '0202007f', (r: DerReader) => r.unsignedBytes()],
    ['another tag', '0401aa', (r: DerReader) => r.element(DerTag.Integer).content],
    ['nothing', '', (r: DerReader) => r.element(DerTag.Integer).content],
    ['no length', '04', (r: DerReader) => r.element(DerTag.OctetString).content],
    ['content beyond the end', '0402aa', (r: DerReader) => r.element(DerTag.OctetString).content],
    ['indefinite length', '0480aa0000', (r: DerReader) => r.element(DerTag.OctetString).content],
    ['long form of a short length', '048101aa', (r: DerReader) => r.element(DerTag.OctetString).content],
    [
      'long length with a leading zero',
      `04820080${'aa'.repeat(128)}`,
      (r: DerReader) => r.element(DerTag.OctetString).content,
    ],
    ['cut length', '0482', (r: DerReader) => r.element(DerTag.OctetString).content],
    ['length of four bytes', '048401000000', (r: DerReader) => r.element(DerTag.OctetString).content],
    ['bit string of half a byte', '030204f0', (r: DerReader) => r.bitString()],
    ['bit string without count', '0300', (r: DerReader) => r.bitString()],
    ['NULL with content', '050100', (r: DerReader) => r.null()],
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
    expect(outer.element(DerTag.OctetString).content).toEqual(content);
    outer.finish();
  },
);

describe('an element', () => {
  test.each([
    ['', 'cut short'],
    ['30', 'cut short'],
    ['3001', 'past the end'],
    ['3080', 'malformed'],
    ['308405000000', 'malformed'],
    ['3082', 'malformed'],
    ['30810100', 'shortest form'],
    ['3082007f', 'shortest form'],
    ['1f8101', 'several bytes'],
  ])('%s: %s', (hex, message) => {
    expect(() => new DerReader(fromHex(hex)).element()).toThrow(message);
  });

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('content of %d bytes', (length) => {
    const element = new DerReader(encodeDer(4, new Uint8Array(length))).element(4);
    expect(element.content.length).toBe(length);
    expect(() => new DerReader(element.encoded).element(5)).toThrow(DerError);
  });
});

describe('the kinds of elements', () => {
  // RFC 5280 has numbers of 20 bytes; those that are compared here are small.
  test.each([
    ['020100', 0],
    ['02017f', 127],
    ['02020080', 128],
    ['02020100', 256],
    ['02037fffff', 8_388_607],
    ['020400ffffff', 16_777_215],
    ['020401000000', 16_777_216],
    ['02047fffffff', 0x7fff_ffff],
    ['02050080000000', 0x7fff_ffff],
    ['02050100000000', 0x7fff_ffff],
    [`0214${'01'.repeat(20)}`, 0x7fff_ffff],
  ])('%s is %d', (hex, value) => {
    expect(new DerReader(fromHex(hex)).unsigned()).toBe(value);
  });

  test.each(['0200', '020180', '0202ff00', '0202007f', '03017f'])('%s is no number of ours', (hex) => {
    expect(() => new DerReader(fromHex(hex)).unsigned()).toThrow(DerError);
  });

  test('true is one byte of ones, false one of zeros', () => {
    expect(new DerReader(fromHex('0101ff')).boolean()).toBe(true);
    expect(new DerReader(fromHex('010100')).boolean()).toBe(false);
    for (const hex of ['010101', '0102ffff', '0100', '0102ff00'])
      expect(() => new DerReader(fromHex(hex)).boolean()).toThrow(DerError);
  });

  test('each is counted once, when it is read', () => {
    let elements = 0;
    const counter = { spend: (_kind: string, units: number): void => void (elements += units) };
    const reader = new DerReader(fromHex('3006020101020102020103'), counter);
    const inner = reader.enter(0x30);
    expect(elements).toBe(1);
    expect([inner.unsigned(), inner.enterOptional(0x30), inner.unsigned(), elements]).toEqual([
      1,
      undefined,
      2,
      3,
    ]);
    reader.element();
    expect([inner.isAtEnd, reader.isAtEnd, elements]).toEqual([true, true, 4]);
  });
});

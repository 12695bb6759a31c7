import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromHex, toHex } from './hex.ts';
import { ByteReader } from './reader.ts';
import { decodeVarint, encodeVarint, MAX_VARINT, varintLength } from './varint.ts';
import { ByteWriter } from './writer.ts';

/** RFC 9000 §A.1, with the value of the first beyond what a number keeps exactly. */
const SAMPLES: readonly (readonly [hex: string, value: number])[] = [
  ['9d7f3e7d', 494_878_333],
  ['7bbd', 15_293],
  ['25', 37],
  ['4025', 37],
];

/** Every size of RFC 9000 Table 4: the largest value that fits, and its encoding. */
const EDGES: readonly (readonly [value: number, hex: string])[] = [
  [0, '00'],
  [1, '01'],
  [62, '3e'],
  [63, '3f'],
  [64, '4040'],
  [65, '4041'],
  [16_382, '7ffe'],
  [16_383, '7fff'],
  [16_384, '80004000'],
  [16_385, '80004001'],
  [1_073_741_822, 'bffffffe'],
  [1_073_741_823, 'bfffffff'],
  [1_073_741_824, 'c000000040000000'],
  [1_073_741_825, 'c000000040000001'],
  [2 ** 32 - 1, 'c0000000ffffffff'],
  [2 ** 32, 'c000000100000000'],
  [2 ** 53 - 2, 'c01ffffffffffffe'],
  [2 ** 53 - 1, 'c01fffffffffffff'],
];

/** Encodings above 2^53-1: exact in 62 bits, saturated here. */
const SATURATED = [
  'c020000000000000',
  'c020000000000001',
  'c2197c5eff14e88c',
  'e000000000000000',
  'ffffffffffffffff',
];

/** Reads one varint that must fill `hex`. */
function readWhole(hex: string): number {
  const bytes = fromHex(hex);
  const reader = new ByteReader(bytes);
  const value = reader.varint();
  expect(reader.truncated).toBe(false);
  expect(reader.position).toBe(bytes.length);
  return value;
}

describe('variable-length integers (RFC 9000 §16)', () => {
  test.each(SAMPLES)('sample %s of §A.1 is %d', (hex, value) => {
    expect(readWhole(hex)).toBe(value);
    expect(decodeVarint(fromHex(hex))).toBe(value);
  });

  test.each(EDGES)('%d is %s', (value, hex) => {
    expect(varintLength(value)).toBe(hex.length / 2);
    expect(toHex(encodeVarint(value))).toBe(hex);
    expect(readWhole(hex)).toBe(value);
    const writer = new ByteWriter(new Uint8Array(8));
    writer.varint(value);
    expect(toHex(writer.buffer.subarray(0, writer.position))).toBe(hex);
  });

  test.each(SATURATED)('%s saturates at 2^53-1', (hex) => {
    expect(readWhole(hex)).toBe(MAX_VARINT);
    expect(decodeVarint(fromHex(hex))).toBe(2 ** 53 - 1);
  });

  test.each([
    ['3f', 1],
    ['403f', 2],
    ['8000003f', 4],
    ['c00000000000003f', 8],
  ])('63 as %s, in %d bytes, is still 63', (hex, length) => {
    expect(readWhole(hex)).toBe(63);
    const writer = new ByteWriter(new Uint8Array(length));
    writer.varintOf(63, length);
    expect(toHex(writer.buffer)).toBe(hex);
  });

  test('every strict prefix is truncated and reads as 0', () => {
    for (const hex of [...SAMPLES.map(([text]) => text), ...EDGES.map(([, text]) => text), ...SATURATED]) {
      const bytes = fromHex(hex);
      for (let end = 0; end < bytes.length; end++) {
        const reader = new ByteReader(bytes, 0, end);
        expect(reader.varint()).toBe(0);
        expect(reader.truncated).toBe(true);
        expect(decodeVarint(bytes.subarray(0, end))).toBe(-1);
      }
    }
  });

  test('agrees with a BigInt reading of the same bytes', () => {
    const encoded = fc.uint8Array({ minLength: 8, maxLength: 12 });
    fc.assert(
      fc.property(encoded, (bytes) => {
        const length = 1 << (bytes[0]! >> 6);
        const exact = BigInt(`0x${toHex(bytes.subarray(0, length))}`) & (2n ** BigInt(8 * length - 2) - 1n);
        const expected = exact > BigInt(MAX_VARINT) ? MAX_VARINT : Number(exact);
        expect(decodeVarint(bytes)).toBe(expected);
      }),
      { seed: 16, numRuns: 2000 },
    );
  });

  test('what is written is what is read, at any place', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 20 }), (value, at) => {
        const writer = new ByteWriter(new Uint8Array(30), at);
        writer.varint(value);
        expect(writer.position).toBe(at + varintLength(value));
        expect(decodeVarint(writer.buffer, at)).toBe(value);
        expect(encodeVarint(value)).toEqual(writer.buffer.slice(at, writer.position));
      }),
      { seed: 16, numRuns: 2000 },
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

const WRITES: readonly (readonly [write: 'u8' | 'u16' | 'u24' | 'u32', width: number])[] = [
  ['u8', 1],
  ['u16', 2],
  ['u24', 3],
  ['u32', 4],
];

describe('ByteWriter', () => {
  test.each(WRITES)('%s writes %d bytes, most significant first', (write, width) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** (8 * width) - 1 }), (value) => {
        const writer = new ByteWriter(new Uint8Array(6), 1);
        writer[write](value);
        expect(writer.position).toBe(1 + width);
        expect(writer.room).toBe(5 - width);
        const expected = new Uint8Array(6);
        for (let i = 0; i < width; i++) expected[width - i] = Math.floor(value / 256 ** i) % 256;
        expect(writer.buffer).toEqual(expected);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test.each(WRITES)('%s fits exactly or throws a RangeError and writes nothing', (write, width) => {
    new ByteWriter(new Uint8Array(width))[write](0);
    for (let room = 0; room < width; room++) {
      const writer = new ByteWriter(new Uint8Array(8), 0, room);
      expect(() => writer[write](0xff)).toThrow(RangeError);
      expect(writer.position).toBe(0);
      expect(writer.buffer).toEqual(new Uint8Array(8));
    }
  });

  test.each([1, 2, 4])('a varint of %d bytes throws a RangeError without room', (length) => {
    const writer = new ByteWriter(new Uint8Array(8), 0, length - 1);
    expect(() => writer.varintOf(1, length)).toThrow(RangeError);
  });

  test('the error names the place', () => {
    const writer = new ByteWriter(new Uint8Array(4), 3);
    expect(() => writer.u16(1)).toThrow('no room for 2 bytes at 3, end 4');
  });

  test('bytes copies a part of its source', () => {
    const writer = new ByteWriter(new Uint8Array(6));
    const source = Uint8Array.of(1, 2, 3, 4);
    writer.bytes(source, 1, 3);
    writer.bytes(source);
    expect(writer.buffer).toEqual(Uint8Array.of(2, 3, 1, 2, 3, 4));
    expect(writer.room).toBe(0);
    writer.bytes(source, 4);
    expect(() => writer.bytes(source, 3)).toThrow(RangeError);
  });

  test('fill repeats one value', () => {
    const writer = new ByteWriter(new Uint8Array(5), 1);
    writer.fill(7, 3);
    expect(writer.buffer).toEqual(Uint8Array.of(0, 7, 7, 7, 0));
    expect(() => writer.fill(7, 2)).toThrow(RangeError);
  });

  test('take reserves room to be filled later', () => {
    const writer = new ByteWriter(new Uint8Array(5), 1);
    expect(writer.take(2)).toBe(1);
    writer.u8(9);
    expect(writer.buffer).toEqual(Uint8Array.of(0, 0, 0, 9, 0));
  });

  test('reset points at other bytes', () => {
    const writer = new ByteWriter(new Uint8Array(1));
    writer.u8(1);
    const other = new Uint8Array(4);
    writer.reset(other, 2, 3);
    writer.u8(5);
    expect(other).toEqual(Uint8Array.of(0, 0, 5, 0));
    expect(() => writer.u8(6)).toThrow(RangeError);
  });

  test('a reader reads back any sequence of writes', () => {
    const field = fc.oneof(
      fc.nat({ max: 0xff }).map((value) => ['u8', value] as const),
      fc.nat({ max: 0xffff }).map((value) => ['u16', value] as const),
      fc.nat({ max: 0xff_ffff }).map((value) => ['u24', value] as const),
      fc.nat({ max: 0xffff_ffff }).map((value) => ['u32', value] as const),
      fc.maxSafeNat().map((value) => ['varint', value] as const),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const writer = new ByteWriter(new Uint8Array(160));
        for (const [kind, value] of fields) writer[kind](value);
        const reader = new ByteReader(writer.buffer, 0, writer.position);
        expect(fields.map(([kind]) => reader[kind]())).toEqual(fields.map(([, value]) => value));
        expect(reader.remaining).toBe(0);
        expect(reader.truncated).toBe(false);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

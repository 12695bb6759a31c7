import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteReader } from './reader.ts';

const BYTES = Uint8Array.of(0xf1, 0xe2, 0xd3, 0xc4, 0xb5);

/** Each fixed-width read, its width, and what it makes of the first bytes of BYTES. */
const READS: readonly (readonly [read: 'u8' | 'u16' | 'u24' | 'u32', width: number, value: number])[] = [
  ['u8', 1, 0xf1],
  ['u16', 2, 0xf1e2],
  ['u24', 3, 0xf1e2d3],
  ['u32', 4, 0xf1e2d3c4],
];

describe('ByteReader', () => {
  test.each(READS)('%s reads %d bytes, most significant first', (read, width, value) => {
    const reader = new ByteReader(BYTES);
    expect(reader[read]()).toBe(value);
    expect(reader.position).toBe(width);
    expect(reader.remaining).toBe(BYTES.length - width);
    expect(reader.truncated).toBe(false);
  });

  test.each(READS)('%s agrees with DataView', (read, width) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: width, maxLength: 9 }), (bytes) => {
        const padded = new Uint8Array(4);
        padded.set(bytes.subarray(0, width), 4 - width);
        expect(new ByteReader(bytes)[read]()).toBe(new DataView(padded.buffer).getUint32(0));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test.each(READS)('%s of every shorter input gives 0 and is truncated', (read, width) => {
    for (let end = 0; end < width; end++) {
      const reader = new ByteReader(BYTES, 0, end);
      expect(reader[read]()).toBe(0);
      expect(reader.truncated).toBe(true);
      expect(reader.remaining).toBe(0);
    }
  });

  test('once truncated, everything reads as nothing', () => {
    const reader = new ByteReader(BYTES, 0, 3);
    expect(reader.u32()).toBe(0);
    for (const [read] of READS) expect(reader[read]()).toBe(0);
    expect(reader.varint()).toBe(0);
    expect(reader.copy(1)).toEqual(new Uint8Array(0));
    expect(reader.copy(0)).toEqual(new Uint8Array(0));
    expect(reader.truncated).toBe(true);
  });

  test('the end binds, not the length of the bytes', () => {
    const reader = new ByteReader(BYTES, 1, 3);
    expect(reader.u16()).toBe(0xe2d3);
    expect(reader.truncated).toBe(false);
    expect(reader.u8()).toBe(0);
    expect(reader.truncated).toBe(true);
  });

  test.each([
    ['exactly to the end', 5, 5, false],
    ['one past the end', 6, 5, true],
    ['as far as a hostile length says', Number.MAX_SAFE_INTEGER, 5, true],
    ['nowhere', 0, 0, false],
  ])('skip %s', (_where, length, position, truncated) => {
    const reader = new ByteReader(BYTES);
    expect(reader.skip(length)).toBe(0);
    expect(reader.position).toBe(position);
    expect(reader.truncated).toBe(truncated);
  });

  test('skip tells where the bytes start', () => {
    const reader = new ByteReader(BYTES, 2);
    expect(reader.skip(2)).toBe(2);
    expect(reader.u8()).toBe(0xb5);
  });

  test('copy gives bytes of their own', () => {
    const source = BYTES.slice();
    const reader = new ByteReader(source);
    const copy = reader.copy(3);
    source.fill(0);
    expect(copy).toEqual(BYTES.slice(0, 3));
    expect(reader.copy(3)).toEqual(new Uint8Array(0));
    expect(reader.truncated).toBe(true);
  });

  test('reset points at other bytes and forgets truncation', () => {
    const reader = new ByteReader();
    expect(reader.u8()).toBe(0);
    expect(reader.truncated).toBe(true);
    reader.reset(BYTES, 3, 5);
    expect(reader.truncated).toBe(false);
    expect(reader.u16()).toBe(0xc4b5);
    expect(reader.remaining).toBe(0);
  });

  test('never leaves its bounds, whatever is read', () => {
    const call = fc.oneof(
      fc.constantFrom('u8', 'u16', 'u24', 'u32', 'varint').map((name) => ({ name, length: 0 })),
      fc.nat({ max: 12 }).map((length) => ({ name: 'skip', length })),
      fc.nat({ max: 12 }).map((length) => ({ name: 'copy', length })),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(call, { maxLength: 20 }), (bytes, calls) => {
        const reader = new ByteReader(bytes);
        for (const { name, length } of calls) {
          const before = reader.position;
          const wasTruncated = reader.truncated;
          const result = Reflect.apply(Reflect.get(reader, name) as (n: number) => unknown, reader, [length]);
          expect(reader.position).toBeGreaterThanOrEqual(before);
          expect(reader.position).toBeLessThanOrEqual(bytes.length);
          if (wasTruncated) expect(reader.truncated).toBe(true);
          if (reader.truncated && name !== 'skip' && name !== 'copy') expect(result).toBe(0);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

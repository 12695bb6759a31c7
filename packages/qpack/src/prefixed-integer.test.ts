import { describe, expect, test } from '@jest/globals';
import { ByteReader, fromHex, toHex } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import fc from 'fast-check';
import { GrowingBytes } from './growing-bytes.ts';
import { prefixedIntegerLength, readPrefixedInteger } from './prefixed-integer.ts';

function read(hex: string, bits: number): { value: number; left: number; truncated: boolean } {
  const reader = new ByteReader(fromHex(hex));
  const value = readPrefixedInteger(reader, reader.u8(), bits);
  return { value, left: reader.remaining, truncated: reader.truncated };
}

function write(value: number, bits: number): string {
  const out = new GrowingBytes();
  out.integer(0, value, bits);
  return toHex(out.take());
}

describe('integers with a prefix', () => {
  // RFC 7541 §C.1
  test.each([
    [10, 5, '0a'],
    [1337, 5, '1f9a0a'],
    [42, 8, '2a'],
    [30, 5, '1e'],
    [31, 5, '1f00'],
    [158, 5, '1f7f'],
    [159, 5, '1f8001'],
  ])('%d with %d bits is %s', (value, bits, hex) => {
    expect(write(value, bits)).toBe(hex);
    expect(prefixedIntegerLength(value, bits)).toBe(hex.length / 2);
    expect(read(hex, bits)).toEqual({ value, left: 0, truncated: false });
  });

  test('what is written is read, and every strict prefix is cut short', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 3, max: 8 }), (value, bits) => {
        const hex = write(value, bits);
        expect(read(hex, bits)).toEqual({ value, left: 0, truncated: false });
        for (let end = 2; end < hex.length; end += 2)
          expect(read(hex.slice(0, end), bits).truncated).toBe(true);
      }),
      { seed: 62, numRuns: 300 },
    );
  });

  test('integers of 62 bits are read, rounded; larger and longer ones are none', () => {
    covers('rfc9204-4.1.1-1');
    // 2^62 - 1 less a prefix of 127 is eight groups of seven ones, but for the lowest, and six more bits.
    expect(read('7f80ffffffffffffff3f', 7).value).toBe(Number(2n ** 62n - 1n));
    expect(read('7f80ffffffffffffffff01', 7).value).toBe(Number.POSITIVE_INFINITY);
    expect(read('7f80808080808080808000', 7).value).toBe(127);
    expect(read('7f8080808080808080808000', 7).value).toBe(Number.POSITIVE_INFINITY);
  });
});

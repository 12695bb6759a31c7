import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromHex, toHex } from './hex.ts';

describe('hexadecimal', () => {
  test.each([
    ['', []],
    ['00', [0]],
    ['0f10ff', [15, 16, 255]],
  ])('"%s"', (text, bytes) => {
    expect(toHex(Uint8Array.from(bytes))).toBe(text);
    expect(fromHex(text)).toEqual(Uint8Array.from(bytes));
  });

  test('agrees with the host both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString('hex');
        expect(toHex(bytes)).toBe(text);
        expect(fromHex(text)).toEqual(bytes);
        expect(fromHex(text.toUpperCase())).toEqual(bytes);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('white space is skipped, even inside a pair', () => {
    expect(fromHex(' 0a\n0 b\t0C ')).toEqual(Uint8Array.of(10, 11, 12));
  });

  test.each(['0', '0g', 'abc', '0x01', '+1', '-1', '٠٠'])('"%s" is a RangeError', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

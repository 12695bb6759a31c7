import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { equalBytes } from './equal.ts';

describe('equalBytes', () => {
  test('a copy is equal, also inside another buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const around = new Uint8Array(bytes.length + 2);
        around.set(bytes, 1);
        expect(equalBytes(bytes, around.subarray(1, 1 + bytes.length))).toBe(true);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  test('any single changed bit is seen', () => {
    const bytes = Uint8Array.from({ length: 17 }, (_, i) => i * 15);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.slice();
      other[bit >> 3] = other[bit >> 3]! ^ (1 << (bit & 7));
      expect(equalBytes(bytes, other)).toBe(false);
    }
  });

  test('a prefix is not equal, either way round', () => {
    const bytes = Uint8Array.of(0, 0, 0);
    expect(equalBytes(bytes, bytes.subarray(0, 2))).toBe(false);
    expect(equalBytes(bytes.subarray(0, 2), bytes)).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillPattern, isPattern } from './pattern.ts';

const SEED = 11;

test(`the pattern is the same however it is cut, and one wrong byte is found (seed ${SEED})`, () => {
  const offsets = fc.oneof(
    fc.nat(2000),
    fc.nat(2000).map((n) => 2 ** 16 - 1000 + n),
  );
  fc.assert(
    fc.property(
      offsets,
      fc.integer({ min: 1, max: 1500 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (offset, length, place, flip) => {
        const whole = new Uint8Array(length);
        fillPattern(whole, offset);
        const cut = place % length;
        const parts = new Uint8Array(length);
        fillPattern(parts.subarray(0, cut), offset);
        fillPattern(parts.subarray(cut), offset + cut);
        expect(parts).toEqual(whole);
        expect(isPattern(whole, length, offset)).toBe(true);
        expect(isPattern(whole.subarray(cut), length - cut, offset + cut)).toBe(true);
        whole[cut] = whole[cut]! ^ flip;
        expect(isPattern(whole, length, offset)).toBe(false);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

test('neighbouring kilobytes and packets differ', () => {
  const blocks = Array.from({ length: 64 }, (_, i) => {
    const block = new Uint8Array(1024);
    fillPattern(block, 1024 * i);
    return Buffer.from(block).toString('hex');
  });
  expect(new Set(blocks).size).toBe(64);
});

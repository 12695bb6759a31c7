import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { costRatio, covers } from '@tsquic/testing';
import { Reassembly } from './reassembly.ts';

const SEED = 9000_22;

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

const step = fc.record({ at: fc.nat(5000), length: fc.nat(900), read: fc.nat(700) });

describe('reassembly', () => {
  test(`gives the bytes in order, whatever comes when (seed ${SEED})`, () => {
    covers('rfc9000-2.2-1');
    const source = pattern(6000);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const reassembly = new Reassembly();
        const have = new Uint8Array(source.length);
        let taken = 0;
        for (const { at, length, read } of steps) {
          const contiguous = reassembly.contiguousEnd;
          const grew = reassembly.add(at, source, at, at + length);
          have.fill(1, at, at + length);
          let end = taken;
          while (have[end] === 1) end++;
          expect(reassembly.readableBytes).toBe(end - taken);
          expect(grew).toBe(end > contiguous);
          const into = new Uint8Array(read);
          const count = reassembly.read(into);
          expect(count).toBe(Math.min(read, end - taken));
          expect(into.subarray(0, count)).toEqual(source.subarray(taken, taken + count));
          taken += count;
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('4096 gaps, from either side, take memory by their span and join at once', () => {
    const source = pattern(10_000);
    for (const order of [1, -1]) {
      const reassembly = new Reassembly();
      for (let i = 0; i < 4096; i++) {
        const at = 1 + 2 * (order > 0 ? i : 4095 - i);
        reassembly.add(at, source, at, at + 1);
      }
      expect(reassembly.gapCount).toBe(4096);
      expect(reassembly.add(0, source, 0, 8192)).toBe(true);
      expect([reassembly.gapCount, reassembly.readableBytes]).toEqual([0, 8192]);
      const into = new Uint8Array(8192);
      reassembly.read(into);
      expect(into).toEqual(source.subarray(0, 8192));
    }
  });

  test('filling gaps one by one takes time in proportion to their number', () => {
    const source = pattern(40_000);
    const run = (gaps: number) => (): void => {
      const reassembly = new Reassembly();
      for (let i = gaps; i > 0; i--) reassembly.add(2 * i - 1, source, 2 * i - 1, 2 * i);
      for (let i = 0; i < gaps; i++) reassembly.add(2 * i, source, 2 * i, 2 * i + 1);
      expect(reassembly.readableBytes).toBe(2 * gaps);
    };
    // 4096 is the most that a stream may have. In proportion it is 8; a search through all gaps for each would be 64.
    expect(costRatio(run(4096), run(512))).toBeLessThan(24);
  });

  test('a burst does not keep its memory', () => {
    const reassembly = new Reassembly();
    const bytes = pattern(1_000_000);
    reassembly.add(0, bytes, 0, bytes.length);
    reassembly.read(new Uint8Array(bytes.length));
    reassembly.add(1_000_000, bytes, 0, 3);
    const into = new Uint8Array(3);
    reassembly.read(into);
    expect(into).toEqual(bytes.subarray(0, 3));
    expect((reassembly as unknown as { ring: { bytes: Uint8Array } }).ring.bytes.length).toBe(1024);
  });
});

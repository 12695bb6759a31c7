import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SharedRing } from './shared-ring.ts';

describe('a shared ring', () => {
  test('gives what was put in, in order, from either end of the memory', () => {
    const step = fc.oneof(
      fc.record({ write: fc.uint8Array({ maxLength: 100 }) }),
      fc.record({ read: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const writer = new SharedRing(64);
        const reader = new SharedRing(writer.memory);
        const model: number[] = [];
        for (const action of steps) {
          if ('write' in action) {
            const taken = writer.write(action.write);
            expect(taken).toBe(Math.min(action.write.length, 64 - model.length));
            model.push(...action.write.subarray(0, taken));
          } else {
            const into = new Uint8Array(action.read);
            const count = reader.read(into);
            expect([...into.subarray(0, count)]).toEqual(model.splice(0, action.read));
          }
          expect(reader.length).toBe(model.length);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test('counts past 2^32 bytes', () => {
    const ring = new SharedRing(64);
    // Both counters just below the point where they wrap; the middle of the memory is where they stand.
    const words = new Int32Array(ring.memory);
    words[0] = words[16] = -8;
    const bytes = Uint8Array.from({ length: 40 }, (_, index) => index);
    expect(ring.write(bytes)).toBe(40);
    const into = new Uint8Array(64);
    expect(ring.read(into)).toBe(40);
    expect(into.subarray(0, 40)).toEqual(bytes);
  });

  test('ends after its last byte', () => {
    const ring = new SharedRing(64);
    ring.write(new Uint8Array(3));
    ring.end();
    expect([ring.ended, ring.finished]).toEqual([true, false]);
    ring.read(new Uint8Array(3));
    expect(ring.finished).toBe(true);
  });

  test('that was given up does not end', () => {
    const ring = new SharedRing(64);
    ring.abort();
    ring.end();
    expect([ring.aborted, ring.ended, ring.finished]).toEqual([true, false, false]);
  });

  test.each([0, 63, 96, 2 ** 31, Number.NaN])('refuses a capacity of %d', (capacity) => {
    expect(() => new SharedRing(capacity)).toThrow(RangeError);
  });
});

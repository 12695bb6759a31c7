import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes } from './concat.ts';

describe('concatBytes', () => {
  test('agrees with arrays', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 6 }), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('the result is independent of its parts', () => {
    const part = Uint8Array.of(1, 2);
    const joined = concatBytes(part);
    part.fill(9);
    expect(joined).toEqual(Uint8Array.of(1, 2));
  });
});

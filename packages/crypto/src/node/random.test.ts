import { expect, test } from '@jest/globals';
import { fillRandom } from './random.ts';

test('short and long pieces are filled whole, and no piece comes twice', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 300; i++)
    for (const length of [16, 32, 63, 64, 65, 2000]) {
      const piece = new Uint8Array(length);
      fillRandom(piece);
      // Sixteen zeros in a row would be bytes that were not written, or were given out before.
      expect(Buffer.from(piece).includes(Buffer.alloc(16))).toBe(false);
      seen.add(Buffer.from(piece.subarray(0, 16)).toString('hex'));
    }
  expect(seen.size).toBe(1800);
});

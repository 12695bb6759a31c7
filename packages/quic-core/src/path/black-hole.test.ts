import { describe, expect, test } from '@jest/globals';
import { BlackHole } from './black-hole.ts';

const LARGE = 1400;
const SMALL = 100;

/** Losses of `bytes` bytes that it takes, sent from `fromUs` on, at most twenty. */
function lossesUntilFound(hole: BlackHole, bytes: number, fromUs: number): number {
  for (let count = 1; count <= 20; count++) if (hole.onLost(bytes, fromUs + count)) return count;
  return Infinity;
}

describe('a black hole', () => {
  test('is ten large packets lost in a row, whatever small ones arrive', () => {
    const hole = new BlackHole();
    hole.onArrived(LARGE, 0);
    for (let i = 1; i <= 9; i++) {
      expect(hole.onLost(LARGE, i)).toBe(false);
      hole.onArrived(SMALL, i + 1);
    }
    expect(hole.onLost(LARGE, 10)).toBe(true);
  });

  test('is none while large packets sent later arrive', () => {
    const hole = new BlackHole();
    hole.onArrived(LARGE, 100);
    expect(lossesUntilFound(hole, LARGE, 0)).toBe(Infinity);
    for (let i = 0; i < 9; i++) hole.onLost(LARGE, 101 + i);
    hole.onArrived(LARGE, 120);
    expect(lossesUntilFound(hole, LARGE, 120)).toBe(10);
  });

  test('is no matter of small packets', () => {
    expect(lossesUntilFound(new BlackHole(), 1200, 0)).toBe(Infinity);
  });
});

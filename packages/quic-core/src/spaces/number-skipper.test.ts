import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { NumberSkipper } from './number-skipper.ts';

/** The number that is left out next, at or after `from`. */
function nextSkipped(skipper: NumberSkipper, from: number): number {
  let number = from;
  while (!skipper.isDue(number)) number++;
  return number;
}

const LOWEST = (): number => 0;
const HIGHEST = (limit: number): number => limit - 1;

describe('packet numbers that are left out', () => {
  test.each([
    ['soonest', LOWEST, 16],
    ['latest', HIGHEST, 255],
  ])(
    'the first is one of the numbers 16 to 255 from where it is first asked for: %s',
    (_name, random, after) => {
      covers('rfc9000-21.4-1');
      for (const first of [0, 1, 4095])
        expect(nextSkipped(new NumberSkipper(random), first)).toBe(first + after);
    },
  );

  test.each([
    [0, 256],
    [255.5, 256],
    [256.5, 257],
    [1000, 1000],
    [50_000, 50_000],
  ])('with a window of %d packets the next comes one to four times %i later', (windowPackets, span) => {
    for (const [random, after] of [
      [LOWEST, span],
      [HIGHEST, 4 * span - 1],
    ] as const) {
      const skipper = new NumberSkipper(random);
      const number = nextSkipped(skipper, 100);
      skipper.onSkipped(number, windowPackets);
      expect(nextSkipped(skipper, number)).toBe(number + after);
    }
  });

  test('one that is due stays due until it is left out', () => {
    const skipper = new NumberSkipper(LOWEST);
    expect([0, 15, 16, 17, 40].map((number) => skipper.isDue(number))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    skipper.onSkipped(40, 0);
    expect([41, 295, 296].map((number) => skipper.isDue(number))).toEqual([false, false, true]);
  });
});

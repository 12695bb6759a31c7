import { describe, expect, test } from '@jest/globals';
import { createRandom, Xoshiro } from './random.ts';

describe('random', () => {
  test('is xoshiro128** as its authors published it', () => {
    // First outputs of the reference C program from the state 1, 2, 3, 4.
    const words = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
    const random = new Xoshiro(1, 2, 3, 4, 0);
    expect(words.map(() => random.next() * 2 ** 32)).toEqual(words);
  });

  test.each([
    [0, [3809008728, 1133695204, 53579671, 2891528803]],
    [1, [2442144158, 3238099751, 3819917871, 2104621829]],
    [2 ** 32 + 1, [4076317958, 2022755225, 3689328358, 469858168]],
    [-5, [1206049272, 3554783294, 1217975610, 3696454304]],
  ])('seed %i gives what a program in another language gives', (seed, words) => {
    const random = createRandom(seed);
    expect(words.map(() => random.next() * 2 ** 32)).toEqual(words);
  });

  test('bytes are the words, lowest byte first, any length', () => {
    const out = new Uint8Array(6);
    createRandom(0).fillBytes(out);
    expect([...out]).toEqual([0x58, 0xdc, 0x08, 0xe3, 0xe4, 0xd0]);
  });

  test('integers are spread evenly', () => {
    const random = createRandom(7);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) counts[random.integer(10)]!++;
    // Chi-square with nine degrees of freedom stays below 27.9 in 99.9 % of cases.
    expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(27.9);
  });

  test('a fork does not depend on what was drawn, and differs by purpose', () => {
    const random = createRandom(3);
    const before = random.fork('a').next();
    random.next();
    expect(random.fork('a').next()).toBe(before);
    expect(random.fork('b').next()).not.toBe(before);
  });
});

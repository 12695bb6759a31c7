import { describe, expect, test } from '@jest/globals';
import { Loop, regularPauses } from './loop.ts';

describe('the loop of a program', () => {
  test('runs whenever something is due, unless told otherwise', () => {
    const loop = new Loop({});
    expect(loop.forInput(17)).toBe(17);
    expect(loop.forTimer(23, 17)).toBe(23);
    expect(loop.forTimer(Infinity, 17)).toBe(Infinity);
  });

  test('that computes is entered once a turn, for input and for timers', () => {
    const loop = new Loop({ turnUs: 10_000 });
    expect(loop.forInput(1)).toBe(10_000);
    expect(loop.forInput(10_000)).toBe(10_000);
    expect(loop.forTimer(12_000, 10_000)).toBe(20_000);
  });

  test('stands still in its pauses, and runs when they are over', () => {
    const loop = new Loop({ pauses: regularPauses(1_000_000, 200_000, 2_500_000) });
    expect(loop.forInput(999_999)).toBe(999_999);
    expect(loop.forInput(1_000_000)).toBe(1_200_000);
    expect(loop.forTimer(2_100_000, 1_500_000)).toBe(2_200_000);
  });

  test('has coarse timers, which leave input alone', () => {
    const loop = new Loop({ timerGrainUs: 15_600 });
    expect(loop.forTimer(100, 0)).toBe(15_600);
    expect(loop.forInput(100)).toBe(100);
  });

  test('has timers that fire early, but not again at once', () => {
    const loop = new Loop({ timerEarlyUs: 1000 });
    loop.onTurn(0);
    expect(loop.forTimer(5000, 0)).toBe(4000);
    loop.onTurn(4000);
    expect(loop.forTimer(5000, 4000)).toBe(5000);
  });
});

import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { ReceiveWindow } from './receive-window.ts';
import { SendLimit } from './send-limit.ts';

const RTT_US = 10_000;

describe('what we allow', () => {
  test('slides when a quarter is used, without being asked', () => {
    covers('rfc9000-4.2-2');
    const window = new ReceiveWindow(1000, 1000);
    window.consumed = 249;
    expect(window.needsUpdate).toBe(false);
    window.consumed = 250;
    expect(window.needsUpdate).toBe(true);
    expect(window.advance(0, RTT_US)).toBe(1250);
    expect(window.needsUpdate).toBe(false);
  });

  test('is worth a frame in a quarter of the window, or a packet where the peer has no more left', () => {
    covers('rfc9000-4.2-2');
    const states = (used: number, ...consumed: number[]): string[] =>
      consumed.map((bytes) => {
        const window = new ReceiveWindow(10_000, 10_000);
        window.used = used;
        window.consumed = bytes;
        return window.needsUpdate ? 'now' : window.owesLittle ? 'later' : 'never';
      });
    expect(states(10_000, 0, 1, 1199, 1200, 2499, 2500)).toEqual([
      'never',
      'later',
      'later',
      'now',
      'now',
      'now',
    ]);
    // 2000 are left: until as many are free, there is no hurry.
    expect(states(8000, 1999, 2000, 2499, 2500)).toEqual(['never', 'now', 'now', 'now']);
    expect(states(9500, 499, 500, 1199, 1200)).toEqual(['never', 'later', 'later', 'now']);
  });

  test('of little, all is announced and the window stays as it is', () => {
    const window = new ReceiveWindow(10_000, 80_000);
    window.used = 10_000;
    window.consumed = 1;
    expect([window.advance(0, RTT_US), window.owesLittle, window.windowBytes]).toEqual([
      10_001,
      false,
      10_000,
    ]);
  });

  test('has room for four times what is taken in a round trip, up to its bound', () => {
    const window = new ReceiveWindow(1000, 9000);
    const limits: number[] = [];
    for (let i = 0; i < 4; i++) {
      // Twice as much in each round trip.
      window.consumed += 400 * 2 ** i;
      limits.push(window.advance(i * (RTT_US + 1), RTT_US) - window.consumed);
    }
    expect(limits[0]).toBe(1600);
    expect(limits[1]! / 4).toBeGreaterThanOrEqual(800);
    expect(limits.slice(2)).toEqual([6400, 9000]);
  });

  test.each([
    [50_000, 4],
    [300_000, 12],
    [600_000, 24],
    [2_000_000, 24],
  ])('at a round trip of %i µs there is room for %i times as much', (rttUs, times) => {
    const window = new ReceiveWindow(1000, 1_000_000);
    window.consumed = 1000;
    expect(window.advance(0, rttUs)).toBe(1000 + times * 1000);
  });

  test('stays while it is used slowly', () => {
    const window = new ReceiveWindow(1000, 8000);
    for (let i = 0; i < 40; i++) {
      window.consumed += 250;
      window.advance(i * 2 * RTT_US, RTT_US);
    }
    expect(window.limit - window.consumed).toBe(1000);
  });

  test('is not grown by the repetition of a lost frame', () => {
    const window = new ReceiveWindow(1000, 8000);
    window.consumed = 250;
    window.advance(0, RTT_US);
    for (let i = 1; i < 5; i++) expect(window.advance(i, RTT_US)).toBe(1250);
  });
});

describe('what the peer allows', () => {
  test('only ever grows', () => {
    covers('rfc9000-4.1-3');
    const limit = new SendLimit(100);
    limit.used = 40;
    expect([limit.raise(100), limit.raise(50), limit.limit]).toEqual([false, false, 100]);
    expect([limit.raise(101), limit.left]).toEqual([true, 61]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { covers } from '../../../../tools/covers.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendLimit } from './send-limit.ts';

const RTT_US = 10_000;

describe('what we allow', () => {
  test(`slides when half is used, without being asked ${covers('rfc9000-4.2-2')}`, () => {
    const window = new ReceiveWindow(1000, 1000);
    window.consumed = 499;
    expect(window.needsUpdate).toBe(false);
    window.consumed = 500;
    expect(window.needsUpdate).toBe(true);
    expect(window.advance(0, RTT_US)).toBe(1500);
    expect(window.needsUpdate).toBe(false);
  });

  test('doubles while it is used up within four round trips, to its bound', () => {
    const window = new ReceiveWindow(1000, 3000);
    const limits: number[] = [];
    for (let i = 0; i < 4; i++) {
      window.consumed = window.limit;
      limits.push(window.advance(i * RTT_US, RTT_US) - window.consumed);
    }
    expect(limits).toEqual([1000, 2000, 3000, 3000]);
  });

  test('stays while it is used slowly', () => {
    const window = new ReceiveWindow(1000, 8000);
    for (let i = 0; i < 4; i++) {
      window.consumed = window.limit;
      window.advance(i * 5 * RTT_US, RTT_US);
    }
    expect(window.limit - window.consumed).toBe(1000);
  });

  test('is not grown by the repetition of a lost frame', () => {
    const window = new ReceiveWindow(1000, 8000);
    window.consumed = 500;
    window.advance(0, RTT_US);
    for (let i = 1; i < 5; i++) expect(window.advance(i, RTT_US)).toBe(1500);
  });
});

describe('what the peer allows', () => {
  test(`only ever grows ${covers('rfc9000-4.1-3', 'rfc9000-13.3-5')}`, () => {
    const limit = new SendLimit(100);
    limit.used = 40;
    expect([limit.raise(100), limit.raise(50), limit.limit]).toEqual([false, false, 100]);
    expect([limit.raise(101), limit.left]).toEqual([true, 61]);
  });
});

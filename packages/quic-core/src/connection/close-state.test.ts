import { describe, expect, test } from '@jest/globals';
import { CloseState } from './close-state.ts';

const REASON = { kind: 'application', code: 1, text: '', remote: false } as const;

describe('CloseState', () => {
  test('answers the first, second, fourth, eighth … datagram', () => {
    const state = new CloseState();
    expect(state.begin(REASON)).toBe(true);
    const answered: number[] = [];
    for (let i = 1; i <= 100; i++) {
      state.pending = false;
      state.onReceived(100);
      if (state.pending) answered.push(i);
    }
    expect(answered).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });

  test('keeps its first reason, and says nothing once draining', () => {
    const state = new CloseState();
    state.begin(REASON);
    expect(state.begin({ ...REASON, code: 2 })).toBe(false);
    expect(state.drain({ ...REASON, code: 3 })).toBe(false);
    expect(state.reason).toBe(REASON);
    state.onReceived(100);
    expect(state.pending).toBe(false);
  });
});

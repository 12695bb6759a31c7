import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CloseState, decodeReason, utf8 } from './close-state.ts';

const SEED = 99;
const REASON = { kind: 'application', code: 1, text: '', remote: false } as const;

describe('CloseState', () => {
  test('answers the first, second, fourth, eighth … datagram', () => {
    const state = new CloseState();
    expect(state.begin(REASON)).toBe(true);
    const answered: number[] = [];
    for (let i = 1; i <= 100; i++) {
      state.pending = false;
      state.onReceived();
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
    state.onReceived();
    expect(state.pending).toBe(false);
  });
});

describe('reasons', () => {
  test(`encode as TextEncoder does, and are cut between characters (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const bytes = utf8(text);
        expect(bytes.length).toBeLessThanOrEqual(256);
        const whole = new TextEncoder().encode(text);
        expect([...bytes]).toEqual([...whole.subarray(0, bytes.length)]);
        expect(text.startsWith(decodeReason(bytes))).toBe(true);
        if (whole.length <= 250) expect(bytes.length).toBe(whole.length);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test(`decode as TextDecoder does where it is UTF-8, and never throw (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = decodeReason(bytes);
        let strict: string | undefined;
        try {
          strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
          strict = undefined;
        }
        if (strict !== undefined) expect(text).toBe(strict);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('a lone surrogate is not passed on', () => {
    expect([...utf8('a\ud800b')]).toEqual([...new TextEncoder().encode('a\ud800b')]);
    expect(decodeReason(Uint8Array.of(0xed, 0xa0, 0x80))).not.toContain('\ud800');
  });
});

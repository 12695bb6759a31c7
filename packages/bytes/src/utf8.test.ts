import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const SEED = 99;

describe('UTF-8', () => {
  test(`encode as TextEncoder does, and are cut between characters (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const bytes = encodeUtf8(text, 256);
        expect(bytes.length).toBeLessThanOrEqual(256);
        const whole = new TextEncoder().encode(text);
        expect([...bytes]).toEqual([...whole.subarray(0, bytes.length)]);
        expect(text.startsWith(decodeUtf8(bytes))).toBe(true);
        if (whole.length <= 256) expect(bytes.length).toBe(whole.length);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test(`decode as TextDecoder does where it is UTF-8, and never throw (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = decodeUtf8(bytes);
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
    expect([...encodeUtf8('a\ud800b')]).toEqual([...new TextEncoder().encode('a\ud800b')]);
    expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).not.toContain('\ud800');
  });
});

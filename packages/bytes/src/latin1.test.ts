import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { bytesFromLatin1, latin1FromBytes } from './latin1.ts';

describe('latin1', () => {
  test('each byte is one character, as the host has it, in strings of any length', () => {
    for (const length of [0, 1, 256, 1024, 1025, 300_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
      const text = Buffer.from(bytes).toString('latin1');
      expect(latin1FromBytes(bytes)).toBe(text);
      expect(bytesFromLatin1(text)).toEqual(bytes);
    }
  });

  test('a character that is no byte is refused', () => {
    expect(() => bytesFromLatin1('a\u0100')).toThrow(RangeError);
  });
});

import { createHmac } from 'node:crypto';
import { fromHex, toHex } from '@tsquic/bytes';
import { expect, test } from '@jest/globals';
import { hmacSha256 } from './hmac-sha256.ts';

test('the test cases of RFC 4231', () => {
  const cases = [
    ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  ] as const;
  for (const [key, message, expected] of cases)
    expect(toHex(hmacSha256(fromHex(key), fromHex(message)))).toBe(expected);
});

test('keys and messages of every length around the block are as in the library of the host', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 151) & 255);
  for (let keyLength = 0; keyLength <= 140; keyLength++)
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 256, keyLength]) {
      const [key, message] = [bytes.subarray(0, keyLength), bytes.subarray(3, 3 + length)];
      const expected = createHmac('sha256', key).update(message).digest('hex');
      expect(toHex(hmacSha256(key, message))).toBe(expected);
    }
});

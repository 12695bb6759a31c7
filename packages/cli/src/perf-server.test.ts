import { expect, test } from '@jest/globals';
import { encodeResponseLength, responseLength } from './perf-server.ts';
import { zeros } from './zeros.ts';

// Network byte order, draft-banks-quic-performance-00 §2.3.1.
test.each([
  [0, [0, 0, 0, 0, 0, 0, 0, 0]],
  [1, [0, 0, 0, 0, 0, 0, 0, 1]],
  [0x1_0203_0405, [0, 0, 0, 1, 2, 3, 4, 5]],
  [2 ** 53 - 1, [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
])('a response length of %i', (length, bytes) => {
  expect([...encodeResponseLength(length)]).toEqual(bytes);
  expect(responseLength(Uint8Array.from(bytes))).toBe(length);
});

test('a length without end', () => {
  expect(responseLength(new Uint8Array(8).fill(0xff))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
});

test('zeros fill what they are given until they end', () => {
  const source = zeros(5);
  const room = new Uint8Array(3).fill(9);
  expect(source(room)).toEqual({ bytes: 3, fin: false });
  expect(source(room)).toEqual({ bytes: 2, fin: true });
  expect(zeros(0)(room)).toEqual({ bytes: 0, fin: true });
  expect([...room]).toEqual([0, 0, 0]);
});

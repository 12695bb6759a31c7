import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { expandPacketNumber, fittingNumberLength, packetNumberLength } from './packet-number.ts';

const SEED = 9000_171;

/** RFC 9000 §A.3 in integers without bounds. */
function expandByTheBook(truncated: number, length: number, largest: number): number {
  const window = 1n << BigInt(8 * length);
  const half = window / 2n;
  const expected = BigInt(largest) + 1n;
  const candidate = (expected & ~(window - 1n)) | BigInt(truncated);
  if (candidate <= expected - half && candidate < (1n << 62n) - window) return Number(candidate + window);
  if (candidate > expected + half && candidate >= window) return Number(candidate - window);
  return Number(candidate);
}

describe('packet numbers', () => {
  test.each([
    [0xac5c02, 0xabe8b3, 2],
    [0xace8fe, 0xabe8b3, 3],
  ])('%i after an acknowledgement of %i takes %i bytes, as in RFC 9000 §A.2', (number, acked, length) => {
    expect(packetNumberLength(number, acked)).toBe(length);
  });

  test.each([
    ['no length is wanted', 0, -1, 9, undefined, 1],
    ['four bytes fit', 0, -1, 9, 13, 4],
    ['three bytes fit', 0, -1, 10, 13, 3],
    ['as many as are needed fit', 200, -1, 11, 13, 2],
    ['more are needed than fit', 70_000, -1, 11, 13, 3],
    ['five would be needed to fit', 0, -1, 8, 13, 1],
    ['the header is longer before the number', 0, -1, 21, 13, 1],
  ])(
    'have the length that the header is to have, where they may: %s',
    (_, number, acked, before, wanted, length) => {
      covers('rfc9000-17.1-2');
      expect(fittingNumberLength(number, acked, before, wanted)).toBe(length);
    },
  );

  test('expand as in RFC 9000 §A.3', () => {
    expect(expandPacketNumber(0x9b32, 2, 0xa82f30ea)).toBe(0xa82f9b32);
  });

  test('expand by the book for any state', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.integer({ min: -1, max: 2 ** 52 })),
        (length, random, largest) => {
          const truncated = random % 2 ** (8 * length);
          expect(expandPacketNumber(truncated, length, largest)).toBe(
            expandByTheBook(truncated, length, largest),
          );
        },
      ),
      { seed: SEED, numRuns: 3000 },
    );
  });

  test('before an acknowledgement the whole number is sent', () => {
    covers('rfc9000-17.1-1');
    for (const number of [0, 1, 0x7e, 0x7f, 0xff, 0x100, 0x7ffe, 0xffff, 0x1_0000, 0xff_ffff, 2 ** 30])
      expect(2 ** (8 * packetNumberLength(number, -1))).toBeGreaterThan(number);
  });

  test('twice the span in doubt fits, and the peer recovers it', () => {
    covers('rfc9000-17.1-2', 'rfc9000-17.1-3');
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: 2 ** 45 }),
        fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 30 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (acked, span, share) => {
          const number = acked + span;
          const length = packetNumberLength(number, acked);
          expect(2 ** (8 * length)).toBeGreaterThan(2 * span);
          // The peer has something between what we know of and what was sent meanwhile.
          const largest = acked + Math.floor(share * span);
          expect(expandPacketNumber(number % 2 ** (8 * length), length, largest)).toBe(number);
          // A packet that is overtaken by as many as are in doubt comes out right too.
          expect(expandPacketNumber(number % 2 ** (8 * length), length, number + span - 1)).toBe(number);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { ReceivedNumbers } from './received.ts';

const SEED = 9000_1323;

describe('received numbers', () => {
  test(`nothing is taken twice, in any order (seed ${SEED})`, () => {
    covers('rfc9000-13.2.3-4');
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 300 }), (numbers) => {
        const received = new ReceivedNumbers();
        const seen = new Set<number>();
        for (const number of numbers) {
          // What was forgotten may be refused though it is new, but what was seen is never new again.
          if (seen.has(number)) expect(received.isDuplicate(number)).toBe(true);
          if (received.isDuplicate(number)) continue;
          received.add(number, 0, 0);
          seen.add(number);
        }
        expect(received.largest).toBe(seen.size === 0 ? -1 : Math.max(...seen));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('a peer that leaves gaps makes us keep 32 ranges and the largest number', () => {
    covers('rfc9000-13.2.3-5');
    const received = new ReceivedNumbers();
    for (let i = 0; i < 10_000; i++) received.add(i * 2, 0, 0);
    expect(received.ranges.count).toBe(32);
    expect(received.largest).toBe(19_998);
    expect(received.isDuplicate(1)).toBe(true);
    expect(received.isDuplicate(19_997)).toBe(false);
    // To ask changes nothing: what is kept grows when a duplicate has come, not before.
    for (let i = 0; i < 100; i++) received.isDuplicate(1);
    received.add(20_000, 0, 0);
    expect(received.ranges.count).toBe(32);
    received.onDuplicate(1);
    received.add(20_002, 0, 0);
    expect(received.ranges.count).toBe(33);
  });

  test('where packets come late rather than never, none of a few hundred is forgotten', () => {
    const received = new ReceivedNumbers();
    // Every other packet takes longer, by the time of 300.
    for (let n = 0; n < 2000; n++) {
      if (n % 2 === 0) received.add(n, 0, n);
      const late = n - 300;
      if (late < 0 || late % 2 === 0) continue;
      if (late > 700) expect(received.isDuplicate(late)).toBe(false);
      if (received.isDuplicate(late)) received.onDuplicate(late);
      else received.add(late, 0, n);
    }
    expect(received.ranges.count).toBeLessThanOrEqual(256);
  });

  test('ranges that the peer knows of go, but for eight that recognise late packets', () => {
    const received = new ReceivedNumbers();
    for (let i = 0; i < 20; i++) received.add(i * 2, 0, 0);
    received.onReported(30);
    expect(received.ranges.count).toBe(8);
    received.onReported(5);
    expect(received.ranges.count).toBe(8);
  });

  test('what a late packet fills is told anew, until an ACK that came after it has arrived', () => {
    const received = new ReceivedNumbers();
    for (const number of [0, 1, 4, 5, 8, 9]) received.add(number, 0, 0);
    received.onReported(5);
    expect(received.reportedBelow).toBe(6);
    received.add(3, 0, 0);
    expect(received.reportedBelow).toBe(3);
    // This ACK may have left before the late packet came.
    received.onReported(9);
    expect(received.reportedBelow).toBe(3);
    received.add(10, 0, 0);
    received.onReported(10);
    expect(received.reportedBelow).toBe(11);
  });

  test('counts packets by codepoint', () => {
    const received = new ReceivedNumbers();
    expect(received.hasEcn).toBe(false);
    [0, 1, 2, 2, 3, 3, 3].forEach((codepoint, number) => received.add(number, codepoint, 0));
    expect(received.ecn).toEqual({ ect0: 2, ect1: 1, ce: 3 });
    expect(received.hasEcn).toBe(true);
  });
});

import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter, fromHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { covers } from '../../../../tools/covers.ts';
import { IntervalSet } from '../spaces/interval-set.ts';
import { createAckFrame, decodeAck, encodeAck } from './ack.ts';
import { FrameType } from './rules.ts';

const SEED = 9000_193;

/** Received numbers as a set of intervals. */
function rangesOf(numbers: readonly number[]): IntervalSet {
  const ranges = new IntervalSet();
  for (const number of numbers) ranges.add(number, number + 1);
  return ranges;
}

/** Every number that a decoded frame acknowledges, newest first. */
function acknowledged(frame: ReturnType<typeof createAckFrame>): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < frame.rangeCount; i++)
    for (let number = frame.ends[i]!; number >= frame.starts[i]!; number--) numbers.push(number);
  return numbers;
}

function decode(hex: string, type: number = FrameType.Ack) {
  const reader = new ByteReader(fromHex(hex));
  const frame = createAckFrame();
  const valid = decodeAck(reader, type, frame);
  return { valid, truncated: reader.truncated, remaining: reader.remaining, frame };
}

describe('ACK', () => {
  test('says exactly what was received, whatever the gaps', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 150 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (numbers, hasEcn, rawDelay) => {
          const ecn = hasEcn ? { ect0: 70, ect1: 20_000, ce: 0 } : undefined;
          const writer = new ByteWriter(new Uint8Array(2000));
          encodeAck(writer, rangesOf(numbers), rawDelay, ecn);
          const reader = new ByteReader(writer.buffer, 0, writer.position);
          const frame = createAckFrame();
          expect(decodeAck(reader, reader.varint(), frame)).toBe(true);
          expect([reader.truncated, reader.remaining]).toEqual([false, 0]);
          expect(acknowledged(frame)).toEqual(numbers.toSorted((a, b) => b - a));
          expect(frame).toMatchObject({ rawDelay, hasEcn, ...(ecn ?? { ect0: 0, ect1: 0, ce: 0 }) });
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('fits into any room, with the newest ranges, or is not written at all', () => {
    const numbers = Array.from({ length: 60 }, (_, i) => i * 100);
    const full = new ByteWriter(new Uint8Array(500));
    encodeAck(full, rangesOf(numbers), 9, undefined);
    let last = 0;
    for (let room = 0; room <= full.position + 1; room++) {
      const writer = new ByteWriter(new Uint8Array(room));
      const count = encodeAck(writer, rangesOf(numbers), 9, undefined);
      expect(count).toBeGreaterThanOrEqual(last);
      last = count;
      if (count === 0) {
        expect(writer.position).toBe(0);
        continue;
      }
      const reader = new ByteReader(writer.buffer, 1, writer.position);
      const frame = createAckFrame();
      expect(decodeAck(reader, FrameType.Ack, frame)).toBe(true);
      expect(acknowledged(frame)).toEqual(numbers.slice(-count).toReversed());
    }
    expect(last).toBe(60);
  });

  test(`comes with and without ECN counts ${covers('rfc9000-19.3-1')}`, () => {
    // Largest 10, delay 5, no more ranges, first range 2: then ECT(0) 1, ECT(1) 2, CE 3.
    expect(decode('0a050002').frame).toMatchObject({ largest: 10, hasEcn: false, ce: 0 });
    const withCounts = decode('0a050002010203', FrameType.AckEcn);
    expect(withCounts).toMatchObject({ valid: true, truncated: false, remaining: 0 });
    expect(withCounts.frame).toMatchObject({ hasEcn: true, ect0: 1, ect1: 2, ce: 3 });
    expect(acknowledged(withCounts.frame)).toEqual([10, 9, 8]);
  });

  test('a gap skips one number more than it says, as in RFC 9000 §19.3.1', () => {
    // Largest 10, first range 1 (9 and 10); gap 0 skips number 8; range 2 is 5 to 7.
    expect(acknowledged(decode('0a00010100 02').frame)).toEqual([10, 9, 7, 6, 5]);
  });

  test.each([
    ['first range', '02000003'],
    ['first range, in another frame of much data', '02000003 00'.repeat(50)],
    ['gap', '050001020400'],
    ['gap and its range', '0a0001050303'],
    ['range', '0a0001030009'],
    ['everything huge', '01000140ff ffffffffffffffff'.repeat(2)],
  ])(`a range below packet number 0 is an error: %s ${covers('rfc9000-19.3.1-1')}`, (_name, hex) => {
    expect(decode(hex)).toMatchObject({ valid: false });
  });

  test('no strict prefix is a frame', () => {
    const bytes = '4123405502050302010740640009';
    expect(decode(bytes, FrameType.AckEcn)).toMatchObject({ valid: true, truncated: false });
    for (let length = 0; length < bytes.length; length += 2)
      expect(decode(bytes.slice(0, length), FrameType.AckEcn)).toMatchObject({ truncated: true });
  });

  test('a count of ranges that cannot be there reserves nothing', () => {
    const { truncated, frame } = decode('ffffffffffffffff 00 ffffffffffffffff 00 0000');
    expect(truncated).toBe(true);
    expect(frame.starts).toHaveLength(32);
  });
});

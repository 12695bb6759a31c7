import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter, fromHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { IntervalSet } from '../ranges/interval-set.ts';
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

  test('fills its room to the byte, with and without ECN counts, whatever the gaps', () => {
    // Bytes of an integer, RFC 9000 §16.
    const bytesOf = (value: number): number =>
      value < 2 ** 6 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 30 ? 4 : 8;
    const lengths = fc.constantFrom(1, 2, 63, 64, 65, 66, 16_383, 16_384, 16_385, 16_386);
    const ecnCounts = fc.constantFrom(
      undefined,
      { ect0: 63, ect1: 64, ce: 16_384 },
      { ect0: 0, ect1: 0, ce: 2 ** 30 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(lengths, lengths), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0, 63, 64, 20_000),
        ecnCounts,
        fc.integer({ min: 0, max: 120 }),
        (runs, rawDelay, ecn, room) => {
          const ranges = new IntervalSet();
          // The gap below a run and its length, the oldest first.
          let next = 5;
          const intervals = runs.map(([gap, length]) => {
            const from = next + gap;
            next = from + length;
            ranges.add(from, next);
            return [from, next] as const;
          });
          const newest = intervals.toReversed();
          // The count of ranges is taken for two bytes.
          let left = room - 1 - bytesOf(next - 1) - bytesOf(rawDelay) - 2;
          if (ecn !== undefined) left -= bytesOf(ecn.ect0) + bytesOf(ecn.ect1) + bytesOf(ecn.ce);
          let fitting = 0;
          for (const [i, [from, to]] of newest.entries()) {
            const gap = i === 0 ? undefined : newest[i - 1]![0] - to - 1;
            left -= bytesOf(to - 1 - from) + (gap === undefined ? 0 : bytesOf(gap));
            if (left < 0) break;
            fitting++;
          }
          const writer = new ByteWriter(new Uint8Array(room));
          expect(encodeAck(writer, ranges, rawDelay, ecn)).toBe(fitting);
          if (fitting === 0) return expect(writer.position).toBe(0);
          const reader = new ByteReader(writer.buffer, 0, writer.position);
          const frame = createAckFrame();
          expect(decodeAck(reader, reader.varint(), frame)).toBe(true);
          expect([reader.truncated, reader.remaining, frame.rangeCount]).toEqual([false, 0, fitting]);
          expect(frame.starts[fitting - 1]).toBe(newest[fitting - 1]![0]);
          expect(frame).toMatchObject({ hasEcn: ecn !== undefined, ...ecn });
        },
      ),
      { seed: SEED, numRuns: 400 },
    );
  });

  test('leaves out ranges that end below what the peer knows, never the newest', () => {
    covers('rfc9000-13.2.3-2', 'rfc9000-13.2.3-6');
    const written = (from: number): number => {
      const writer = new ByteWriter(new Uint8Array(100));
      // 0 to 4, 10 to 14, 20 to 24.
      return encodeAck(
        writer,
        rangesOf([0, 10, 20].flatMap((at) => [0, 1, 2, 3, 4].map((i) => at + i))),
        0,
        undefined,
        from,
      );
    };
    expect([0, 4, 5, 6, 14, 15, 24, 25, 99].map(written)).toEqual([3, 3, 2, 2, 2, 1, 1, 1, 1]);
  });

  test('comes with and without ECN counts', () => {
    covers('rfc9000-19.3-1');
    // Largest 10, delay 5, no more ranges, first range 2: then ECT(0) 1, ECT(1) 2, CE 3.
    expect(decode('0a050002').frame).toMatchObject({ largest: 10, hasEcn: false, ce: 0 });
    const withCounts = decode('0a050002010203', FrameType.AckEcn);
    expect(withCounts).toMatchObject({ valid: true, truncated: false, remaining: 0 });
    expect(withCounts.frame).toMatchObject({ hasEcn: true, ect0: 1, ect1: 2, ce: 3 });
    expect(acknowledged(withCounts.frame)).toEqual([10, 9, 8]);
  });

  test('number 0 is acknowledged like any other, by the first range or a later one', () => {
    const frame = createAckFrame();
    const decoded = (hex: string): number[] => {
      expect(decodeAck(new ByteReader(fromHex(hex)), FrameType.Ack, frame)).toBe(true);
      return acknowledged(frame);
    };
    // A record that has held another frame before.
    expect(decoded('1400000a')).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
    expect(decoded('00000000')).toEqual([0]);
    expect(decoded('02000002')).toEqual([2, 1, 0]);
    expect(decoded('0400010001 01')).toEqual([4, 1, 0]);
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
  ])('a range below packet number 0 is an error: %s', (_name, hex) => {
    covers('rfc9000-19.3.1-1');
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

test('PATH_ACK names its path before the fields of ACK, and fits or is not begun: draft-ietf-quic-multipath §4.1', () => {
  const ranges = rangesOf([1, 2, 3, 7]);
  const ecn = { ect0: 1, ect1: 2, ce: 3 };
  const written = (room: number, pathId: number, counts?: typeof ecn): Uint8Array => {
    const writer = new ByteWriter(new Uint8Array(room));
    encodeAck(writer, ranges, 5, counts, 0, pathId);
    return writer.buffer.slice(0, writer.position);
  };
  expect(written(100, 257)).toEqual(fromHex('3e 4101 07 05 01 00 02 02'));
  expect(written(100, 0, ecn)).toEqual(fromHex('3f 00 07 05 01 00 02 02 01 02 03'));
  const { frame, valid, remaining } = decode('4101 07 05 01 00 02 02', FrameType.PathAck);
  expect([valid, remaining, frame.pathId, acknowledged(frame)]).toEqual([true, 0, 257, [7, 3, 2, 1]]);
  expect(decode('07 05 01 00 02 02').frame.pathId).toBe(0);
  // Two bytes are kept for the count of ranges.
  for (let room = 0; room < 8; room++) expect(written(room, 257)).toHaveLength(0);
  expect(written(8, 257)).toEqual(fromHex('3e 4101 07 05 00 00'));
});

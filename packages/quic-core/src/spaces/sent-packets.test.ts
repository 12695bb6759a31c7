import { describe, expect, test } from '@jest/globals';
import { costRatio, cpuMs } from '@tsquic/testing';
import fc from 'fast-check';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { Space } from '../packet/levels.ts';
import { DeliveryLog } from '../facts/delivery-log.ts';

const APP = Space.Application;
const SEED = 9002_1;

describe('delivery log', () => {
  test(`keeps what an array keeps (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 200 }), (steps) => {
        const log = new DeliveryLog();
        const oracle: number[] = [];
        let tail = 0;
        for (const [kind, value] of steps) {
          if (kind > 0) {
            log.add(kind, value, value + 1, value + 2);
            oracle.push(kind * 1000 + value);
          } else {
            tail = Math.min(oracle.length, tail + value);
            log.release(tail);
          }
          for (let i = tail; i < oracle.length; i++)
            expect(log.kindAt(i) * 1000 + log.valueAt(i, 0)).toBe(oracle[i]);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('sent packets', () => {
  const step = fc.record({
    send: fc.nat(6),
    from: fc.nat(120),
    length: fc.nat(20),
    elapsedUs: fc.nat(40_000),
  });

  test(`in any exchange each fact is settled once, and nothing stays in flight that is (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rig = new RecoveryRig();
        let nowUs = 0;
        let next = 0;
        const arrived = new Set<number>();
        for (const { send, from, length, elapsedUs } of steps) {
          nowUs += elapsedUs;
          for (let i = 0; i < send; i++) next = rig.send(APP, nowUs) + 1;
          const to = Math.min(from + length, next - 1);
          if (from <= to) {
            rig.ack(APP, [[from, to]], nowUs);
            for (let n = from; n <= to; n++) arrived.add(n);
          }
          expect(new Set(rig.acked).size).toBe(rig.acked.length);
          for (const n of rig.acked) expect(arrived.has(n)).toBe(true);
          expect(new Set(rig.lost).size).toBe(rig.lost.length);
          const settled = new Set([...rig.acked, ...rig.lost]);
          expect(rig.paths.active.inFlightBytes).toBe(1000 * (next - settled.size));
          expect(rig.space(APP)!.sending.sent.elicitingCount).toBe(next - settled.size);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  /** Milliseconds for `count` packets in flight to be lost, then acknowledged after all. */
  function loseAndAcknowledge(count: number): number {
    const rig = new RecoveryRig();
    rig.send(APP, 0);
    rig.ack(APP, [[0, 0]], 1000);
    for (let i = 0; i < count + 3; i++) rig.send(APP, 2000);
    const startedAt = cpuMs();
    rig.ack(APP, [[count + 1, count + 3]], 3000);
    rig.ack(APP, [[1, count + 3]], 3100);
    const tookMs = cpuMs() - startedAt;
    expect([rig.lost.length, rig.acked.length]).toEqual([count, count + 4]);
    return tookMs;
  }

  test('eight times as many packets lost and acknowledged at once take time in proportion', () => {
    // The quickest of several, in turn: what compilers and other programs take only ever adds.
    let fewMs = Infinity;
    let manyMs = Infinity;
    for (let round = 0; round < 15; round++) {
      fewMs = Math.min(fewMs, loseAndAcknowledge(2500));
      manyMs = Math.min(manyMs, loseAndAcknowledge(20_000));
    }
    // A search through all packets for each would take 64 times as long.
    expect(manyMs / fewMs).toBeLessThan(24);
  });

  /** A rig of which `count` packets have been sent, and all but the first acknowledged. */
  function acknowledgedRig(count: number): RecoveryRig {
    const rig = new RecoveryRig();
    for (let i = 0; i < count; i++) rig.send(APP, 0);
    rig.ack(APP, [[1, count - 1]], 1000);
    expect(rig.acked).toHaveLength(count - 1);
    return rig;
  }

  test('acknowledgements of the same packets over and over cost the same however many those are', () => {
    const repeat = (count: number): (() => void) => {
      const rig = acknowledgedRig(count);
      return () => {
        for (let i = 0; i < 5000; i++) rig.ack(APP, [[1, count - 1]], 1000);
      };
    };
    expect(costRatio(repeat(40_000), repeat(1000))).toBeLessThan(4);
  });

  test('so do acknowledgements of ever smaller parts of them', () => {
    const shrink = (count: number): (() => void) => {
      const rig = acknowledgedRig(count);
      return () => {
        for (let i = 0; i < 5000; i++) rig.ack(APP, [[1, count - 2 - (i % 900)]], 1000);
      };
    };
    expect(costRatio(shrink(40_000), shrink(1000))).toBeLessThan(4);
  });

  test('an ACK of thousands of ranges is taken in one pass', () => {
    const takeRanges = (count: number): (() => void) => {
      const rig = new RecoveryRig();
      for (let i = 0; i < count; i++) rig.send(APP, 0);
      const ranges = Array.from(
        { length: count / 2 },
        (_, i) => [count - 1 - 2 * i, count - 1 - 2 * i] as const,
      );
      let nowUs = 1000;
      return () => {
        for (let i = 0; i < 20; i++) rig.ack(APP, ranges, nowUs++);
        expect(rig.acked).toHaveLength(count / 2);
      };
    };
    // Eight times as many ranges, in eight times as long; a pass for each would take 64 times as long.
    expect(costRatio(takeRanges(16_000), takeRanges(2000))).toBeLessThan(24);
  });

  test('a peer that keeps its acknowledgements back makes us store a bounded number of packets', () => {
    const rig = new RecoveryRig();
    for (let i = 0; i < 200_000; i++) {
      const isPing = i % 32 === 0;
      rig.send(APP, i * 100, { eliciting: isPing, bytes: 40 });
    }
    const sent = rig.space(APP)!.sending.sent;
    expect(sent.next - sent.tail).toBeLessThanOrEqual(4096);
    expect(sent.state.length).toBe(4096);
    expect((sent.log as unknown as { kinds: Uint8Array }).kinds.length).toBeLessThanOrEqual(8192);
    expect(rig.paths.active.inFlightBytes).toBe(40 * sent.elicitingCount);
    expect(rig.controller.events).toEqual([]);
  });

  test('a large flight is never crowded', () => {
    const rig = new RecoveryRig();
    for (let i = 0; i < 10_000; i++) rig.send(APP, i);
    expect([rig.lost, rig.space(APP)!.sending.sent.tail]).toEqual([[], 0]);
  });
});

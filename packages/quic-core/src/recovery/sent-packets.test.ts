import { describe, expect, test } from '@jest/globals';
import { cpuMs } from '../../../../tools/cpu-time.ts';
import fc from 'fast-check';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { Space } from '../spaces/spaces.ts';
import { DeliveryLog } from './delivery-log.ts';

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
          expect(rig.recovery.sent[APP]!.elicitingCount).toBe(next - settled.size);
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

  test('twice as many packets lost and acknowledged at once take twice as long', () => {
    // The quickest of several, in turn: what compilers and other programs take only ever adds.
    let singleMs = Infinity;
    let doubleMs = Infinity;
    for (let round = 0; round < 25; round++) {
      singleMs = Math.min(singleMs, loseAndAcknowledge(10_000));
      doubleMs = Math.min(doubleMs, loseAndAcknowledge(20_000));
    }
    expect(doubleMs / singleMs).toBeLessThan(2.5);
  });

  test('acknowledgements of the same packets over and over cost next to nothing', () => {
    const rig = new RecoveryRig();
    const count = 20_000;
    for (let i = 0; i < count; i++) rig.send(APP, 0);
    rig.ack(APP, [[1, count - 1]], 1000);
    const startedAt = cpuMs();
    for (let i = 0; i < 20_000; i++) rig.ack(APP, [[1, count - 1]], 1000);
    expect(cpuMs() - startedAt).toBeLessThan(200);
    expect(rig.acked).toHaveLength(count - 1);
  });

  test('so do acknowledgements of ever smaller parts of them', () => {
    const rig = new RecoveryRig();
    const count = 20_000;
    for (let i = 0; i < count; i++) rig.send(APP, 0);
    rig.ack(APP, [[1, count - 1]], 1000);
    const startedAt = cpuMs();
    for (let end = count - 2; end > 1; end--) rig.ack(APP, [[1, end]], 1000);
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });

  test('an ACK of thousands of ranges is taken in one pass', () => {
    const rig = new RecoveryRig();
    const count = 8000;
    for (let i = 0; i < count; i++) rig.send(APP, 0);
    const ranges = Array.from(
      { length: count / 2 },
      (_, i) => [count - 1 - 2 * i, count - 1 - 2 * i] as const,
    );
    const startedAt = cpuMs();
    for (let i = 0; i < 20; i++) rig.ack(APP, ranges, 1000 + i);
    expect(cpuMs() - startedAt).toBeLessThan(500);
    expect(rig.acked).toHaveLength(count / 2);
  });

  test('a peer that keeps its acknowledgements back makes us store a bounded number of packets', () => {
    const rig = new RecoveryRig();
    for (let i = 0; i < 200_000; i++) {
      const isPing = i % 32 === 0;
      rig.send(APP, i * 100, { eliciting: isPing, bytes: 40 });
    }
    const sent = rig.recovery.sent[APP]!;
    expect(sent.next - sent.tail).toBeLessThanOrEqual(4096);
    expect(sent.state.length).toBe(4096);
    expect((sent.log as unknown as { kinds: Uint8Array }).kinds.length).toBeLessThanOrEqual(8192);
    expect(rig.paths.active.inFlightBytes).toBe(40 * sent.elicitingCount);
    expect(rig.controller.events).toEqual([]);
  });

  test('a large flight is never crowded', () => {
    const rig = new RecoveryRig();
    for (let i = 0; i < 10_000; i++) rig.send(APP, i);
    expect([rig.lost, rig.recovery.sent[APP]!.tail]).toEqual([[], 0]);
  });
});

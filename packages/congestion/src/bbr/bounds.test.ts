import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../../test/ack-sample.ts';
import { ProbeClock } from './probe-clock.ts';
import { ShortTermBounds } from './short-term-bounds.ts';
import { VolumeBound } from './volume-bound.ts';

describe('ShortTermBounds', () => {
  /** One round that delivers `bytes` at `rate`, with a loss or without. */
  function round(bounds: ShortTermBounds, number: number, rate: number, bytes: number, loss: boolean): void {
    const sample = ackSample({
      deliveredAtSendBytes: number * 100_000,
      deliveredTotalBytes: number * 100_000 + bytes,
    });
    if (loss) bounds.lossInRound = true;
    bounds.onAck(sample, rate);
    bounds.adapt(10, 100_000, false);
    bounds.advance(sample, rate);
  }

  test('stay open without loss', () => {
    const bounds = new ShortTermBounds();
    for (let i = 1; i < 10; i++) round(bounds, i, 5, 50_000, false);
    expect(bounds.bandwidth).toBe(Infinity);
    expect(bounds.inFlightBytes).toBe(Infinity);
  });

  test('fall to what was delivered, by three tenths a round at most', () => {
    const bounds = new ShortTermBounds();
    round(bounds, 1, 9, 90_000, true);
    expect([bounds.bandwidth, bounds.inFlightBytes]).toEqual([9, 90_000]);
    round(bounds, 2, 1, 10_000, true);
    // The round before still counts among the latest.
    expect([bounds.bandwidth, bounds.inFlightBytes]).toEqual([9, 90_000]);
    round(bounds, 3, 1, 10_000, true);
    expect(bounds.bandwidth).toBeCloseTo(9 * 0.7, 12);
    expect(bounds.inFlightBytes).toBeCloseTo(90_000 * 0.7, 9);
    bounds.lift();
    expect(bounds.bandwidth).toBe(Infinity);
  });

  test('ignore losses of a flow that accelerates', () => {
    const bounds = new ShortTermBounds();
    bounds.lossInRound = true;
    bounds.onAck(ackSample({ deliveredAtSendBytes: 0, deliveredTotalBytes: 1200 }), 5);
    bounds.adapt(10, 100_000, true);
    expect(bounds.bandwidth).toBe(Infinity);
    expect(bounds.lossInRound).toBe(false);
  });
});

describe('VolumeBound', () => {
  test('grows by 1, 2, 4, … packets a round of a probe', () => {
    const bound = new VolumeBound();
    bound.lower(120_000);
    bound.startRefill();
    bound.startUp(120_000);
    const growth: number[] = [];
    for (let number = 0; number < 5; number++) {
      const before = bound.inFlightBytes;
      // A round acknowledges the window of 100 packets; the slope rises with its last ACK.
      for (let i = 0; i < 100; i++) bound.grow(1200, 120_000, 1200, i === 99);
      growth.push(Math.round((bound.inFlightBytes - before) / 1200));
    }
    expect(growth).toEqual([1, 2, 4, 8, 16]);
  });

  test.each([60_852.3448, 60_852, 12_000.999_999])('is reached by a window of whole bytes: %d', (bytes) => {
    const bound = new VolumeBound();
    bound.lower(bytes);
    expect(Math.floor(Math.min(1e9, bound.inFlightBytes))).toBeGreaterThanOrEqual(bound.inFlightBytes);
    const withHeadroom = bound.withHeadroom(4800, 1200);
    expect(Math.floor(Math.min(1e9, withHeadroom))).toBeGreaterThanOrEqual(withHeadroom);
  });

  test('leaves fifteen percent of room, at least a packet', () => {
    const bound = new VolumeBound();
    expect(bound.withHeadroom(4800, 1200)).toBe(Infinity);
    bound.lower(100_000);
    expect(bound.withHeadroom(4800, 1200)).toBe(85_000);
    bound.lower(7000);
    expect(bound.withHeadroom(4800, 1200)).toBe(5800);
    bound.lower(5000);
    expect(bound.withHeadroom(4800, 1200)).toBe(4800);
  });
});

describe('ProbeClock', () => {
  test('waits between two and three seconds, other flows otherwise', () => {
    const waits = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const clock = new ProbeClock(seed);
      clock.start(1_000_000);
      expect(clock.isDue(3_000_000, 1000)).toBe(false);
      expect(clock.isDue(4_000_001, 1000)).toBe(true);
      let waitUs = 2_000_000;
      while (!clock.isDue(1_000_000 + waitUs, 1000)) waitUs += 10_000;
      waits.add(waitUs);
    }
    expect(waits.size).toBeGreaterThan(50);
  });

  test.each([
    [10, 10],
    [200, 63],
  ])('with %i packets to regain, probes after %i rounds or one less', (packets, rounds) => {
    const clock = new ProbeClock(1);
    clock.start(0);
    for (let i = 0; i < rounds - 1; i++) {
      expect(clock.isDue(1, packets)).toBe(false);
      clock.onRound();
    }
    clock.onRound();
    expect(clock.isDue(1, packets)).toBe(true);
  });
});

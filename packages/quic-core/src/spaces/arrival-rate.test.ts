import { describe, expect, test } from '@jest/globals';
import { ArrivalRate } from './arrival-rate.ts';

const MS = 1000;

/** Packets arrive evenly for so long; returns how many may share an acknowledgement at the end. */
function arrive(
  rate: ArrivalRate,
  perSecond: number,
  minRttUs: number,
  fromUs: number,
  spanUs: number,
): number {
  for (let us = 0; us < spanUs; us += 1_000_000 / perSecond)
    rate.onReceived(minRttUs, Math.round(fromUs + us));
  return rate.packetsPerAck;
}

describe('packets that share an acknowledgement', () => {
  // Each answers for 3 ms: or for a sixteenth of a round trip, if that is longer, or a quarter of one, if that is shorter.
  test.each([
    ['4 Mbit/s, 20 ms', 350, 20 * MS, 2],
    ['10 Mbit/s, 20 ms', 900, 20 * MS, 3],
    ['50 Mbit/s, 20 ms', 4300, 20 * MS, 13],
    ['50 Mbit/s, 40 ms', 4300, 40 * MS, 13],
    ['50 Mbit/s, 80 ms', 4200, 80 * MS, 21],
    ['100 Mbit/s, 10 ms', 8400, 10 * MS, 21],
    ['100 Mbit/s, 2 ms', 8600, 2 * MS, 4],
    ['1 Gbit/s, 20 ms', 86_000, 20 * MS, 32],
    ['a round trip that is not known', 86_000, Infinity, 2],
    ['1 Gbit/s on one machine', 86_000, 100, 2],
    ['few packets on a long path', 100, 250 * MS, 5],
    ['few packets on a very long path', 100, 2000 * MS, 12],
  ])('%s', (_name, perSecond, minRttUs, packets) => {
    expect(arrive(new ArrivalRate(), perSecond, minRttUs, 0, 3_000_000)).toBe(packets);
  });

  test('two while there were less than a hundred packets', () => {
    expect(arrive(new ArrivalRate(), 9000, 5 * MS, 0, 10 * MS)).toBe(2);
  });

  // RFC 9406 §4.3 wants eight samples in each round.
  test('while the rate doubles every round trip, enough for sixteen acknowledgements in each', () => {
    const rate = new ArrivalRate();
    let us = 0;
    for (let perSecond = 800; perSecond <= 32_000; perSecond *= 2, us += 20 * MS) {
      const packets = arrive(rate, perSecond, 20 * MS, us, 20 * MS);
      expect(packets).toBeLessThanOrEqual(Math.max(2, (perSecond * 0.02) / 16));
    }
    expect(arrive(rate, 25_600, 20 * MS, us, 100 * MS)).toBe(32);
  });

  test('the same number in every round of a steady rate, whichever rounds it is compared with', () => {
    const rate = new ArrivalRate();
    arrive(rate, 4300, 20 * MS, 0, 100 * MS);
    const shared: number[] = [];
    // Forty rounds, five times as many as are compared at once.
    for (let round = 0; round < 40; round++)
      shared.push(arrive(rate, 4300, 20 * MS, (100 + 20 * round) * MS, 20 * MS));
    expect(new Set(shared)).toEqual(new Set([13]));
  });

  test('as many after a second as after ten seconds of the same rate', () => {
    const rate = new ArrivalRate();
    arrive(rate, 4300, 20 * MS, 0, 1_000_000);
    const shared = new Set<number>();
    for (let us = 1_000_000; us < 10_000_000; us += 1_000_000 / 4300) {
      rate.onReceived(20 * MS, Math.round(us));
      shared.add(rate.packetsPerAck);
    }
    // Rounds hold a packet more or less; 3 ms hold 12.9.
    expect([...shared].filter((packets) => packets < 12 || packets > 14)).toEqual([]);
  });

  test('two again when few come', () => {
    const rate = new ArrivalRate();
    expect(arrive(rate, 10_000, 20 * MS, 0, 1_000_000)).toBe(30);
    expect(arrive(rate, 100, 20 * MS, 1_000_000, 100 * MS)).toBe(2);
    expect(arrive(rate, 10_000, 20 * MS, 60_000_000, 1)).toBe(2);
  });
});

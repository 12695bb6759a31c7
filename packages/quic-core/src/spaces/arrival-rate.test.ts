import { describe, expect, test } from '@jest/globals';
import { covers } from '../../../../tools/covers.ts';
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

  test(`two while there were less than a hundred packets ${covers('rfc9000-13.2.2-1')}`, () => {
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

  test('two again when few come', () => {
    const rate = new ArrivalRate();
    expect(arrive(rate, 10_000, 20 * MS, 0, 1_000_000)).toBe(30);
    expect(arrive(rate, 100, 20 * MS, 1_000_000, 100 * MS)).toBe(2);
    expect(arrive(rate, 10_000, 20 * MS, 60_000_000, 1)).toBe(2);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '../../../../tools/covers.ts';
import { MtuSearch } from './mtu.ts';

const SEED = 9000_143;

/** Search a path that carries `pathBytes`; returns the sizes probed. */
function search(mtu: MtuSearch, pathBytes: number): number[] {
  const sizes: number[] = [];
  mtu.start();
  for (let size = mtu.probeBytes; size > 0; size = mtu.probeBytes) {
    sizes.push(size);
    mtu.onProbeSent();
    expect(mtu.probeBytes).toBe(0);
    if (size <= pathBytes) mtu.onProbeAcked(size);
    else mtu.onProbeLost(size);
  }
  return sizes;
}

describe('MTU search', () => {
  test('the ceiling is tried first, and three times', () => {
    expect(search(new MtuSearch(1452), 1500)).toEqual([1452]);
    expect(search(new MtuSearch(1452), 1300).slice(0, 4)).toEqual([1452, 1452, 1452, 1326]);
    expect(search(new MtuSearch(1200), 1500)).toEqual([]);
  });

  test(`finds what any path carries, within 16 bytes, below what the peer takes (seed ${SEED})`, () => {
    const sizes = fc.integer({ min: 1200, max: 9000 });
    fc.assert(
      fc.property(sizes, sizes, sizes, (ceiling, peer, path) => {
        const mtu = new MtuSearch(ceiling);
        mtu.limit(peer);
        const best = Math.min(ceiling, peer, path);
        for (const size of search(mtu, path)) expect(size).toBeLessThanOrEqual(Math.min(ceiling, peer));
        expect(mtu.mtuBytes).toBeLessThanOrEqual(best);
        expect(mtu.mtuBytes).toBeGreaterThanOrEqual(best - 16);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('nothing is probed before the start', () => {
    expect(new MtuSearch(1452).probeBytes).toBe(0);
  });

  test(`a black hole brings the MTU back to 1200, never lower ${covers('rfc9000-14.2.1-1')}`, () => {
    const mtu = new MtuSearch(1452);
    search(mtu, 1500);
    expect([mtu.onBlackHole(), mtu.mtuBytes]).toEqual([true, 1200]);
    expect([mtu.onBlackHole(), mtu.mtuBytes]).toEqual([false, 1200]);
    search(mtu, 1400);
    expect(mtu.mtuBytes).toBeGreaterThanOrEqual(1384);
  });

  test('an ACK of an old probe does no harm', () => {
    const mtu = new MtuSearch(1452);
    mtu.start();
    mtu.onProbeSent();
    expect([mtu.onProbeAcked(1452), mtu.onProbeAcked(1300), mtu.mtuBytes]).toEqual([true, false, 1452]);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { MtuSearch } from './mtu.ts';

const SEED = 9000_143;
const SECOND = 1_000_000;

/** Search a path that carries `pathBytes`; returns the sizes probed. */
function search(mtu: MtuSearch, pathBytes: number): number[] {
  const sizes: number[] = [];
  mtu.allow();
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

/** All that a search hears of but what the peer acknowledges. */
const HEARD: readonly ((mtu: MtuSearch, bytes: number) => void)[] = [
  (mtu) => mtu.allow(),
  (mtu) => mtu.start(),
  (mtu, bytes) => mtu.limit(Math.max(bytes, 1200)),
  (mtu, bytes) => mtu.fit(bytes),
  (mtu, bytes) => mtu.raise(bytes),
  (mtu) => mtu.onProbeSent(),
  (mtu, bytes) => mtu.onProbeLost(bytes),
  (mtu) => mtu.onProbeLost(mtu.probeBytes),
  (mtu) => void mtu.onBlackHole(),
];

describe('MTU search', () => {
  test(`nothing makes it less than 1200 bytes, and only an acknowledged probe makes it more (seed ${SEED})`, () => {
    covers('rfc9000-14.2.1-1', 'rfc9000-14.2.1-6');
    const act = fc.record({
      kind: fc.integer({ min: 0, max: HEARD.length }),
      bytes: fc.integer({ min: 0, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const mtu = new MtuSearch(1452);
        let inFlight = 0;
        for (const { kind, bytes } of acts) {
          const before = mtu.mtuBytes;
          if (kind < HEARD.length) {
            if (mtu.probeBytes > 0) inFlight = mtu.probeBytes;
            HEARD[kind]!(mtu, bytes);
            expect(mtu.mtuBytes).toBeLessThanOrEqual(before);
          } else if (inFlight > 0) {
            mtu.onProbeAcked(inFlight);
            expect(mtu.mtuBytes).toBe(Math.max(before, inFlight));
          }
          expect(mtu.mtuBytes).toBeGreaterThanOrEqual(1200);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('the ceiling is tried first, and three times', () => {
    expect(search(new MtuSearch(1452), 1500)).toEqual([1452]);
    expect(search(new MtuSearch(1452), 1300).slice(0, 4)).toEqual([1452, 1452, 1452, 1326]);
    expect(search(new MtuSearch(1200), 1500)).toEqual([]);
  });

  test('what the peer takes is the end of the search, once and for all', () => {
    const mtu = new MtuSearch(1500);
    mtu.limit(1400);
    mtu.limit(1450);
    expect(search(mtu, 1500)).toEqual([1400]);
    // Nothing is left to find, however much time passes. RFC 8899 §5.1.1
    expect(mtu.isRaiseDue(1500, 0)).toBe(false);
    expect(mtu.isRaiseDue(1500, 3600 * SECOND)).toBe(false);
    mtu.raise(1500);
    expect(mtu.probeBytes).toBe(0);
  });

  test('the size that led into a black hole is the first to be probed again', () => {
    const mtu = new MtuSearch(1500);
    search(mtu, 1400);
    const found = mtu.mtuBytes;
    expect(mtu.onBlackHole()).toBe(true);
    expect(mtu.mtuBytes).toBe(1200);
    expect(mtu.probeBytes).toBe(found);
    expect(mtu.onBlackHole()).toBe(false);
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

  test(`halves what is left to find, and ends with 16 bytes of it (seed ${SEED})`, () => {
    const sizes = fc.integer({ min: 1200, max: 1600 });
    fc.assert(
      fc.property(sizes, sizes, (ceiling, path) => {
        const mtu = new MtuSearch(ceiling);
        // What is known: every size to `low` arrives, none from `high` on does. A size fails three times.
        let [low, high] = [1200, ceiling + 1];
        const expected: number[] = [];
        for (
          let next = ceiling;
          next > low;
          next = high - 1 - low > 16 ? low + Math.ceil((high - 1 - low) / 2) : 0
        ) {
          if (next <= path) expected.push((low = next));
          else expected.push((high = next), next, next);
        }
        expect(search(mtu, path)).toEqual(expected);
        expect(mtu.mtuBytes).toBe(low);
      }),
      {
        seed: SEED,
        numRuns: 500,
        examples: [
          [1233, 1216],
          [1249, 1232],
          [1217, 1200],
          [1234, 1217],
        ],
      },
    );
  });

  test('nothing is probed before the start', () => {
    expect(new MtuSearch(1452).probeBytes).toBe(0);
  });

  test('a black hole brings the MTU back to 1200, never lower', () => {
    const mtu = new MtuSearch(1452);
    search(mtu, 1500);
    expect([mtu.onBlackHole(), mtu.mtuBytes]).toEqual([true, 1200]);
    expect([mtu.onBlackHole(), mtu.mtuBytes]).toEqual([false, 1200]);
    search(mtu, 1400);
    expect(mtu.mtuBytes).toBeGreaterThanOrEqual(1384);
  });

  test('what a search found holds for ten minutes, then a larger size is tried again', () => {
    const mtu = new MtuSearch(1452);
    search(mtu, 1300);
    const found = mtu.mtuBytes;
    expect(found).toBeLessThanOrEqual(1300);
    expect([mtu.isRaiseDue(1500, 1000), mtu.isRaiseDue(1500, 599 * SECOND)]).toEqual([false, false]);
    expect([mtu.isRaiseDue(1500, 601 * SECOND), mtu.probeBytes]).toEqual([true, 0]);
    mtu.raise(1500);
    expect(mtu.probeBytes).toBe(1452);
    search(mtu, 1500);
    expect([mtu.mtuBytes, mtu.isRaiseDue(1500, 5000 * SECOND)]).toEqual([1452, false]);
  });

  test('a black hole begins the ten minutes anew', () => {
    const mtu = new MtuSearch(1452);
    search(mtu, 1500);
    mtu.onBlackHole();
    search(mtu, 1200);
    expect([mtu.isRaiseDue(1500, 0), mtu.isRaiseDue(1500, 601 * SECOND)]).toEqual([false, true]);
    mtu.raise(1500);
    search(mtu, 1200);
    expect([mtu.isRaiseDue(1500, 602 * SECOND), mtu.isRaiseDue(1500, 1203 * SECOND)]).toEqual([false, true]);
  });

  test.each([
    [9000, 1500, 1500],
    [1452, 1452, 1452],
    [1452, 1300, 1300],
    [9000, 1200, 1200],
    [1500, 9000, 1500],
  ])(
    'of %i bytes that may leave, %i fit into the buffer of the host: %i are found',
    (ceiling, room, best) => {
      const mtu = new MtuSearch(ceiling);
      mtu.allow();
      mtu.start();
      mtu.fit(room);
      search(mtu, 65_527);
      expect([mtu.mtuBytes, mtu.isRaiseDue(room, 0), mtu.isRaiseDue(room, 5000 * SECOND)]).toEqual([
        best,
        false,
        false,
      ]);
    },
  );

  test('begins once it may and there is use for it', () => {
    const mtu = new MtuSearch(1452);
    mtu.start();
    expect([mtu.isWaiting, mtu.probeBytes]).toEqual([false, 0]);
    mtu.allow();
    expect([mtu.isWaiting, mtu.probeBytes]).toEqual([true, 0]);
    expect(mtu.isRaiseDue(1500, 601 * SECOND)).toBe(false);
    mtu.start();
    expect([mtu.isWaiting, mtu.probeBytes]).toEqual([false, 1452]);
    mtu.allow();
    expect(mtu.isWaiting).toBe(false);
  });

  test('an ACK of an old probe does no harm', () => {
    const mtu = new MtuSearch(1452);
    mtu.allow();
    mtu.start();
    mtu.onProbeSent();
    expect([mtu.onProbeAcked(1452), mtu.onProbeAcked(1300), mtu.mtuBytes]).toEqual([true, false, 1452]);
  });
});

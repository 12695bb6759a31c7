import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IntervalSet } from './interval-set.ts';

const SEED = 9000_132;
const LIMIT = 60;

const span = fc.tuple(fc.nat(LIMIT), fc.nat(12)).map(([start, length]) => ({ start, end: start + length }));
const step = fc.tuple(fc.constantFrom('add', 'remove', 'below', 'first'), span);

/** The integers of a set, and a check of its form: ascending, disjoint, not touching. */
function members(set: IntervalSet): number[] {
  const out: number[] = [];
  let previous = -1;
  for (let i = 0; i < set.count; i++) {
    expect(set.startAt(i)).toBeGreaterThan(previous);
    expect(set.endAt(i)).toBeGreaterThan(set.startAt(i));
    for (let n = set.startAt(i); n < set.endAt(i); n++) out.push(n);
    previous = set.endAt(i);
  }
  return out;
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}

describe('interval set', () => {
  test(`is a set of integers (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const set = new IntervalSet(1);
        const oracle = new Set<number>();
        for (const [kind, { start, end }] of steps) {
          const before = oracle.size;
          if (kind === 'add') {
            for (let n = start; n < end; n++) oracle.add(n);
            expect(set.add(start, end)).toBe(oracle.size - before);
          } else if (kind === 'remove') {
            for (let n = start; n < end; n++) oracle.delete(n);
            expect(set.remove(start, end)).toBe(before - oracle.size);
          } else if (kind === 'below') {
            for (const n of oracle) if (n < start) oracle.delete(n);
            set.removeBelow(start);
          } else {
            const end0 = set.count === 0 ? 0 : set.endAt(0);
            for (const n of oracle) if (n < end0) oracle.delete(n);
            set.dropFirst();
          }
          expect(members(set)).toEqual(ascending(oracle));
          expect(set.limit).toBe(oracle.size === 0 ? 0 : Math.max(...oracle) + 1);
          expect(set.contains(start)).toBe(oracle.has(start));
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test(`addExcept leaves out what another set has (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 8 }),
        fc.array(span, { maxLength: 8 }),
        span,
        (own, others, added) => {
          const set = new IntervalSet();
          const except = new IntervalSet();
          for (const { start, end } of own) set.add(start, end);
          for (const { start, end } of others) except.add(start, end);
          const expected = new Set(members(set));
          for (let n = added.start; n < added.end; n++) if (!except.contains(n)) expected.add(n);
          set.addExcept(added.start, added.end, except);
          expect(members(set)).toEqual(ascending(expected));
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('holds numbers up to 2^53', () => {
    const set = new IntervalSet();
    set.add(2 ** 53 - 10, 2 ** 53 - 5);
    set.add(2 ** 53 - 5, 2 ** 53 - 1);
    expect([set.count, set.startAt(0), set.endAt(0)]).toEqual([1, 2 ** 53 - 10, 2 ** 53 - 1]);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Connection } from '../connection/connection.ts';
import { Turn } from '../connection/turn.ts';
import { WakeOrder } from './wake-order.ts';

const SEED = 4711;
/** The order looks at identities and turns only. */
const createConnections = (count: number): Connection[] =>
  Array.from({ length: count }, (_, id) => ({ id, turn: new Turn() }) as unknown as Connection);

type Step =
  | { readonly kind: 'ready'; readonly who: number }
  | { readonly kind: 'sleep'; readonly who: number; readonly afterUs: number }
  | { readonly kind: 'remove'; readonly who: number }
  | { readonly kind: 'pass'; readonly afterUs: number }
  | { readonly kind: 'next' };

const who = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('ready' as const), who }),
  fc.record({
    kind: fc.constant('sleep' as const),
    who,
    afterUs: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity)),
  }),
  fc.record({ kind: fc.constant('remove' as const), who }),
  fc.record({ kind: fc.constant('pass' as const), afterUs: fc.nat(10) }),
  fc.record({ kind: fc.constant('next' as const) }),
);

/** The same by plain lists: who is ready, in order, and who sleeps until when. */
class Oracle {
  ready: number[] = [];
  sleeping = new Map<number, number>();
  gone = new Set<number>();

  wake(nowUs: number): number[] {
    const due = [...this.sleeping].filter(([, at]) => at <= nowUs).sort((a, b) => a[1] - b[1]);
    for (const [id] of due) {
      this.sleeping.delete(id);
      this.ready.push(id);
    }
    return this.ready;
  }

  nextUs(): number {
    return this.ready.length > 0 ? -Infinity : Math.min(Infinity, ...this.sleeping.values());
  }
}

describe('WakeOrder', () => {
  test(`agrees with plain lists on who is next and when (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const order = new WakeOrder();
        const connections = createConnections(6);
        const oracle = new Oracle();
        let nowUs = 0;
        for (const one of steps) {
          if (one.kind === 'pass') nowUs += one.afterUs;
          else if (one.kind === 'next') {
            const due = oracle.wake(nowUs);
            const next = order.next(nowUs);
            // Several that become due at the same time may come in any order.
            if (due.length === 0) expect(next).toBeUndefined();
            else {
              const at = due.indexOf(next!.id);
              expect(at).toBeGreaterThanOrEqual(0);
              due.splice(at, 1);
            }
          } else if (oracle.gone.has(one.who)) order.markReady(connections[one.who]!);
          else if (one.kind === 'ready') {
            order.markReady(connections[one.who]!);
            oracle.sleeping.delete(one.who);
            if (!oracle.ready.includes(one.who)) oracle.ready.push(one.who);
          } else if (one.kind === 'sleep') {
            order.sleep(connections[one.who]!, nowUs + one.afterUs);
            if (oracle.ready.includes(one.who)) continue;
            if (one.afterUs === Infinity) oracle.sleeping.delete(one.who);
            else oracle.sleeping.set(one.who, nowUs + one.afterUs);
          } else {
            order.remove(connections[one.who]!);
            oracle.gone.add(one.who);
            oracle.sleeping.delete(one.who);
            oracle.ready = oracle.ready.filter((id) => id !== one.who);
          }
          expect(order.nextUs()).toBe(oracle.nextUs());
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('serves in the order of arrival, however many', () => {
    const order = new WakeOrder();
    const many = createConnections(3000);
    for (const connection of many) order.markReady(connection);
    for (const connection of many) {
      expect(order.next(0)).toBe(connection);
      order.markReady(connection);
    }
    for (const connection of many) expect(order.next(0)).toBe(connection);
    expect(order.next(0)).toBeUndefined();
  });
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';

const SEED = 5;

test(`gives events in order, however they are pushed and pulled (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -700, max: 700 }), { maxLength: 30 }), (bursts) => {
      const queue = new EventQueue();
      const oracle: number[] = [];
      let next = 0;
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++) {
          queue.push({ type: 'wake', connection: next });
          oracle.push(next++);
        }
        for (let i = 0; i < -burst; i++) expect(queue.shift()?.connection).toBe(oracle.shift());
      }
      while (oracle.length > 0) expect(queue.shift()?.connection).toBe(oracle.shift());
      expect(queue.shift()).toBeUndefined();
    }),
    { seed: SEED, numRuns: 50 },
  );
});

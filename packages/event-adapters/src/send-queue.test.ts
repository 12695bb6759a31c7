import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SendQueue } from './send-queue.ts';

const TO = { ip: '192.0.2.1', port: 9 };

test('is a bounded queue of copies', () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 3000 }) }),
    fc.record({ drop: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const queue = new SendQueue();
      const model: Uint8Array[] = [];
      for (const action of steps) {
        if ('push' in action) {
          const bytes = action.push.slice();
          queue.push(bytes, 0, bytes.length, TO);
          if (model.length < 128) model.push(action.push);
          bytes.fill(0);
        } else {
          const count = Math.min(action.drop, model.length);
          queue.drop(count);
          model.splice(0, count);
        }
        expect(queue.length).toBe(model.length);
        expect(queue.hasRoom).toBe(model.length <= 64);
      }
      model.forEach((bytes, index) => expect(queue.at(index)?.bytes).toEqual(bytes));
      expect(queue.at(model.length)).toBeUndefined();
    }),
    { seed: 1, numRuns: 100 },
  );
});

test('keeps 128 datagrams and loses the next', () => {
  const queue = new SendQueue();
  for (let value = 0; value < 130; value++) queue.push(new Uint8Array([value]), 0, 1, TO);
  expect(queue.length).toBe(128);
  expect(queue.at(127)?.bytes).toEqual(new Uint8Array([127]));
});

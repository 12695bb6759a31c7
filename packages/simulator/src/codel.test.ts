import { describe, expect, test } from '@jest/globals';
import { CodelQueue } from './codel.ts';
import type { Datagram } from './datagram.ts';

const ADDRESS = { ip: '10.0.0.1', port: 1 };

function datagram(ecn: number): Datagram {
  return { bytes: new Uint8Array(1000), from: ADDRESS, to: ADDRESS, ecn, sentUs: 0 };
}

/** One datagram in and one out every millisecond, with a standing queue of `standing` datagrams: when it acts. */
function actionsUs(standing: number, ecn: number, forUs: number): number[] {
  const queue = new CodelQueue({}, Infinity, Infinity);
  for (let i = 0; i < standing; i++) queue.push(datagram(ecn), 0);
  const actions: number[] = [];
  for (let nowUs = 1000; nowUs <= forUs; nowUs += 1000) {
    queue.push(datagram(ecn), nowUs);
    const before = queue.dropped + queue.marked;
    queue.pop(nowUs);
    // A drop takes one more out: put it back, so that the queue stands still.
    for (let i = before; i < queue.dropped + queue.marked; i++) {
      actions.push(nowUs);
      if (ecn === 0) queue.push(datagram(ecn), nowUs);
    }
  }
  return actions;
}

describe('CoDel (RFC 8289)', () => {
  test('leaves a queue below the target alone', () => {
    expect(actionsUs(4, 0, 1_000_000)).toEqual([]);
  });

  test.each([
    ['drops', 0],
    ['marks what is ECN-capable', 2],
  ])('%s after an interval above the target, then ever faster by the square root', (_, ecn) => {
    // The delay reaches 5 ms at 5 ms; one interval later it acts; then every 100 ms / sqrt(n).
    const expected = [105, 205, 205 + 100 / Math.SQRT2, 205 + 100 / Math.SQRT2 + 100 / Math.sqrt(3)];
    const actions = actionsUs(20, ecn, 340_000);
    expect(actions).toEqual(expected.map((ms) => Math.ceil(ms) * 1000));
  });

  test('is bounded', () => {
    const queue = new CodelQueue({}, 1500, Infinity);
    queue.push(datagram(0), 0);
    queue.push(datagram(0), 0);
    expect([queue.bytes, queue.dropped]).toEqual([1028, 1]);
    queue.pop(1);
    expect(queue.bytes).toBe(0);
    expect(queue.pop(2)).toBeUndefined();
  });
});

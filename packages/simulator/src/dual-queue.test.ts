import { describe, expect, test } from '@jest/globals';
import { type Datagram, Ecn } from './datagram.ts';
import { DualQueue } from './dual-queue.ts';
import { createRandom } from './random.ts';

const ADDRESS = { ip: '10.0.0.1', port: 1 };

function datagram(ecn: number): Datagram {
  return { bytes: new Uint8Array(1000), from: ADDRESS, to: ADDRESS, ecn, sentUs: 0 };
}

function createDual(): DualQueue {
  return new DualQueue({}, 1e6, Infinity, createRandom(1));
}

describe('dual queue (RFC 9332)', () => {
  test('low latency overtakes, until the classic head has waited 50 ms longer', () => {
    const queue = createDual();
    queue.push(datagram(Ecn.Ect0), 0);
    queue.push(datagram(Ecn.Ect1), 49_000);
    expect(queue.pop(49_000)?.ecn).toBe(Ecn.Ect1);
    queue.push(datagram(Ecn.Ect1), 51_000);
    expect(queue.pop(51_000)?.ecn).toBe(Ecn.Ect0);
  });

  test('marks ECT(1) that waited more than a millisecond, and nothing that did not', () => {
    const queue = createDual();
    queue.push(datagram(Ecn.Ect1), 0);
    queue.push(datagram(Ecn.Ect1), 0);
    expect(queue.pop(1000)?.ecn).toBe(Ecn.Ect1);
    expect(queue.pop(1001)?.ecn).toBe(Ecn.Ce);
    expect(queue.marked).toBe(1);
  });

  test('a standing classic queue raises both: ECT(0) is marked and not-ECT dropped, less often than ECT(1) is marked', () => {
    const queue = createDual();
    const out = { lowMarked: 0, classicMarked: 0, notEct: 0 };
    for (let i = 0; i < 40; i++) queue.push(datagram(Ecn.Ect0), 0);
    for (let nowUs = 1000; nowUs < 5_000_000; nowUs += 1000) {
      const ecn = nowUs % 10_000 === 0 ? Ecn.NotEct : Ecn.Ect0;
      if (ecn === Ecn.NotEct) out.notEct++;
      while (queue.bytes < 40_000) queue.push(datagram(ecn), nowUs);
      if (queue.pop(nowUs)?.ecn === Ecn.Ce) out.classicMarked++;
      queue.push(datagram(Ecn.Ect1), nowUs);
      if (queue.pop(nowUs)?.ecn === Ecn.Ce) out.lowMarked++;
    }
    expect(out.classicMarked).toBeGreaterThan(0);
    expect(out.lowMarked).toBeGreaterThan(out.classicMarked);
    expect(queue.dropped).toBeGreaterThan(0);
    expect(queue.dropped).toBeLessThan(out.notEct);
  });
});

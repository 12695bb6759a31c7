import { expect, test } from '@jest/globals';
import { controllerByName } from '@tsquic/congestion';
import { RUN_OPTIONS } from '../../test/run-options.ts';
import { createConnectedPair, createPair } from '../pair.ts';
import { createTimeline } from '../timeline.ts';

const SEED = 9438;
const MS = 1000;
const SECOND = 1_000_000;
const { createCrypto } = RUN_OPTIONS;

test(`CUBIC alone at a queue of one round trip: reductions to 0.7, as often as its cubic says (seed ${SEED})`, () => {
  const pair = createPair({
    createCrypto,
    seed: SEED,
    link: { bytesPerSecond: 312_500, delayUs: 50 * MS, queueBytes: 31_250 },
    server: { congestion: controllerByName('cubic') },
    serverHost: { keepsBytes: false, respond: () => 2 ** 40 },
    clientHost: { keepsBytes: false },
  });
  const { windowBytes } = createTimelineOf(pair);
  pair.connect();
  pair.run(() => pair.client.has('connected'), SECOND);
  pair.client.sendPattern(1);
  pair.pass(5 * SECOND);
  const from = windowBytes.length;
  const before = pair.down.counters.deliveredBytes;
  pair.pass(40 * SECOND);
  const ratios: number[] = [];
  for (let i = from; i < windowBytes.length; i++) {
    const ratio = windowBytes[i]!.value / windowBytes[i - 1]!.value;
    if (ratio < 0.98) ratios.push(ratio);
  }
  // RFC 9438 §4.6: β is 0.7.
  for (const ratio of ratios) expect(Math.abs(ratio - 0.7)).toBeLessThan(0.02);
  // 62,500 bytes are 42 packets: K is the cube root of 42 × 0.3 / 0.4, 3.2 s (§4.2). To grow by 13 packets as Reno
  // would takes 24 round trips of 150 ms, 3.6 s (§4.3).
  expect(ratios.length).toBeGreaterThanOrEqual(9);
  expect(ratios.length).toBeLessThanOrEqual(15);
  // 0.7 of what path and queue hold is more than the path: it never runs dry.
  expect((pair.down.counters.deliveredBytes - before) / (40 * 312_500)).toBeGreaterThan(0.99);
});

test(`a lost packet is found when the third after it is acknowledged, not an eighth of a round trip later (seed ${SEED})`, () => {
  const sentUs = new Map<number, number>();
  const foundUs: number[] = [];
  const pair = createConnectedPair({
    createCrypto,
    seed: SEED,
    link: { bytesPerSecond: 1_250_000, delayUs: 100 * MS },
    up: { loss: { kind: 'list', indexes: [45] } },
    client: {
      tracer: {
        onPacketSent: (_id, _type, number, _bytes, _buffer, _from, _to, nowUs) =>
          void sentUs.set(number, nowUs),
        onPacketLost: (_id, _type, number, _bytes, _isProbe, _reordered, nowUs) =>
          void foundUs.push(nowUs - sentUs.get(number)!),
      },
    },
  });
  const { id } = pair.client.sendPattern(150_000, { unidirectional: true });
  expect(pair.run(() => pair.server.received(id).finished, 10 * SECOND)).toBe(true);
  expect(foundUs).toHaveLength(1);
  // RFC 9002 §6.1.1. The packets of the third round trip leave two or three milliseconds apart.
  expect(foundUs[0]).toBeGreaterThan(200 * MS);
  expect(foundUs[0]).toBeLessThan(215 * MS);
});

function createTimelineOf(pair: ReturnType<typeof createPair>): ReturnType<typeof createTimeline> {
  const timeline = createTimeline('server');
  pair.world.observe(timeline);
  return timeline;
}

import { describe, expect, test } from '@jest/globals';
import type { Datagram } from './datagram.ts';
import { ECN_ALL_CE, ECN_BLEACH, ECN_SWAP, Link, type LinkOptions } from './link.ts';
import { createRandom } from './random.ts';

const FROM = { ip: '10.0.0.1', port: 1 };
const TO = { ip: '10.0.0.2', port: 2 };

function datagram(length: number, ecn = 0, sentUs = 0): Datagram {
  return { bytes: new Uint8Array(length), from: FROM, to: TO, ecn, sentUs };
}

/** Send `lengths` at `sentUs`; what arrives, and when. */
function arrivals(
  options: Partial<LinkOptions>,
  sent: readonly (readonly [number, number, number?])[],
  seed = 1,
) {
  const link = new Link('link', options, createRandom(seed));
  const out: { atUs: number; datagram: Datagram }[] = [];
  const drain = (untilUs: number): void => {
    for (let next = link.nextUs(); next <= untilUs; next = link.nextUs()) {
      for (let d = link.pop(next); d !== undefined; d = link.pop(next)) out.push({ atUs: next, datagram: d });
    }
  };
  for (const [atUs, length, ecn] of sent) {
    drain(atUs);
    link.push(datagram(length, ecn, atUs), atUs);
  }
  drain(1e12);
  return { link, out, times: out.map(({ atUs }) => atUs) };
}

/** With the 28 bytes of its IP and UDP headers it has 1000. */
const THOUSAND = 972;

describe('link', () => {
  test('delay alone', () => {
    expect(
      arrivals({ delayUs: 25_000 }, [
        [0, 10],
        [7, 10],
      ]).times,
    ).toEqual([25_000, 25_007]);
  });

  test('the bottleneck sends one after the other, and rests when it has nothing', () => {
    const sent = [
      [0, THOUSAND],
      [0, 472],
      [10_000, THOUSAND],
    ] as const;
    expect(arrivals({ delayUs: 100, bytesPerSecond: 1_000_000 }, sent).times).toEqual([1100, 1600, 11_100]);
  });

  test('times are exact on average where a datagram takes a fraction of a microsecond', () => {
    const sent = Array.from({ length: 1000 }, () => [0, THOUSAND] as const);
    const { times } = arrivals({ delayUs: 0, bytesPerSecond: 3e9, queueBytes: 1e9 }, sent);
    expect(times.at(-1)).toBe(334);
  });

  test('what does not fit the queue is dropped at the tail', () => {
    const sent = [
      [0, THOUSAND],
      [0, THOUSAND],
      [0, THOUSAND],
      [0, 472],
    ] as const;
    const { times, link } = arrivals({ delayUs: 0, bytesPerSecond: 1_000_000, queueBytes: 1500 }, sent);
    expect(times).toEqual([1000, 2000, 2500]);
    expect(link.queue.dropped).toBe(1);
    expect(link.dropped).toBe(1);
  });

  test('a queue may be counted in datagrams', () => {
    const sent = Array.from({ length: 30 }, () => [0, THOUSAND] as const);
    const options = { delayUs: 0, bytesPerSecond: 1_250_000, queueDatagrams: 25, queueBytes: Infinity };
    expect(arrivals(options, sent).times).toHaveLength(26);
  });

  test('the rate may pause and change', () => {
    const bytesPerSecond = {
      steps: [
        { atUs: 0, bytesPerSecond: 1_000_000 },
        { atUs: 1500, bytesPerSecond: 0 },
        { atUs: 5000, bytesPerSecond: 2_000_000 },
      ],
    };
    expect(
      arrivals({ delayUs: 0, bytesPerSecond }, [
        [0, THOUSAND],
        [0, THOUSAND],
      ]).times,
    ).toEqual([1000, 5250]);
  });

  test.each([
    ['10.0.0.2', 100],
    ['2001:db8::2', 120],
  ])('headers of UDP and IP take their time and their room (%s)', (ip, bytes) => {
    const link = new Link('link', { delayUs: 0, bytesPerSecond: 1e6, queueBytes: bytes }, createRandom(1));
    for (let i = 0; i < 3; i++) link.push({ ...datagram(72), to: { ip, port: 1 } }, 0);
    expect(link.queue.bytes).toBe(bytes);
    expect(link.dropped).toBe(1);
    expect(link.nextUs()).toBe(bytes);
    link.pop(1000);
    expect(link.counters.deliveredBytes).toBe(bytes);
  });

  test('a delay that changes, and what left before is not overtaken', () => {
    const delayUs = {
      steps: [
        { atUs: 0, delayUs: 1000 },
        { atUs: 500, delayUs: 100 },
      ],
      periodUs: 10_000,
    };
    const sent = [0, 499, 500, 2000, 10_000].map((atUs) => [atUs, 10] as const);
    expect(arrivals({ delayUs }, sent).times).toEqual([1000, 1499, 1499, 2100, 11_000]);
    expect(arrivals({ delayUs, overtaking: true }, sent).times).toEqual([600, 1000, 1499, 2100, 11_000]);
  });

  test('a policer drops what exceeds its rate, and lets nothing wait', () => {
    const policer = { bytesPerSecond: 1_000_000, burstBytes: 3000 };
    const sent = [0, 0, 0, 0, 500, 1000, 1000, 100_000].map((atUs) => [atUs, THOUSAND] as const);
    const { times, link } = arrivals({ delayUs: 10, policer }, sent);
    expect(times).toEqual([10, 10, 10, 1010, 100_010]);
    expect(link.dropped).toBe(3);
  });

  test('datagrams that are held together stay together', () => {
    const sent = Array.from({ length: 2000 }, (_, i) => [i * 10, 10] as const);
    const options = { delayUs: 0, reordering: 0.01, reorderUs: 5000, reorderRun: 10 };
    const { out } = arrivals(options, sent);
    const late = out.filter(({ atUs, datagram: { sentUs } }) => atUs - sentUs >= 5000);
    expect(late.length).toBeGreaterThan(100);
    expect(late.length % 10).toBe(0);
    for (let i = 0; i < late.length; i++)
      if (i % 10 > 0) expect(late[i]!.datagram.sentUs - late[i - 1]!.datagram.sentUs).toBe(10);
  });

  test('losses of some spans only', () => {
    const options = {
      delayUs: 0,
      loss: { kind: 'random', rate: 1 },
      lossDuring: [{ fromUs: 5, untilUs: 8 }],
    } as const;
    const sent = Array.from({ length: 10 }, (_, i) => [i, 10] as const);
    expect(arrivals(options, sent).times).toEqual([0, 1, 2, 3, 4, 8, 9]);
  });

  test('too long for the path, a blackhole, an unreachable span', () => {
    const spans = [{ fromUs: 100, untilUs: 200 }];
    expect(
      arrivals({ delayUs: 0, mtuBytes: 1200 }, [
        [0, 1201],
        [1, 1200],
      ]).times,
    ).toEqual([1]);
    const { times, link } = arrivals({ delayUs: 0, blackholes: spans }, [
      [99, 1],
      [100, 1],
      [199, 1],
      [200, 1],
    ]);
    expect(times).toEqual([99, 200]);
    expect(link.counters).toMatchObject({ entered: 4, lost: 2, delivered: 2 });
    const closed = arrivals({ delayUs: 0, unreachable: spans }, [[150, 1]]).link;
    expect(closed.counters.lost).toBe(1);
    expect([closed.isUnreachable(99), closed.isUnreachable(150)]).toEqual([false, true]);
  });

  test('loss by list counts what enters', () => {
    expect(
      arrivals({ delayUs: 0, loss: { kind: 'list', indexes: [1] } }, [
        [0, 1],
        [1, 1],
        [2, 1],
      ]).times,
    ).toEqual([0, 2]);
  });

  test('a corrupted datagram arrives, with exactly one byte changed, in a copy', () => {
    const { out, link } = arrivals({ corruption: 1 }, [[0, 50]]);
    expect(out[0]!.datagram.bytes.filter((byte) => byte !== 0)).toHaveLength(1);
    expect(link.counters.corrupted).toBe(1);
  });

  test('corruption of the first bytes passes over every fourth datagram, and over Version Negotiation packets', () => {
    const corruption = { rate: 1, longestRun: 3, firstBytes: 4, sparesNegotiation: true };
    const link = new Link('corrupting', { corruption, delayUs: 0 }, createRandom(1));
    // A long header with version 0 is a Version Negotiation packet, one with version 1 is not, nor is a short header.
    const kinds = [
      [0x80, 0, 0, 0, 0],
      [0x80, 0, 0, 0, 1],
      [0x40, 0, 0, 0, 0],
    ].map((start) => [...start, ...Array.from({ length: 45 }, () => 0)]);
    const order = [1, 0, 1, 2, 1, 2, 1, 2];
    for (const kind of order) link.push({ ...datagram(0), bytes: Uint8Array.from(kinds[kind]!) }, 0);
    const changedAt = order.map((kind) =>
      [...link.pop(0)!.bytes].flatMap((byte, at) => (byte === kinds[kind]![at] ? [] : [at])),
    );
    expect(changedAt.map((places) => places.length)).toEqual([1, 0, 1, 1, 1, 0, 1, 1]);
    expect(Math.max(...changedAt.flat())).toBeLessThan(4);
    expect(link.counters.corrupted).toBe(6);
  });

  test('a duplicated datagram arrives twice', () => {
    expect(arrivals({ duplication: 1, delayUs: 5, bytesPerSecond: 1e6 }, [[0, 12]]).times).toEqual([45, 85]);
  });

  test('jitter delays within its bound and keeps the order', () => {
    const sent = Array.from({ length: 200 }, (_, i) => [i * 100, i + 1] as const);
    const { out } = arrivals({ delayUs: 1000, jitter: { kind: 'uniform', upToUs: 5000 } }, sent);
    expect(out.map(({ datagram }) => datagram.bytes.length)).toEqual(sent.map(([, length]) => length));
    const extra = out.map(({ atUs, datagram }) => atUs - datagram.sentUs - 1000);
    expect(Math.min(...extra)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...extra)).toBeLessThanOrEqual(5000);
    expect(Math.max(...extra)).toBeGreaterThan(2000);
  });

  test('jitter reorders where datagrams may overtake', () => {
    const sent = Array.from({ length: 200 }, (_, i) => [i * 100, i + 1] as const);
    const jitter = { kind: 'uniform', upToUs: 5000 } as const;
    const { out } = arrivals({ delayUs: 1000, jitter, overtaking: true }, sent);
    const lengths = out.map(({ datagram }) => datagram.bytes.length);
    expect(lengths).not.toEqual(sent.map(([, length]) => length));
    expect([...lengths].sort((a, b) => a - b)).toEqual(sent.map(([, length]) => length));
    const extra = out.map(({ atUs, datagram }) => atUs - datagram.sentUs - 1000);
    expect(Math.min(...extra)).toBeLessThan(100);
    expect(Math.max(...extra)).toBeLessThanOrEqual(5000);
  });

  test('reordering holds some back for exactly as long as told', () => {
    const sent = Array.from({ length: 100 }, (_, i) => [i * 10, i + 1] as const);
    const { out } = arrivals({ delayUs: 100, reordering: 0.2, reorderUs: 55 }, sent);
    const delays = out.map(({ atUs, datagram }) => atUs - datagram.sentUs);
    expect(new Set(delays)).toEqual(new Set([100, 155]));
    const lengths = out.map(({ datagram }) => datagram.bytes.length);
    expect(lengths).not.toEqual([...lengths].sort((a, b) => a - b));
  });

  test.each([
    ['unchanged', undefined, [0, 1, 2, 3]],
    ['bleached', ECN_BLEACH, [0, 0, 0, 0]],
    ['swapped', ECN_SWAP, [0, 2, 1, 3]],
    ['all congested', ECN_ALL_CE, [0, 3, 3, 3]],
  ] as const)('ECN codepoints %s', (_, ecnRewrite, expected) => {
    const sent = [0, 1, 2, 3].map((ecn) => [ecn, 1, ecn] as const);
    const { out } = arrivals(ecnRewrite === undefined ? {} : { ecnRewrite }, sent);
    expect(out.map(({ datagram }) => datagram.ecn)).toEqual(expected);
  });

  test('random marking leaves what is not ECN-capable alone', () => {
    const { out } = arrivals({ ceMarking: 1 }, [
      [0, 1, 0],
      [1, 1, 2],
    ]);
    expect(out.map(({ datagram }) => datagram.ecn)).toEqual([0, 3]);
  });

  test('the same seed gives the same fate, another seed another one', () => {
    const options = {
      loss: { kind: 'random', rate: 0.3 },
      jitter: { kind: 'normal', meanUs: 500, deviationUs: 200 },
    } as const;
    const sent = Array.from({ length: 100 }, (_, i) => [i * 10, 10] as const);
    expect(arrivals(options, sent, 4).times).toEqual(arrivals(options, sent, 4).times);
    expect(arrivals(options, sent, 4).times).not.toEqual(arrivals(options, sent, 5).times);
  });

  test('switching one impairment on does not shift another', () => {
    const loss = { kind: 'random', rate: 0.3 } as const;
    const sent = Array.from({ length: 100 }, (_, i) => [i * 10, i + 1] as const);
    const plain = arrivals({ loss }, sent).out.map(({ datagram }) => datagram.bytes.length);
    const marked = arrivals({ loss, corruption: 0.5, jitter: { kind: 'uniform', upToUs: 9 } }, sent).out;
    expect(marked.map(({ datagram }) => datagram.bytes.length)).toEqual(plain);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Datagram } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import type { TransportOptions } from '../src/config/transport-options.ts';
import { createClient } from './support/contexts.ts';

const SECOND = 1_000_000;
const RTT_US = 60_000;
const SPIN_BIT = 0x20;

interface Sight {
  readonly atUs: number;
  readonly bit: number;
}

/** What an observer sees on the way of each direction, while data flows both ways. */
function watch(
  client: TransportOptions,
  server: TransportOptions,
  seed: number,
): { fromClient: Sight[]; fromServer: Sight[] } {
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    link: { delayUs: RTT_US / 2 },
    client: { transport: client },
    server: { transport: server },
  });
  const seen = { fromClient: [] as Sight[], fromServer: [] as Sight[] };
  pair.world.observe({
    onDeliver(link, { bytes }: Datagram, nowUs) {
      const first = bytes[0]!;
      if ((first & 0x80) !== 0) return;
      const sights = link === pair.up ? seen.fromClient : seen.fromServer;
      sights.push({ atUs: nowUs, bit: first & SPIN_BIT });
    },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('confirmed'), 5 * SECOND)).toBe(true);
  const stream = pair.client.connections[0]!.openStream()!;
  pair.run(() => false, SECOND);
  seen.fromClient.length = seen.fromServer.length = 0;
  // A little at a time: both sides have something to say several times in every round trip.
  for (let i = 0; i < 400; i++) {
    stream.write(new Uint8Array(500));
    pair.run(() => false, 4000);
  }
  return seen;
}

/** Microseconds from one edge to the next, in the middle of what was seen. */
function periods(sights: readonly Sight[]): number[] {
  const edges = sights.filter(({ bit }, i) => i > 0 && bit !== sights[i - 1]!.bit);
  return edges.slice(1).map(({ atUs }, i) => atUs - edges[i]!.atUs);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe('the spin bit, to an observer', () => {
  // Seeds whose paths are not among the one in 16 that is silent.
  test.each([2, 4, 5])('shows the round trip in both directions, seed %d', (seed) => {
    const { fromClient, fromServer } = watch({}, {}, seed);
    for (const sights of [fromClient, fromServer]) {
      expect(periods(sights).length).toBeGreaterThan(5);
      expect(median(periods(sights))).toBeGreaterThanOrEqual(RTT_US);
      expect(median(periods(sights))).toBeLessThan(2 * RTT_US);
    }
  });

  test.each([
    ['the client', { spinBit: 'off' }, {}],
    ['the server', {}, { spinBit: 'off' }],
  ] as const)('is still when %s has it off', (_name, client, server) => {
    covers('rfc9000-17.4-2', 'rfc9000-17.4-3');
    const { fromClient, fromServer } = watch(client, server, 1);
    const off = 'spinBit' in client ? fromClient : fromServer;
    expect(off.length).toBeGreaterThan(20);
    expect(off.every(({ bit }) => bit === 0)).toBe(true);
  });

  test('says nothing when it is random', () => {
    covers('rfc9000-17.4-6');
    const { fromClient } = watch({ spinBit: 'random' }, {}, 1);
    const ones = fromClient.filter(({ bit }) => bit !== 0).length;
    expect(ones / fromClient.length).toBeGreaterThan(0.3);
    expect(ones / fromClient.length).toBeLessThan(0.7);
    expect(periods(fromClient).length).toBeGreaterThan(fromClient.length / 4);
  });
});

test.each(['spin', true, 0])('spinBit %j is no option', (spinBit) => {
  expect(() => createClient({ transport: { spinBit: spinBit as 'on' } })).toThrow(
    expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
  );
});

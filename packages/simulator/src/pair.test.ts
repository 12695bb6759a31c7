import { describe, expect, test } from '@jest/globals';
import type { CryptoProvider } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type PairOptions } from './pair.ts';
import { createCapture } from './pcap.ts';
import { createRandom, randomBytes } from './random.ts';

const node: PairOptions['createCrypto'] = (random): CryptoProvider => createNodeProvider({ random });
const noble: PairOptions['createCrypto'] = (random): CryptoProvider => createNobleProvider({ random });

/** Everything the client sends and receives in a lossy transfer. */
function capture(createCrypto: PairOptions['createCrypto'], seed: number): Uint8Array {
  const pair = createConnectedPair({ createCrypto, seed, link: { loss: { kind: 'random', rate: 0.02 } } });
  const recorded = createCapture('client', 0);
  pair.world.observe(recorded);
  const bytes = randomBytes(100_000, createRandom(seed));
  const transfer = pair.client.send(bytes);
  expect(pair.run(() => pair.server.received(transfer.id).finished, 60_000_000)).toBe(true);
  expect(pair.server.received(transfer.id).bytes()).toEqual(bytes);
  return recorded.file();
}

describe('pair', () => {
  test('the same seed gives the same bytes, with any crypto provider', () => {
    const first = capture(node, 5);
    expect(Buffer.compare(capture(node, 5), first)).toBe(0);
    expect(Buffer.compare(capture(noble, 5), first)).toBe(0);
    expect(Buffer.compare(capture(node, 6), first)).not.toBe(0);
  });

  test('peers keep events, answer requests and count what they do not keep', () => {
    const pair = createConnectedPair({
      createCrypto: node,
      clientHost: { keepsBytes: false },
      serverHost: { respond: (request) => request.length * 1000 },
    });
    const { id } = pair.client.sendPattern(30);
    expect(pair.run(() => pair.client.received(id).finished, 10_000_000)).toBe(true);
    expect(pair.client.received(id)).toMatchObject({ length: 30_000, isPattern: true, finished: true });
    expect(pair.client.received(id).bytes()).toEqual(new Uint8Array(0));
    expect(pair.server.received(id)).toMatchObject({ length: 30, isPattern: true });
    expect(pair.server.events[0]?.type).toBe('accepted');
    expect(pair.client.eventsOf('connected')[0]?.alpn).toBe('test');
  });
});

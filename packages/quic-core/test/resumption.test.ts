import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Pair } from '@tsquic/simulator';

const SECOND = 1_000_000;

function connectedPair(seed: number): Pair {
  const pair = createPair({ createCrypto: (random) => createNodeProvider({ random }), seed });
  pair.connect();
  expect(pair.run(() => pair.client.has('ticket'), 5 * SECOND)).toBe(true);
  return pair;
}

describe('session tickets', () => {
  test('a ticket kept from one connection resumes in the next, without a certificate', () => {
    const pair = connectedPair(1);
    const { ticket } = pair.client.eventsOf('ticket')[0]!;
    const again = pair.connect({ session: ticket });

    expect(pair.run(() => again.statistics().state === 'confirmed', 5 * SECOND)).toBe(true);

    expect(pair.client.eventsOf('connected').map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(pair.server.eventsOf('connected').map(({ resumed }) => resumed)).toEqual([false, true]);
  });

  test('a ticket of another server ends in a full handshake', () => {
    const pair = connectedPair(2);
    const other = connectedPair(3);
    const { ticket } = other.client.eventsOf('ticket')[0]!;
    const again = pair.connect({ session: ticket });

    expect(pair.run(() => again.statistics().state === 'confirmed', 5 * SECOND)).toBe(true);

    expect(pair.client.eventsOf('connected').map(({ resumed }) => resumed)).toEqual([false, false]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair } from '@tsquic/simulator';

const MS = 1000;
const SECOND = 1_000_000;
/** A message that fits one datagram of the old size and none of the new. */
const MESSAGE = 1350;

/** A connection that has found its MTU, on a path that then takes only 1300 bytes. */
function narrowed(): Pair {
  const link = { delayUs: 25 * MS, mtuBytes: 1500 };
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 8,
    link,
  });
  pair.pass(SECOND);
  expect(pair.server.connection.statistics().mtuBytes).toBeGreaterThan(1400);
  for (const { options } of [pair.up, pair.down]) Object.assign(options, { mtuBytes: 1300 });
  return pair;
}

describe('a path whose MTU falls', () => {
  test('all that is sent is large: three timeouts tell', () => {
    const pair = narrowed();
    const { id } = pair.client.sendPattern(20_000);
    expect(pair.run(() => pair.server.received(id).finished, 2 * SECOND)).toBe(true);
    pair.pass(SECOND);
    expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1300);
  });

  test.each([50, 200])(
    'small messages every %i ms get through: the loss of large ones alone tells',
    (everyMs) => {
      const pair = narrowed();
      const { id } = pair.client.sendPattern(MESSAGE);
      let isThere = false;
      for (let waitedMs = 0; waitedMs < 3000 && !isThere; waitedMs += everyMs) {
        pair.client.trySendPattern(50, { unidirectional: true });
        isThere = pair.run(() => pair.server.received(id).finished, everyMs * MS);
      }
      expect(isThere).toBe(true);
      pair.pass(SECOND);
      expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1300);
    },
  );
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair, type PairOptions } from '@tsquic/simulator';

const SECOND = 1_000_000;

/** A client and a server, 10 ms apart, whose server does not read. */
function pairWithPause(seed: number, options: Partial<PairOptions> = {}): Pair {
  return createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    link: { delayUs: 10_000 },
    serverHost: { reads: () => false },
    ...options,
  });
}

describe('a sender that waits for credit', () => {
  test('acknowledges no more often than one that does not', () => {
    const sent = [false, true].map((blocked) => {
      const pair = pairWithPause(1, {
        link: { delayUs: 10_000, bytesPerSecond: 5_000_000 },
        server: { transport: { connectionWindowBytes: 10_000 } },
      });
      if (blocked) pair.client.sendPattern(100_000);
      pair.pass(SECOND);
      const before = pair.client.connection.statistics();
      pair.server.sendPattern(1_000_000);
      pair.pass(5 * SECOND);
      const after = pair.client.connection.statistics();
      expect(after.bytesReceived - before.bytesReceived).toBeGreaterThan(1_000_000);
      return after.packetsSent - before.packetsSent;
    });
    expect(sent[1]! / sent[0]!).toBeLessThan(1.05);
  });
});

import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair, type PairOptions } from '@tsquic/simulator';

/** 10 Mbit/s and 10 ms each way, as in picoquic's cases. */
export const LINK = { bytesPerSecond: 1_250_000, delayUs: 10_000 };

const OFFERS = { transport: { maxPaths: 2 } };

/** A confirmed connection between hosts that two links join, where both sides offer a second path. */
export function multipathPair(options: Partial<PairOptions> = {}): Pair {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 7,
    link: LINK,
    secondPath: {},
    client: OFFERS,
    server: OFFERS,
    serverHost: { keepsBytes: false },
    clientHost: { keepsBytes: false },
    ...options,
  });
  pair.run(() => pair.client.has('confirmed'), 5_000_000);
  return pair;
}

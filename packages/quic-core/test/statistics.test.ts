import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { CLIENT_ADDRESS, createConnectedPair, type Pair, SERVER_ADDRESS } from '@tsquic/simulator';

const SECOND = 1_000_000;
const MOVED_PORT = 6001;

/** A transfer of 200 kB from a client whose NAT gives it another port on the way. */
function transferWithRebinding(): Pair {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    link: { delayUs: 20_000, bytesPerSecond: 250_000 },
    clientHost: {
      nat: {
        bindings: [
          { atUs: 0, address: CLIENT_ADDRESS },
          { atUs: SECOND / 2, address: { ...CLIENT_ADDRESS, port: MOVED_PORT } },
        ],
        keepsOld: true,
      },
    },
  });
  const { id } = pair.client.sendPattern(200_000);
  expect(pair.run(() => pair.server.received(id).finished, 10 * SECOND)).toBe(true);
  pair.pass(SECOND);
  return pair;
}

describe('statistics of paths', () => {
  test('the one in use comes first and agrees with the statistics of the connection', () => {
    const { client } = transferWithRebinding();
    const connection = client.connection.statistics();
    const paths = client.connection.pathStatistics();
    expect(paths).toHaveLength(1);
    expect(paths[0]).toMatchObject({
      remote: SERVER_ADDRESS,
      active: true,
      validated: true,
      congestion: 'cubic',
      ecn: 'capable',
      smoothedRttUs: connection.smoothedRttUs,
      minRttUs: connection.minRttUs,
      congestionWindowBytes: connection.congestionWindowBytes,
      bytesInFlight: 0,
      mtuBytes: connection.mtuBytes,
    });
    expect(paths[0]!.minRttUs).toBeGreaterThanOrEqual(40_000);
    expect(paths[0]!.bytesDelivered).toBeGreaterThan(200_000);
    expect(paths[0]!.bytesDelivered + paths[0]!.bytesLost).toBeLessThanOrEqual(connection.bytesSent);
  });

  test('a server knows where its client was and where it is', () => {
    const { server } = transferWithRebinding();
    const paths = server.connection.pathStatistics();
    expect(paths.map(({ active, remote }) => [active, remote.port])).toEqual([
      [true, MOVED_PORT],
      [false, CLIENT_ADDRESS.port],
    ]);
    expect(paths.every(({ validated }) => validated)).toBe(true);
  });
});

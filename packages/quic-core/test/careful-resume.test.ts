import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type LinkOptions, type Pair } from '@tsquic/simulator';
import type { ConnectionOptions } from '../src/config/config.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { QuicUsageError } from '../src/errors/usage-error.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createQuicContext } from '../src/context/context.ts';

const SECOND = 1_000_000;
const LENGTH = 1_000_000;
/** When the path of the tests that have a change of it changes. */
const CHANGE_US = 20 * SECOND;

/** A server that answers every request with a megabyte, over a long path: a window of 500 kB fills it. */
function longPath(down: Partial<LinkOptions> = {}): Pair {
  return createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 5,
    link: { delayUs: 100_000, bytesPerSecond: 2_500_000, queueBytes: 250_000 },
    down,
    serverHost: { respond: () => LENGTH },
  });
}

/** Ask for the megabyte on a new connection; the time it took, handshake included. */
function download(
  pair: Pair,
  options: Partial<ConnectionOptions> = {},
): { connection: QuicConnection; tookUs: number } {
  const startUs = pair.world.nowUs;
  const connection = pair.connect(options);
  expect(pair.run(() => connection.statistics().state === 'confirmed', 5 * SECOND)).toBe(true);
  const stream = connection.openStream()!;
  stream.write(Uint8Array.of(1), true);
  expect(pair.run(() => pair.client.received(stream.id, connection).finished, 60 * SECOND)).toBe(true);
  const tookUs = pair.world.nowUs - startUs;
  // What the server learned last is on its way.
  pair.pass(SECOND);
  return { connection, tookUs };
}

function newestToken(pair: Pair): Uint8Array {
  return pair.client.eventsOf('token').at(-1)!.token;
}

describe('a server that remembers the path, in its token', () => {
  test('starts faster the next time, and loses nothing by it', () => {
    const pair = longPath();
    const first = download(pair);
    const second = download(pair, { token: newestToken(pair) });
    // More than a round trip, though long paths start fast without a memory too.
    expect(second.tookUs).toBeLessThan(first.tookUs - 1.5 * 200_000);
    expect(pair.server.connections[1]!.statistics().packetsLost).toBe(0);
  });

  test('tells so a handful of times, not with every acknowledgement', () => {
    const pair = longPath();
    download(pair);
    expect(pair.client.eventsOf('token').length).toBeGreaterThanOrEqual(2);
    expect(pair.client.eventsOf('token').length).toBeLessThanOrEqual(6);
  });

  test('believes a token once', () => {
    const pair = longPath();
    const first = download(pair);
    const token = newestToken(pair);
    download(pair, { token });
    expect(download(pair, { token }).tookUs).toBeGreaterThan(first.tookUs - 1.5 * 200_000);
  });

  test('retreats where the path has become narrow, and is no slower for it than without memory', () => {
    const steps = [
      { atUs: 0, bytesPerSecond: 2_500_000 },
      { atUs: CHANGE_US, bytesPerSecond: 125_000 },
    ];
    const narrow = { bytesPerSecond: { steps } };
    const forgetful = longPath(narrow);
    const careful = longPath(narrow);
    for (const pair of [forgetful, careful]) {
      download(pair);
      pair.pass(CHANGE_US - pair.world.nowUs);
    }
    const without = download(forgetful).tookUs;
    const within = download(careful, { token: newestToken(careful) }).tookUs;
    expect(within).toBeLessThan(without * 1.25);
  });
});

describe('a client that remembers the path', () => {
  test('uploads faster the next time', () => {
    const upload = (options: Partial<ConnectionOptions>): { connection: QuicConnection; tookUs: number } => {
      const pair = longPath();
      const connection = pair.connect(options);
      expect(pair.run(() => connection.statistics().state === 'confirmed', 5 * SECOND)).toBe(true);
      const { id } = pair.client.sendPattern(LENGTH);
      expect(pair.run(() => pair.server.received(id).finished, 60 * SECOND)).toBe(true);
      return { connection, tookUs: pair.world.nowUs };
    };
    const first = upload({});
    const { rememberedPath } = first.connection;
    expect(rememberedPath!.rttUs).toBeGreaterThanOrEqual(200_000);
    expect(rememberedPath!.rttUs).toBeLessThan(220_000);
    expect(upload({ rememberedPath: rememberedPath! }).tookUs).toBeLessThan(first.tookUs - 1.5 * 200_000);
  });

  test.each([
    ['a window of nothing', { rttUs: 1000, windowBytes: 0 }],
    ['an endless window', { rttUs: 1000, windowBytes: Infinity }],
    ['no number', { rttUs: NaN, windowBytes: 100_000 }],
    ['a negative time', { rttUs: -1, windowBytes: 100_000 }],
  ])('%s is refused', (_, rememberedPath) => {
    const client = createQuicContext({
      crypto: seededCrypto(1),
      alpn: ['test'],
      dangerouslySkipCertificateCheck: true,
    });
    expect(() => client.createConnection({ to: { ip: '192.0.2.1', port: 443 }, rememberedPath }, 0)).toThrow(
      QuicUsageError,
    );
  });
});

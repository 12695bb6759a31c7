import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { QuicContextOptions, TransportOptions } from '@tsquic/quic-core';
import { createConnectedPair, type Pair } from '@tsquic/simulator';

const MS = 1000;
const SECOND = 1_000_000;
/** A message that fits one datagram of the old size and none of the new. */
const MESSAGE = 1350;

/** A connection that has found its MTU, on a path that then takes only 1300 bytes. */
function narrowed(options: Partial<QuicContextOptions> = {}): Pair {
  const link = { delayUs: 25 * MS, mtuBytes: 1500 };
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 8,
    link,
    client: options,
    server: options,
  });
  for (const peer of [pair.client, pair.server]) peer.sendPattern(5000, { unidirectional: true });
  pair.pass(SECOND);
  expect(pair.server.connection.statistics().mtuBytes).toBeGreaterThan(1400);
  for (const { options } of [pair.up, pair.down]) Object.assign(options, { mtuBytes: 1300 });
  return pair;
}

/** One small message a minute, for this long. */
function talk(pair: Pair, minutes: number): void {
  for (let i = 0; i < minutes; i++) {
    pair.client.trySendPattern(100, { unidirectional: true });
    pair.pass(60 * SECOND);
  }
}

const PATIENT = { transport: { idleTimeoutMs: 0 } };

/** A pair on a path that carries 1300 bytes at first, and then `mtuBytes`. */
function widened(mtuBytes: number, transport: TransportOptions = {}, sendBufferBytes = 1500): Pair {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 9,
    link: { delayUs: 25 * MS, mtuBytes: 1300 },
    client: { transport: { idleTimeoutMs: 0, ...transport } },
    server: PATIENT,
    clientHost: { sendBufferBytes },
  });
  pair.client.sendPattern(50_000);
  pair.pass(10 * SECOND);
  expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1300);
  for (const { options } of [pair.up, pair.down]) Object.assign(options, { mtuBytes });
  return pair;
}

describe('a path whose MTU grows', () => {
  test('is found to carry more within ten minutes of use', () => {
    const pair = widened(1500);
    talk(pair, 9);
    expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1300);
    talk(pair, 4);
    expect(pair.client.connection.statistics().mtuBytes).toBe(1452);
  });

  test('after a black hole it grows again', () => {
    const pair = narrowed(PATIENT);
    const { id } = pair.client.sendPattern(20_000);
    pair.run(() => pair.server.received(id).finished, 5 * SECOND);
    talk(pair, 1);
    expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1300);
    for (const { options } of [pair.up, pair.down]) Object.assign(options, { mtuBytes: 1500 });
    talk(pair, 13);
    expect(pair.client.connection.statistics().mtuBytes).toBe(1452);
  });

  test('a connection at rest does not wake up for it', () => {
    const pair = widened(1500);
    const before = pair.client.connection.statistics();
    pair.pass(7200 * SECOND);
    expect(pair.client.connection.statistics()).toEqual(before);
    expect(pair.client.context.nextWakeTime()).toBe(Infinity);
  });
});

describe('a ceiling', () => {
  test.each([
    ['above the buffer of the host', 9000, 1500, 65_527, 1500],
    ['far above it, with a large buffer', 65_527, 9000, 65_527, 9000],
    ['above what the host takes', 9000, 1280, 65_527, 1280],
  ])('%s: what fits is used', (_name, maxUdpPayloadBytes, sendBufferBytes, mtuBytes, expected) => {
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 10,
      link: { delayUs: 25 * MS, mtuBytes },
      client: { transport: { maxUdpPayloadBytes } },
      clientHost: { sendBufferBytes },
    });
    pair.pass(SECOND);
    const { id } = pair.client.sendPattern(200_000);
    expect(pair.run(() => pair.server.received(id).finished, 5 * SECOND)).toBe(true);
    expect(pair.client.connection.statistics().mtuBytes).toBe(expected);
  });
});

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

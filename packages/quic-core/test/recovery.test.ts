import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createConnectedPair,
  createPair,
  type Datagram,
  type Pair,
  type PairOptions,
  watchInvariants,
} from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { RecordingController } from './support/recovery-rig.ts';

const MS = 1000;
const SECOND = 1_000_000;

function pairOf(options: Partial<PairOptions>): Pair {
  return createPair({ createCrypto: (random) => createNodeProvider({ random }), seed: 11, ...options });
}

/** Run a handshake to its confirmation; returns the client's datagrams. */
function shakeHands(pair: Pair, limitUs = 10 * SECOND): Datagram[] {
  const sent: Datagram[] = [];
  pair.world.observe({ onSend: (host, datagram) => void (host === pair.client.host && sent.push(datagram)) });
  const connection = pair.connect();
  const isDone = (): boolean =>
    connection.statistics().state === 'confirmed' &&
    pair.server.connections[0]?.statistics().state === 'confirmed';
  expect(pair.run(isDone, limitUs)).toBe(true);
  return sent;
}

const LONG_HEADER_TYPE = 0xf0;
const INITIAL = 0xc0;

describe('handshake', () => {
  test.each(Array.from({ length: 6 }, (_, i) => i))(
    'survives the loss of any of its datagrams: number %i',
    (index) => {
      covers('rfc9000-13.3-3');
      for (const direction of ['up', 'down'] as const) {
        const pair = pairOf({ [direction]: { loss: { kind: 'list', indexes: [index] } } });
        expect(shakeHands(pair, 3 * SECOND).length).toBeGreaterThan(1);
      }
    },
  );

  test('a lost first flight is repeated in Initial packets of full size', () => {
    covers('rfc9000-8.1-4', 'rfc9000-8.1-6', 'rfc9000-14.1-1', 'rfc9002-6.2.2.1-4');
    const sent = shakeHands(pairOf({ up: { loss: { kind: 'list', indexes: [0, 1, 2, 3] } } }));
    const first = sent.slice(0, 5);
    for (const { bytes } of first) expect(bytes[0]! & LONG_HEADER_TYPE).toBe(INITIAL);
    for (const { bytes } of first) expect(bytes.length).toBeGreaterThanOrEqual(1200);
    // After the initial RTT once more; then come the timeouts, counted from the beginning.
    expect(first.map(({ sentUs }) => sentUs - first[0]!.sentUs)).toEqual(
      [0, 333, 999, 999, 2997].map((ms) => ms * MS),
    );
  });

  test('a first flight of two packets is repeated whole, and puts off no timeout either', () => {
    const sent = shakeHands(
      pairOf({
        up: { loss: { kind: 'list', indexes: [0, 1, 2, 3, 4, 5] } },
        client: { alpn: ['test', ...Array.from({ length: 60 }, (_, i) => `another-protocol-${i}`)] },
      }),
    );
    expect(sent.slice(0, 6).map(({ sentUs }) => sentUs - sent[0]!.sentUs)).toEqual(
      [0, 0, 333, 333, 999, 999].map((ms) => ms * MS),
    );
  });

  test.each([1000, 4000])(
    'a lost flight of the server with a chain of %i bytes is repaired by that repetition',
    (chainBytes) => {
      const pair = pairOf({
        link: { delayUs: 50 * MS },
        down: { loss: { kind: 'list', indexes: [0, 1, 2] } },
        chainBytes,
      });
      pair.connect();
      expect(pair.run(() => pair.client.has('connected'), SECOND)).toBe(true);
      // The repetition leaves after 333 ms and takes a round trip; a timeout would come after 999 ms.
      expect(pair.world.nowUs).toBeLessThan(540 * MS);
    },
  );

  test('a server that has used up its allowance is asked for more', () => {
    covers('rfc9000-8.1-2', 'rfc9000-8.1-5');
    const pair = pairOf({ chainBytes: 9000 });
    const violations = watchInvariants(pair.world);
    shakeHands(pair);
    expect(violations).toEqual([]);
  });
});

describe('congestion window', () => {
  /** A pair whose client has a window that never changes. */
  function fixedWindow(windowBytes: number, options: Partial<PairOptions> = {}): Pair {
    return createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 12,
      ...options,
      client: {
        congestion: () => {
          const controller = new RecordingController();
          controller.windowBytes = windowBytes;
          return controller;
        },
      },
    });
  }

  test('nothing leaves beyond it', () => {
    covers('rfc9002-7-3');
    const pair = fixedWindow(20_000);
    let most = 0;
    pair.world.observe({
      onAfterPrepare(host) {
        if (host === pair.client.host)
          most = Math.max(most, pair.client.connection.statistics().bytesInFlight);
      },
    });
    const { id } = pair.client.sendPattern(200_000);
    expect(pair.run(() => pair.server.received(id).finished, 10 * SECOND)).toBe(true);
    expect(most).toBeLessThanOrEqual(20_000);
    expect(most).toBeGreaterThan(18_000);
  });

  test('but probes, which count as in flight', () => {
    covers('rfc9002-7.5-1', 'rfc9002-7.5-2', 'rfc9002-6.2.4-1');
    const pair = fixedWindow(20_000, { up: { blackholes: [{ fromUs: 200 * MS, untilUs: 3 * SECOND }] } });
    pair.pass(200 * MS - pair.world.nowUs);
    /** Bytes of the datagrams that left after each number of probe timeouts. */
    const sent: number[][] = [];
    pair.world.observe({
      onSend(host, { bytes }) {
        if (host !== pair.client.host) return;
        (sent[pair.client.connection.statistics().probeTimeouts] ??= []).push(bytes.length);
      },
    });
    expect(pair.client.connection.statistics()).toMatchObject({ bytesInFlight: 0, probeTimeouts: 0 });
    const { id } = pair.client.sendPattern(200_000);
    pair.pass(2 * SECOND);
    const { bytesInFlight, probeTimeouts } = pair.client.connection.statistics();
    expect(probeTimeouts).toBeGreaterThan(2);
    const [beforeThem, ...probes] = sent;
    const total = (sizes: readonly number[]): number => sizes.reduce((sum, bytes) => sum + bytes, 0);
    expect(total(beforeThem!)).toBeLessThanOrEqual(20_000);
    // The window is full: one or two packets leave for each timeout, and none besides. RFC 9002 §6.2.4
    expect(probes).toHaveLength(probeTimeouts);
    for (const sizes of probes) expect([1, 2]).toContain(sizes.length);
    expect(bytesInFlight).toBe(total(sent.flat()));
    expect(bytesInFlight).toBeGreaterThan(20_000);
    expect(pair.run(() => pair.server.received(id).finished, 20 * SECOND)).toBe(true);
  });

  test.each([0, 1])(
    'is spread over time as its controller says: streams and datagrams (%i)',
    (usesDatagrams) => {
      covers('rfc9002-7.7-1', 'rfc9002-7.7-2');
      const rate = 200_000;
      const pair = createConnectedPair({
        createCrypto: (random) => createNodeProvider({ random }),
        seed: 12,
        link: { delayUs: 20 * MS },
        server: { transport: { maxDatagramFrameBytes: 1200 } },
        client: {
          congestion: () =>
            Object.assign(new RecordingController(), { pacingRate: rate, inSlowStart: false }),
        },
      });
      pair.pass(SECOND);
      const leaves: { readonly atUs: number; readonly bytes: number }[] = [];
      pair.world.observe({
        onSend(host, { bytes }) {
          if (host === pair.client.host) leaves.push({ atUs: pair.world.nowUs, bytes: bytes.length });
        },
      });
      const startUs = pair.world.nowUs;
      const { connection } = pair.client;
      if (usesDatagrams === 1)
        connection.datagrams.setSource((room) => ({ bytes: Math.min(room.length, 1000) }));
      else pair.client.sendPattern(10_000_000);
      pair.pass(2 * SECOND);
      let sum = 0;
      for (const { atUs, bytes } of leaves) {
        // The burst of RFC 9002 §7.2, then what the rate has brought by then.
        expect(sum).toBeLessThanOrEqual(14_720 + (rate * (atUs - startUs)) / SECOND);
        sum += bytes;
      }
      expect(sum).toBeGreaterThan(0.95 * 2 * rate);
    },
  );

  test('small packets without an acknowledgement are bounded in number too', () => {
    const count = 40_000;
    const pair = fixedWindow(32 << 20, { up: { blackholes: [{ fromUs: 200 * MS, untilUs: 4 * SECOND }] } });
    pair.pass(200 * MS - pair.world.nowUs);
    const { connection } = pair.client;
    const stream = connection.openStream({ unidirectional: true })!;
    const before = connection.statistics().packetsSent;
    for (let i = 0; i < count; i++) {
      expect(stream.write(Uint8Array.of(i), i === count - 1)).toBe(1);
      pair.pass(50);
    }
    expect(connection.statistics().packetsSent - before).toBeGreaterThan(32_000);
    expect(connection.statistics().packetsSent - before).toBeLessThan(32_768 + 100);
    expect(pair.run(() => pair.server.received(stream.id).finished, 20 * SECOND)).toBe(true);
    expect(pair.server.received(stream.id).length).toBe(count);
  });
});

describe('MTU', () => {
  test('grows to what the path carries', () => {
    for (const [mtuBytes, least] of [
      [1500, 1452],
      [1300, 1284],
      [1200, 1200],
    ] as const) {
      const pair = createConnectedPair({
        createCrypto: (random) => createNodeProvider({ random }),
        seed: 13,
        link: { mtuBytes },
      });
      const { id } = pair.client.sendPattern(300_000);
      expect(pair.run(() => pair.server.received(id).finished, 10 * SECOND)).toBe(true);
      pair.pass(5 * SECOND);
      const statistics = pair.client.connection.statistics();
      expect(statistics.mtuBytes).toBeGreaterThanOrEqual(least);
      expect(statistics.mtuBytes).toBeLessThanOrEqual(mtuBytes);
    }
  });

  test('is searched for once there is more to send than a datagram holds, or with datagrams at once', () => {
    const crypto = {
      createCrypto: (random: (out: Uint8Array) => void) => createNodeProvider({ random }),
      seed: 14,
    };
    const pair = createConnectedPair(crypto);
    const sizes: number[] = [];
    pair.world.observe({ onSend: (_host, { bytes }) => void sizes.push(bytes.length) });
    pair.client.sendPattern(1000, { unidirectional: true });
    pair.pass(SECOND);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1200);
    pair.client.sendPattern(3000, { unidirectional: true });
    pair.pass(SECOND);
    // The probe goes before the data.
    expect(sizes.filter((size) => size > 1000).slice(1, 3)).toEqual([1452, 1200]);
    expect(pair.client.connection.statistics().mtuBytes).toBe(1452);
    const transport = { maxDatagramFrameBytes: 65_535 };
    const both = createConnectedPair({ ...crypto, client: { transport }, server: { transport } });
    both.pass(SECOND);
    expect(both.client.connection.statistics().mtuBytes).toBe(1452);
  });

  test('shrinks when the path becomes a black hole for large datagrams', () => {
    const pair = createConnectedPair({ createCrypto: (random) => createNodeProvider({ random }), seed: 14 });
    pair.pass(SECOND);
    pair.client.sendPattern(5000, { unidirectional: true });
    pair.pass(SECOND);
    expect(pair.client.connection.statistics().mtuBytes).toBe(1452);
    (pair.up.options as { mtuBytes: number }).mtuBytes = 1250;
    const { id } = pair.client.sendPattern(300_000);
    expect(pair.run(() => pair.server.received(id).finished, 20 * SECOND)).toBe(true);
    expect(pair.client.connection.statistics().mtuBytes).toBeLessThanOrEqual(1250);
  });
});

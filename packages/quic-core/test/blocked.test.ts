import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { covers } from '@tsquic/testing';
import { decodeFrames, type StreamSource, type Tracer } from '../src/index.ts';
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

  test.each([
    ['the stream', 'stream_data_blocked', { streamWindowBytes: 5000 }, false],
    ['the connection', 'data_blocked', { connectionWindowBytes: 5000 }, false],
    ['the stream, from a source', 'stream_data_blocked', { streamWindowBytes: 5000 }, true],
    ['the connection, from a source', 'data_blocked', { connectionWindowBytes: 5000 }, true],
  ] as const)(
    'keeps the connection through a long pause: credit of %s',
    (_name, type, window, fromSource) => {
      covers('rfc9000-4.1-5');
      const frames: string[] = [];
      const pair = pairWithPause(2, {
        server: { transport: { idleTimeoutMs: 30_000, ...window } },
        client: { transport: { idleTimeoutMs: 30_000 }, tracer: noteFrames(frames) },
      });
      const stream = pair.client.connection.openStream({ unidirectional: true })!;
      const data = new Uint8Array(20_000);
      if (fromSource) stream.setSource(bytesOf(data));
      else stream.write(data, true);
      pair.pass(SECOND);
      expect(frames.filter((name) => name === type)).toHaveLength(1);
      frames.length = 0;
      pair.pass(95 * SECOND);
      expect(frames.filter((name) => name !== 'padding')).toEqual(Array(9).fill(type));

      const reader = pair.server.connection.stream(stream.id)!;
      while (!reader.finished) {
        reader.read(data);
        pair.pass(SECOND);
      }
      expect(stream.delivered).toBe(true);
      // Nobody waits any more.
      pair.pass(31 * SECOND);
      expect(pair.client.connection.closeReason).toEqual({ kind: 'idle-timeout' });
    },
  );

  test.each([3, 4, 5, 6])('hears of credit over a lossy link (seed %i)', (seed) => {
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed,
      link: { delayUs: 10_000, loss: { kind: 'random', rate: 0.3 } },
      server: {
        transport: { streamWindowBytes: 3000, maxStreamWindowBytes: 3000, connectionWindowBytes: 4000 },
      },
    });
    const stream = pair.client.sendPattern(30_000);
    expect(pair.run(() => pair.server.received(stream.id).finished, 120 * SECOND)).toBe(true);
  });
});

/** A source of these bytes, and the end with the last of them. */
function bytesOf(data: Uint8Array): StreamSource {
  let at = 0;
  return (room) => {
    const bytes = Math.min(room.length, data.length - at);
    room.set(data.subarray(at, at + bytes));
    at += bytes;
    return { bytes, fin: at === data.length };
  };
}

/** Adds the name of every frame sent to `frames`. */
function noteFrames(frames: string[]): Tracer {
  return {
    onPacketSent: (_connection, _type, _number, _bytes, buffer, payloadAt, payloadEnd) =>
      void frames.push(...decodeFrames(buffer, payloadAt, payloadEnd).map(({ type }) => type)),
  };
}

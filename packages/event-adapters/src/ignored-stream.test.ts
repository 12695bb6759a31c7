import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair } from '@tsquic/simulator';
import { EventDispatcher } from './event-dispatcher.ts';
import { IgnoredStream, type IgnoredStreamOptions } from './ignored-stream.ts';

/** A server that ignores what a client sends on its streams, and gives 4,000 bytes of credit for each. */
function ignoringServer(options?: IgnoredStreamOptions): { pair: Pair; deliver: () => void } {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    serverHost: { reads: () => false },
    server: { transport: { streamWindowBytes: 4000, maxStreamWindowBytes: 4000 } },
  });
  const { server } = pair;
  const dispatcher = new EventDispatcher(server.context, {
    onConnection: () => ({ onStream: (stream) => new IgnoredStream(stream, options) }),
  });
  let told = server.events.length;
  const deliver = (): void => {
    for (; told < server.events.length; told++) dispatcher.dispatch(server.events[told]!);
  };
  return { pair, deliver };
}

test('a stream that is ignored is read to its end, and gives its credit back', () => {
  const { pair, deliver } = ignoringServer();
  const { client } = pair;
  expect(client.trySendPattern(60_000, { unidirectional: true })).toBeDefined();
  expect(pair.run(() => (deliver(), client.has('stream-delivered')), 60_000_000)).toBe(true);
  expect(client.has('stream-stopped')).toBe(false);
});

test.each([
  ['65,536 bytes', undefined, 65_536, 0],
  ['its bound', { maxBytes: 10_000, refusalCode: 7 }, 10_000, 7],
])('one that brings more than %s is refused, once', (_name, options, maxBytes, code) => {
  const { pair, deliver } = ignoringServer(options);
  const { client } = pair;
  client.trySendPattern(1_000_000, { unidirectional: true });
  expect(pair.run(() => (deliver(), client.has('stream-stopped')), 60_000_000)).toBe(true);
  // Credit is given for what was read: not more than the bound, one read of 4,096 bytes and one window.
  const { bytesSent } = client.connection.statistics();
  expect(bytesSent).toBeGreaterThan(maxBytes);
  expect(bytesSent).toBeLessThan((maxBytes + 4096 + 4000) * 1.25 + 5000);
  pair.run(() => (deliver(), false), 5_000_000);
  expect(client.eventsOf('stream-stopped').map((event) => event.code)).toEqual([code]);
});

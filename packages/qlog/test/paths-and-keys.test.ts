import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQlogTracer } from '@tsquic/qlog';
import { createPair, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';

interface QlogEvent {
  readonly name?: string;
  readonly tuple?: string;
  readonly data: Record<string, unknown>;
}

/** The events of one name that a tracer writes while `trace` calls it. */
function eventsOf(text: string, name: string): QlogEvent[] {
  return text
    .split('\u001e')
    .slice(1)
    .map((record) => JSON.parse(record) as QlogEvent)
    .filter((record) => record.name === name);
}

test('a server that follows its client to another address says so, with both ends', () => {
  let text = '';
  const tracer = createQlogTracer({
    open: () => ({ write: (piece) => void (text += piece), close: () => {} }),
  });
  const first = { ip: '192.0.2.1', port: 4000 };
  const second = { ip: '192.0.2.2', port: 4001 };
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    server: { tracer },
    clientHost: {
      nat: {
        bindings: [
          { atUs: 0, address: first },
          { atUs: 500_000, address: second },
        ],
        keepsOld: true,
      },
    },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('confirmed'), 10_000_000)).toBe(true);
  pair.pass(1_000_000);
  const { id } = pair.client.sendPattern(100_000);
  expect(pair.run(() => pair.server.received(id).finished, 60_000_000)).toBe(true);
  pair.pass(1_000_000);
  pair.client.connection.close();
  pair.pass(10_000_000);
  const paths = eventsOf(text, 'quic:tuple_assigned');
  expect(paths.map(({ data }) => data)).toEqual([
    {
      tuple_id: '192.0.2.2 4001',
      tuple_remote: { ip_v4: '192.0.2.2', port_v4: 4001 },
      tuple_local: { ip_v4: '10.0.0.2', port_v4: 443 },
    },
  ]);
});

test('the version that a client begins with, and the one that both sides go on in', () => {
  let text = '';
  const tracer = createQlogTracer({
    open: ({ isClient }) => ({ write: (piece) => void (text += isClient ? piece : ''), close: () => {} }),
  });
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    client: { tracer, versions: [1, 0x6b33_43cf] },
    server: { versions: [0x6b33_43cf, 1] },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('confirmed'), 10_000_000)).toBe(true);
  pair.client.connection.close();
  pair.pass(10_000_000);
  const client_versions = ['00000001', '6b3343cf'];
  expect(eventsOf(text, 'quic:version_information').map(({ data }) => data)).toEqual([
    { client_versions, chosen_version: '00000001' },
    {
      client_versions,
      server_versions: [expect.stringMatching(/^.a.a.a.a$/), '6b3343cf', '00000001'],
      chosen_version: '6b3343cf',
    },
  ]);
});

test('a server without a version in common leaves none chosen', () => {
  let text = '';
  const tracer = createQlogTracer({
    open: () => ({ write: (piece) => void (text += piece), close: () => {} }),
  });
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    client: { tracer, versions: [1] },
    server: { versions: [0x6b33_43cf] },
  });
  pair.connect();
  pair.pass(1_000_000);
  expect(eventsOf(text, 'quic:version_information').at(-1)?.data).toEqual({
    client_versions: ['00000001'],
    server_versions: ['6b3343cf', expect.stringMatching(/^.a.a.a.a$/)],
  });
});

test.each([
  [true, 'remote_update'],
  [false, 'local_update'],
])('a key update of the peer (%j) is told of both directions, with its phase', (isRemote, trigger) => {
  let text = '';
  const tracer = createQlogTracer({
    open: () => ({ write: (piece) => void (text += piece), close: () => {} }),
  });
  const pair = createPair({ createCrypto: (random) => createNodeProvider({ random }), client: { tracer } });
  const { id } = pair.connect();
  pair.run(() => pair.client.has('confirmed'), 10_000_000);
  tracer.onKeyUpdated!(id, 3, isRemote, pair.world.nowUs);
  pair.client.connection.close();
  pair.pass(10_000_000);
  expect(eventsOf(text, 'quic:key_updated').map(({ data }) => data)).toEqual(
    ['client_1rtt_secret', 'server_1rtt_secret'].map((key_type) => ({ key_type, key_phase: 3, trigger })),
  );
});

test('events of a later path name it, and its end takes its addresses away: draft-ietf-quic-multipath §1', () => {
  let text = '';
  const tracer = createQlogTracer({
    open: ({ isClient }) => ({ write: (piece) => void (text += isClient ? piece : ''), close: () => {} }),
  });
  const transport = { maxPaths: 2 };
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    link: { delayUs: 10_000, bytesPerSecond: 1_250_000, loss: { kind: 'random', rate: 0.02 } },
    secondPath: {},
    client: { tracer, transport },
    server: { transport },
  });
  pair.connect();
  pair.run(() => pair.client.has('confirmed'), 10_000_000);
  pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS });
  pair.run(() => pair.client.has('path-state'), 10_000_000);
  const { id } = pair.client.sendPattern(1_000_000);
  expect(pair.run(() => pair.server.received(id).finished, 60_000_000)).toBe(true);
  pair.client.connection.abandonPath(1);
  pair.pass(10_000_000);
  for (const name of [
    'packet_sent',
    'packet_received',
    'packet_lost',
    'recovery_metrics_updated',
    'mtu_updated',
  ]) {
    const tuples = eventsOf(text, `quic:${name}`).map(({ tuple }) => tuple);
    expect([name, new Set(tuples)]).toEqual([name, new Set([undefined, 'path 1'])]);
  }
  expect(eventsOf(text, 'quic:tuple_assigned').map(({ data }) => data)).toEqual([
    {
      tuple_id: 'path 1',
      tuple_remote: { ip_v4: '10.0.0.2', port_v4: 443 },
      tuple_local: { ip_v4: '10.0.1.1', port_v4: 5002 },
    },
    { tuple_id: 'path 1' },
  ]);
  const told = eventsOf(text, 'loglevel:info').map(({ data }) => data['message']);
  expect(told.filter((message) => String(message).startsWith('path'))).toEqual([
    'path 1 available',
    'path 1 abandoned, code 62',
  ]);
});

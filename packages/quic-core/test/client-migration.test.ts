import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { QuicContextOptions } from '@tsquic/quic-core';
import {
  createPair,
  type Datagram,
  type LinkOptions,
  type Pair,
  SECOND_CLIENT_ADDRESS as SECOND,
  SERVER_ADDRESS as SERVER,
} from '@tsquic/simulator';
import { covers, usageCode } from '@tsquic/testing';

const MS = 1000;
const SECOND_US = 1_000_000;

interface World {
  readonly seed?: number;
  readonly second?: Partial<LinkOptions>;
  readonly client?: Partial<QuicContextOptions>;
  readonly server?: Partial<QuicContextOptions>;
}

/** A client with two addresses whose handshake is confirmed, and every datagram that leaves from now on. */
function twoHomes({ seed = 1, second = {}, client = {}, server = {} }: World = {}) {
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    link: { delayUs: 20 * MS, bytesPerSecond: 1_250_000 },
    secondPath: { up: second, down: second },
    client,
    server,
    serverHost: { respond: () => 200_000 },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('confirmed'), 10 * SECOND_US)).toBe(true);
  pair.pass(200 * MS);
  const sent: Datagram[] = [];
  pair.world.observe({ onSend: (_host, datagram) => void sent.push(datagram) });
  return { pair, sent, connection: pair.client.connection };
}

const idOf = ({ bytes }: Datagram): string => Buffer.from(bytes.subarray(1, 9)).toString('hex');
const changesOf = (peer: Pair['client']): string[] =>
  peer.eventsOf('path').map(({ change, local, remote }) => `${change} ${local.ip} ${remote.ip}`);

/** A request whose answer comes in whole. */
function exchange(pair: Pair, limitUs = 30 * SECOND_US): boolean {
  const { id } = pair.client.sendPattern(2000);
  return pair.run(() => pair.client.received(id).finished, limitUs);
}

describe('a client that moves to another address of its own', () => {
  test('probes it first, and uses it once it is validated; both sides are told', () => {
    covers('rfc9000-9.1-1', 'rfc9000-9.3-2', 'rfc9000-8.2.1-5');
    const { pair, sent, connection } = twoHomes();
    expect(connection.migrate({ from: SECOND })).toBe(true);
    pair.pass(15 * MS);
    // Only the probe has left: in full size, to the server, from the other address.
    expect(sent.map(({ from, bytes }) => [from.ip, bytes.length])).toEqual([[SECOND.ip, 1200]]);
    expect(connection.pathStatistics()[0]!.local).not.toEqual(SECOND);
    pair.pass(300 * MS);
    expect(changesOf(pair.client)).toEqual([
      `validated ${SECOND.ip} ${SERVER.ip}`,
      `active ${SECOND.ip} ${SERVER.ip}`,
    ]);
    expect(connection.pathStatistics()[0]).toMatchObject({ local: SECOND, validated: true, active: true });
    expect(exchange(pair)).toBe(true);
    expect(pair.server.connection.remoteAddress).toEqual(SECOND);
    expect(changesOf(pair.server)).toContain(`active ${SERVER.ip} ${SECOND.ip}`);
    expect(sent.slice(-20).every(({ from, to }) => from.ip === SECOND.ip || to.ip === SECOND.ip)).toBe(true);
  });

  test('never uses a connection ID at two addresses, nor does its server; the old one is retired', () => {
    covers('rfc9000-9.5-2', 'rfc9000-9.5-3', 'rfc9000-5.1.2-1', 'rfc9000-5.1.1-11');
    const { pair, sent, connection } = twoHomes();
    expect(exchange(pair)).toBe(true);
    connection.migrate({ from: SECOND });
    pair.pass(SECOND_US);
    expect(exchange(pair)).toBe(true);
    const pathsOf = new Map<string, Set<string>>();
    for (const datagram of sent) {
      const { from, to } = datagram;
      const paths = pathsOf.get(idOf(datagram)) ?? new Set();
      pathsOf.set(idOf(datagram), paths.add([from.ip, to.ip].sort().join(' ')));
    }
    expect([...pathsOf.values()].map(({ size }) => size)).toEqual([...pathsOf].map(() => 1));
    expect(pathsOf.size).toBe(4);
    // And back, and away again: there is always another ID.
    for (let i = 0; i < 6; i++) {
      const from = i % 2 === 0 ? pair.client.host.addresses[0]! : SECOND;
      expect(connection.migrate({ from })).toBe(true);
      pair.pass(3 * SECOND_US);
      expect(connection.pathStatistics()[0]!.local).toEqual(from);
    }
    expect(exchange(pair)).toBe(true);
  });

  test('goes on learning from nothing: round trip, window and size of datagrams begin anew', () => {
    covers('rfc9000-9.4-1', 'rfc9000-9.4-2', 'rfc9002-6.2.2-3');
    const { pair, connection } = twoHomes({ second: { delayUs: 60 * MS } });
    expect(exchange(pair)).toBe(true);
    const before = connection.pathStatistics()[0]!;
    expect(before.mtuBytes).toBe(1452);
    connection.migrate({ from: SECOND });
    const { client } = pair;
    expect(pair.run(() => client.eventsOf('path').some(({ change }) => change === 'active'), SECOND_US)).toBe(
      true,
    );
    const [now] = connection.pathStatistics();
    expect(now).toMatchObject({ mtuBytes: 1200, latestRttUs: 0, minRttUs: 0, ecn: 'testing' });
    // The answer to the challenge took 120 ms, and is no sample.
    expect(now!.smoothedRttUs).toBeGreaterThanOrEqual(120 * MS);
    expect(now!.smoothedRttUs).toBeLessThan(125 * MS);
    expect(exchange(pair)).toBe(true);
    expect(connection.pathStatistics()[0]).toMatchObject({ mtuBytes: 1452, ecn: 'capable' });
  });

  test('at once: data leaves with the challenge, and the server follows', () => {
    covers('rfc9000-9.3-1');
    const { pair, sent, connection } = twoHomes();
    const { id } = pair.client.sendPattern(50_000);
    expect(connection.migrate({ from: SECOND, atOnce: true })).toBe(true);
    pair.pass(10 * MS);
    expect(sent.filter(({ from }) => from.ip === SECOND.ip).length).toBeGreaterThan(3);
    expect(changesOf(pair.client)).toEqual([`active ${SECOND.ip} ${SERVER.ip}`]);
    expect(pair.run(() => pair.client.received(id).finished, 10 * SECOND_US)).toBe(true);
    expect(changesOf(pair.client)).toContain(`validated ${SECOND.ip} ${SERVER.ip}`);
  });

  test('where nobody answers: it stays, and is told that it failed', () => {
    covers('rfc9000-8.2.4-1');
    const { pair, connection } = twoHomes({ second: { loss: { kind: 'random', rate: 1 } } });
    const home = connection.pathStatistics()[0]!.local;
    connection.migrate({ from: SECOND });
    expect(exchange(pair, 3 * SECOND_US)).toBe(true);
    pair.pass(20 * SECOND_US);
    expect(changesOf(pair.client)).toEqual([`failed ${SECOND.ip} ${SERVER.ip}`]);
    expect(connection.pathStatistics().map(({ local }) => local)).toEqual([home]);
    expect(exchange(pair)).toBe(true);
  });

  test('at once, where nobody answers: it returns to where it was', () => {
    covers('rfc9000-9.3.2-1');
    const { pair, connection } = twoHomes({ second: { loss: { kind: 'random', rate: 1 } } });
    const home = connection.pathStatistics()[0]!.local;
    connection.migrate({ from: SECOND, atOnce: true });
    expect(exchange(pair, 60 * SECOND_US)).toBe(true);
    expect(changesOf(pair.client)).toEqual([
      `active ${SECOND.ip} ${SERVER.ip}`,
      `active ${home.ip} ${SERVER.ip}`,
      `failed ${SECOND.ip} ${SERVER.ip}`,
    ]);
  });

  test.each([0, 30, 200])('at once, and back at once %i ms later: it stays there', (laterMs) => {
    covers('rfc9000-19.16-2');
    const { pair, connection } = twoHomes();
    const home = connection.pathStatistics()[0]!.local;
    connection.migrate({ from: SECOND, atOnce: true });
    pair.pass(laterMs * MS);
    connection.migrate({ from: home, atOnce: true });
    // Longer than an address that was left is kept.
    pair.pass(20 * SECOND_US);
    expect(connection.pathStatistics()[0]).toMatchObject({ local: home, active: true, validated: true });
    expect(changesOf(pair.client)).not.toContain(`lost ${home.ip} ${SERVER.ip}`);
    expect(exchange(pair)).toBe(true);
    expect(pair.server.connection.closeReason).toBeUndefined();
  });

  test('away from an address that has gone: the transfer goes on from the other one', () => {
    for (const atOnce of [false, true])
      for (let seed = 1; seed <= 5; seed++) {
        const { pair, connection } = twoHomes({ seed });
        const { id } = pair.client.sendPattern(2000);
        pair.pass(60 * MS);
        // What is sent over the first links is lost from now on.
        pair.world.at(pair.world.nowUs, () => {
          for (const link of [pair.up, pair.down]) link.push = () => {};
        });
        connection.migrate({ from: SECOND, atOnce });
        expect([seed, atOnce, pair.run(() => pair.client.received(id).finished, 10 * SECOND_US)]).toEqual([
          seed,
          atOnce,
          true,
        ]);
      }
  });

  test.each([0.1, 0.3])(
    'with %d of the datagrams of the new path lost, it gets there (seeds 1 to 10)',
    (rate) => {
      covers('rfc9000-8.2.1-1');
      for (let seed = 1; seed <= 10; seed++) {
        const { pair, connection } = twoHomes({ seed, second: { loss: { kind: 'random', rate } } });
        connection.migrate({ from: SECOND });
        expect([seed, exchange(pair, 60 * SECOND_US)]).toEqual([seed, true]);
      }
    },
  );

  test('probes without moving, and a path that was probed stands by', () => {
    covers('rfc9000-9.1-1');
    const { pair, sent, connection } = twoHomes();
    expect(connection.probe({ from: SECOND })).toBe(true);
    pair.pass(SECOND_US);
    expect(changesOf(pair.client)).toEqual([`validated ${SECOND.ip} ${SERVER.ip}`]);
    expect(exchange(pair)).toBe(true);
    expect(pair.server.connection.remoteAddress).not.toEqual(SECOND);
    expect(connection.pathStatistics()[1]).toMatchObject({ local: SECOND, validated: true, active: false });
    const ids = new Set(sent.filter(({ from }) => from.ip === SECOND.ip).map(idOf));
    connection.migrate({ from: SECOND });
    expect(exchange(pair)).toBe(true);
    expect(new Set(sent.filter(({ from }) => from.ip === SECOND.ip).map(idOf))).toEqual(ids);
  });

  test('gets a token for the new address', () => {
    covers('rfc9000-9.3-5');
    const { pair, connection } = twoHomes();
    const before = pair.client.eventsOf('token').length;
    connection.migrate({ from: SECOND });
    pair.pass(SECOND_US);
    expect(pair.client.eventsOf('token').length).toBeGreaterThan(before);
  });
});

describe('what the server or the moment does not allow', () => {
  test('nothing before the handshake is confirmed', () => {
    covers('rfc9000-9-1');
    const pair = createPair({ createCrypto: (random) => createNodeProvider({ random }), secondPath: {} });
    const connection = pair.connect();
    const answers = new Set<boolean>();
    pair.run(() => {
      if (pair.client.has('confirmed')) return true;
      answers.add(connection.migrate({ from: SECOND })).add(connection.probe({ from: SECOND }));
      return false;
    }, SECOND_US);
    expect([...answers]).toEqual([false]);
    expect(connection.migrate({ from: SECOND })).toBe(true);
  });

  test('nothing after the end', () => {
    const { pair, connection } = twoHomes();
    connection.close();
    expect([connection.migrate({ from: SECOND }), connection.probe({ from: SECOND })]).toEqual([
      false,
      false,
    ]);
    pair.pass(10 * SECOND_US);
    expect(connection.migrate({ from: SECOND })).toBe(false);
  });

  test('no other address of its own where the server has asked for that', () => {
    covers('rfc9000-9-2', 'rfc9000-18.2-3');
    const { pair, sent, connection } = twoHomes({ server: { transport: { disableActiveMigration: true } } });
    expect([connection.migrate({ from: SECOND }), connection.probe({ from: SECOND })]).toEqual([
      false,
      false,
    ]);
    // A challenge that comes to the other address is not answered from there either.
    expect(exchange(pair)).toBe(true);
    expect(sent.filter(({ from }) => from.ip === SECOND.ip)).toEqual([]);
  });

  test('a server is no client, and addresses are addresses of the server', () => {
    const { pair, connection } = twoHomes();
    expect(usageCode(() => pair.server.connection.migrate({ from: SECOND }))).toBe('not-a-client');
    expect(usageCode(() => pair.server.connection.probe({}))).toBe('not-a-client');
    for (const path of [
      { from: { ip: 'localhost', port: 1 } },
      { from: { ip: '10.0.0.1', port: 0 } },
      { from: { ip: '10.0.0.1', port: 65_536 } },
      { from: { ip: '::1', port: 1 } },
      { to: { ip: '10.9.9.9', port: 443 } },
      { to: { ip: SERVER.ip, port: 444 } },
      { to: undefined, from: { ip: '', port: 1 } },
    ])
      for (const act of ['migrate', 'probe'] as const)
        expect([path, usageCode(() => connection[act](path as object))]).toEqual([path, 'invalid-option']);
  });
});

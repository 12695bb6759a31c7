import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Loss, type Pair } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';

const MS = 1000;
const SECOND = 1_000_000;
const DELAY_US = 20 * MS;
const HOME = { ip: '192.0.2.1', port: 7000 };

interface World {
  readonly seed?: number;
  readonly retry?: 'always';
  readonly chainBytes?: number;
  readonly lossRate?: number;
  /** The NAT changes its mind after these steps: a step is a datagram that leaves, or that reaches a host. */
  readonly after: readonly number[];
  /** How many ports there are: with 2 the third rebinding leads back to the second. Default: never the same. */
  readonly ports?: number;
  readonly keepAliveMs?: number;
  readonly otherIp?: boolean;
  readonly speaksFirst?: 'client' | 'server';
}

/** Runs an exchange through a NAT that changes its mind; returns the pair, and whether all came through. */
function run(options: World): { pair: Pair; done: boolean; steps: number } {
  const bindings = [{ atUs: 0, address: HOME }];
  const loss: Loss | undefined =
    options.lossRate === undefined ? undefined : { kind: 'random', rate: options.lossRate };
  const other = { ip: '192.0.2.77', port: 7000 };
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: options.seed ?? 1,
    link: { delayUs: DELAY_US, ...(loss && { loss }) },
    ...(options.chainBytes !== undefined && { chainBytes: options.chainBytes }),
    client: { transport: { keepAliveMs: options.keepAliveMs ?? 0, handshakeTimeoutMs: 60_000 } },
    server: { ...(options.retry && { retry: options.retry }), transport: { handshakeTimeoutMs: 60_000 } },
    // The second is never in use by itself: it makes the address known to the world.
    clientHost: {
      nat: { bindings: options.otherIp ? [...bindings, { atUs: Infinity, address: other }] : bindings },
    },
    serverHost: { respond: () => 30_000 },
  });
  let steps = 0;
  let moves = 0;
  const nat = pair.client.host.nat!;
  const changing = nat.options.bindings as { atUs: number; address: typeof HOME }[];
  const step = (nowUs: number): void => {
    if (!options.after.includes(steps++)) return;
    const port = HOME.port + (++moves % (options.ports ?? 1000));
    const ip = options.otherIp === true && moves % 2 === 1 ? other.ip : HOME.ip;
    changing.length = 0;
    changing.push({ atUs: nowUs, address: { ip, port } });
  };
  pair.world.observe({
    onSend: (_host, _datagram, nowUs) => step(nowUs),
    onReceive: (_host, _datagram, nowUs) => step(nowUs),
  });
  watchAmplification(pair);
  pair.connect();
  const speaker = (): Pair['client'] => (options.speaksFirst === 'server' ? pair.server : pair.client);
  const listener = (): Pair['client'] => (options.speaksFirst === 'server' ? pair.client : pair.server);
  let id = -1;
  const isDone = (): boolean => {
    if (id < 0 && speaker().connections.length > 0 && speaker().has('connected'))
      id = speaker().sendPattern(3000, { unidirectional: true }).id;
    return (
      id >= 0 &&
      listener().connections.length > 0 &&
      listener().received(id).finished &&
      pair.client.has('confirmed')
    );
  };
  pair.run(() => isDone() || pair.client.has('closed'), 50 * SECOND);
  return { pair, done: isDone(), steps };
}

/** No address is sent more than three times what came from it, until it has answered from there. RFC 9000 §8.1 */
function watchAmplification(pair: Pair): void {
  const heard = new Map<string, number>();
  const told = new Map<string, number>();
  const key = ({ ip, port }: { ip: string; port: number }): string => `${ip} ${port}`;
  pair.world.observe({
    onReceive(host, datagram) {
      if (host !== pair.server.host) return;
      heard.set(key(datagram.from), (heard.get(key(datagram.from)) ?? 0) + datagram.bytes.length);
    },
    onSend(host, datagram) {
      if (host !== pair.server.host) return;
      const paths = pair.server.connections[0]?.pathStatistics() ?? [];
      const validated = paths.some((path) => path.validated && key(path.remote) === key(datagram.to));
      told.set(key(datagram.to), (told.get(key(datagram.to)) ?? 0) + datagram.bytes.length);
      if (!validated)
        expect(told.get(key(datagram.to))!).toBeLessThanOrEqual(3 * (heard.get(key(datagram.to)) ?? 0));
    },
  });
}

/** An exchange that nothing befalls takes no more steps than these. */
const STEPS = Array.from({ length: 28 }, (_, i) => i);

test('the steps reach beyond the handshake', () => {
  expect(run({ after: [], speaksFirst: 'server' }).steps).toBeLessThan(STEPS.length);
});

describe('a NAT that changes the port of a client', () => {
  test.each(STEPS)('just after step %i: the connection goes on', (step) => {
    covers('rfc9000-9.3-1', 'rfc9000-8.1-2');
    for (const speaksFirst of ['client', 'server'] as const) {
      const { done, pair } = run({
        after: [step],
        speaksFirst,
        keepAliveMs: speaksFirst === 'server' ? 1000 : 0,
      });
      expect([speaksFirst, done, pair.client.eventsOf('closed'), pair.server.eventsOf('closed')]).toEqual([
        speaksFirst,
        true,
        [],
        [],
      ]);
    }
  });

  test.each(STEPS)('and its address, just after step %i', (step) => {
    expect(run({ after: [step], otherIp: true }).done).toBe(true);
  });

  test.each(STEPS)('again and again, from step %i on, or back to the old one', (step) => {
    for (const ports of [2, 1000])
      for (const gap of [1, 2, 3])
        expect([ports, gap, run({ after: [step, step + gap, step + 2 * gap], ports }).done]).toEqual([
          ports,
          gap,
          true,
        ]);
  });

  test.each(STEPS)('while a large certificate is on its way, after step %i', (step) => {
    expect(run({ after: [step], chainBytes: 7500 }).done).toBe(true);
  });

  test.each([0.1, 0.2, 0.3])('with %d of all datagrams lost, at any step (seeds 1 to 5)', (lossRate) => {
    for (const step of STEPS)
      for (let seed = 1; seed <= 5; seed++)
        expect([step, seed, run({ after: [step], seed, lossRate }).done]).toEqual([step, seed, true]);
  });

  test.each(STEPS)('around a Retry, after step %i', (step) => {
    covers('rfc9000-8.1.2-2', 'rfc9000-8.1.4-3');
    const { pair, done } = run({ after: [step], retry: 'always', speaksFirst: 'client' });
    // A token that comes from another port than it was given to is worth nothing; the client is told at once.
    if (step === 3)
      expect(pair.client.eventsOf('closed')).toMatchObject([{ reason: { kind: 'transport', code: 0x0b } }]);
    else expect(done).toBe(true);
    expect(pair.world.nowUs).toBeLessThan(3 * SECOND);
  });
});

describe('a client that waits for what its server says', () => {
  test.each(STEPS.slice(0, 10))(
    'is found after the NAT changed its port behind step %i, though it has nothing to say',
    (step) => {
      covers('rfc9000-9.3-1');
      const { done } = run({ after: [step], speaksFirst: 'server' });
      expect(done).toBe(true);
    },
  );
});

/** Somebody who copies packets of the client and makes the copies come first. */
function copier(pair: Pair, limit: number): { readonly from: { ip: string; port: number }; stolen: number } {
  const thief = { from: { ip: '203.0.113.7', port: 9 }, stolen: 0 };
  let copied = 0;
  pair.world.observe({
    onSend(host, datagram, nowUs) {
      if (host === pair.server.host && datagram.to.ip === thief.from.ip)
        thief.stolen += datagram.bytes.length;
      if (host !== pair.client.host || copied++ >= limit) return;
      pair.world.at(nowUs + 1, () => pair.world.inject({ ...datagram, from: thief.from }));
    },
  });
  return thief;
}

describe('somebody who copies the packets of a client, and is always first', () => {
  test('gets a small part of a transfer, and does not hold it up', () => {
    const took = [0, Infinity].map((limit) => {
      const pair = createPair({
        createCrypto: (random) => createNodeProvider({ random }),
        seed: 7,
        link: { delayUs: DELAY_US, bytesPerSecond: 1_250_000 },
        serverHost: { respond: () => 500_000 },
      });
      pair.connect();
      expect(pair.run(() => pair.client.has('confirmed'), SECOND)).toBe(true);
      const thief = copier(pair, limit);
      const startUs = pair.world.nowUs;
      const { id } = pair.client.sendPattern(100);
      expect(pair.run(() => pair.client.received(id).finished, 30 * SECOND)).toBe(true);
      expect(thief.stolen).toBeLessThan(100_000);
      return pair.world.nowUs - startUs;
    });
    expect(took[1]! / took[0]!).toBeLessThan(1.5);
  });

  test.each([1, 2, 3, 5, Infinity])('during the handshake, %d datagrams: it comes to its end', (limit) => {
    const pair = createPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 8,
      link: { delayUs: DELAY_US },
    });
    const thief = copier(pair, limit);
    pair.connect();
    // Whoever is first with every Initial packet can stop a handshake by forged ones as well. RFC 9000 §21.2
    const done = pair.run(() => pair.client.has('confirmed'), 9 * SECOND);
    expect(done).toBe(limit < Infinity);
    expect(thief.stolen).toBeLessThanOrEqual(3 * 1200 * 12);
  });
});

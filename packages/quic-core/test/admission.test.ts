import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { Cubic } from '@tsquic/congestion';
import { createTestIdentity } from '@tsquic/simulator';
import { caught, covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { AdmissionAnswer, ArrivingClient } from '../src/config/admission.ts';
import type { QuicContextOptions } from '../src/config/config.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import type { Address } from '../src/path/address.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';

const NOW_US = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };
const REFUSED = { kind: 'transport', code: TransportCode.ConnectionRefused, remote: true };
const usage = expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' });

function exchangeWith(server: Partial<QuicContextOptions>): Exchange {
  return { client: createClient(), server: createServer(server) };
}

/** A server that answers clients as `answer` says, what it was told of them, and what went wrong. */
function gated(
  answer: (client: ArrivingClient) => unknown,
  options: Partial<QuicContextOptions> = {},
): Exchange & { readonly told: ArrivingClient[]; readonly faults: unknown[] } {
  const told: ArrivingClient[] = [];
  const faults: unknown[] = [];
  const exchange = exchangeWith({
    ...options,
    admit(client) {
      told.push(client);
      return answer(client) as AdmissionAnswer;
    },
    tracer: { onInternalError: (_id, error) => void faults.push(error) },
  });
  return { ...exchange, told, faults };
}

/** Hand the first flight of a client at this address to the server, whose answers are counted and lost. */
function knock(
  server: QuicContext,
  from: Address,
  seed: number,
  changed?: (bytes: Uint8Array) => void,
): Uint8Array[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const client = createClient({}, seed);
  client.createConnection({ ...TO, from }, NOW_US);
  while (client.prepareNextPacket(out, NOW_US) > 0) {
    const bytes = out.buffer.slice(0, out.length);
    changed?.(bytes);
    server.incomingPacket(bytes, from, SERVER, 0, 0, NOW_US);
  }
  const answers: Uint8Array[] = [];
  while (server.prepareNextPacket(out, NOW_US) > 0) answers.push(out.buffer.slice(0, out.length));
  return answers;
}

describe('what the program is told of a client', () => {
  test('is address, version, ID, and how many there are', () => {
    const exchange = gated(() => undefined);
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(exchange.told).toMatchObject([
      { from: CLIENT, to: SERVER, token: 'none', version: 1, halfOpen: 0, connections: 0 },
      { from: CLIENT, connections: 1, halfOpen: 0, connectionsOfAddress: 1, halfOpenOfAddress: 0 },
    ]);
    expect(toHex(exchange.told[0]!.connectionId)).toBe(connection.logId);
    knock(exchange.server, { ip: '198.51.100.1', port: 1 }, 50);
    knock(exchange.server, { ip: '198.51.100.2', port: 1 }, 51);
    knock(exchange.server, { ip: '198.51.100.1', port: 2 }, 52);
    expect(exchange.told.at(-1)).toMatchObject({
      connections: 4,
      halfOpen: 2,
      halfOpenOfAddress: 1,
      connectionsOfAddress: 0,
    });
  });

  test('is what its token proves', () => {
    covers('rfc9000-8.1.3-1');
    const exchange = gated(({ token }) => (token === 'none' ? 'retry' : undefined));
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const { token } = eventsOf(exchange.client).find(({ type }) => type === 'token') as { token: Uint8Array };
    for (let i = 0; i < 2; i++) {
      exchange.client.createConnection({ ...TO, token }, NOW_US);
      settle(exchange, NOW_US);
    }
    // That it was used before is found out afterwards: anybody may have copied it.
    expect(exchange.told.map((one) => one.token)).toEqual(['none', 'retry', 'new-token', 'new-token']);
    expect(exchange.server.connectionCounts()).toMatchObject({ confirmed: 3 });
  });

  test('comes before any key is derived', () => {
    const crypto = seededCrypto(9);
    let derived = 0;
    const counting = {
      ...crypto,
      hkdfExpand: (...args: Parameters<typeof crypto.hkdfExpand>) => (derived++, crypto.hkdfExpand(...args)),
    };
    const identity = createTestIdentity(crypto);
    for (const answer of ['ignore', 'refuse', 'retry'] as const) {
      const { server } = gated(() => answer, { crypto: counting, identity });
      derived = 0;
      knock(server, CLIENT, 60);
      expect(derived === 0).toBe(answer === 'ignore');
    }
  });

  test('a flood of packets that do not open asks each time, and keeps nothing', () => {
    const exchange = gated(() => undefined);
    for (let i = 0; i < 50; i++) knock(exchange.server, CLIENT, 100 + i, (bytes) => (bytes[1000]! ^= 1));
    expect(exchange.told).toHaveLength(50);
    expect(exchange.server.connections()).toEqual([]);
  });
});

describe('the answer', () => {
  test('accept spares a Retry, though many are half-open', () => {
    const exchange = gated(() => 'accept', { retry: 1 });
    for (let i = 0; i < 5; i++) knock(exchange.server, { ip: `198.51.100.${i}`, port: 1 }, 70 + i);
    expect(exchange.server.connectionCounts().handshaking).toBe(5);
  });

  test('accept makes no room where there is none', () => {
    const exchange = gated(() => 'accept', { maxConnections: 1 });
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(first.closeReason).toBeUndefined();
    expect(second.closeReason).toMatchObject(REFUSED);
  });

  test('retry has a client prove its address once, whatever the option says', () => {
    covers('rfc9000-8.1.2-1');
    for (const retry of ['never', 64, 'always'] as const) {
      const exchange = gated(() => 'retry', { retry });
      const connection = exchange.client.createConnection(TO, NOW_US);
      settle(exchange, NOW_US);
      expect(connection.statistics().state).toBe('confirmed');
      expect(exchange.told.map(({ token }) => token)).toEqual(['none', 'retry']);
    }
  });

  test('refuse tells the client, ignore does not', () => {
    covers('rfc9000-5.2.2-5');
    const exchange = gated(({ connections }) => (connections === 0 ? 'refuse' : 'ignore'));
    const refused = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(refused.closeReason).toMatchObject(REFUSED);
    const silent = gated(() => 'ignore');
    const connection = silent.client.createConnection(TO, NOW_US);
    passTime(silent, NOW_US, 60_000_000);
    expect(connection.closeReason).toMatchObject({ kind: 'handshake-timeout' });
    expect(silent.server.connections()).toEqual([]);
    // It is asked again for each repetition.
    expect(silent.told.length).toBeGreaterThan(3);
  });

  test('ignore, then accept: a client that goes on trying comes in', () => {
    let patience = 2;
    const exchange = gated(() => (patience-- > 0 ? 'ignore' : undefined));
    const connection = exchange.client.createConnection(TO, NOW_US);
    passTime(exchange, NOW_US, 5_000_000);
    expect(connection.statistics().state).toBe('confirmed');
  });

  test('with options holds for that client alone', () => {
    const exchange = gated(({ connections }) =>
      connections === 0
        ? { transport: { idleTimeoutMs: 5000, maxBidirectionalStreams: 1, streamWindowBytes: 1000 } }
        : undefined,
    );
    const [first, second] = [0, 1].map(() => {
      const connection = exchange.client.createConnection(TO, NOW_US);
      settle(exchange, NOW_US);
      return connection;
    });
    expect(first!.statistics().idleTimeoutMs).toBe(5000);
    expect(second!.statistics().idleTimeoutMs).toBe(30_000);
    expect([first!.openStream(), first!.openStream()]).toEqual([expect.anything(), undefined]);
    expect([second!.openStream(), second!.openStream()]).not.toContain(undefined);
    const stream = second!.openStream()!;
    stream.write(new Uint8Array(50_000), true);
    const nowUs = passTime(exchange, NOW_US, 6_000_000);
    expect(first!.closeReason).toMatchObject({ kind: 'idle-timeout' });
    expect(second!.closeReason).toBeUndefined();
    expect(exchange.server.connections()).toHaveLength(1);
    expect(nowUs).toBe(7_000_000);
  });

  test('may bring protocols', () => {
    const exchange = gated(({ connections }) => ({
      alpn: connections === 0 ? ['other', 'test'] : ['other'],
    }));
    const [first, second] = [0, 1].map(() => {
      const connection = exchange.client.createConnection(TO, NOW_US);
      settle(exchange, NOW_US);
      return connection;
    });
    expect(first!.statistics().state).toBe('confirmed');
    expect(second!.closeReason).toMatchObject({ kind: 'transport', code: 0x178, remote: true });
    const chosen = gated(() => ({ alpn: (offered: readonly string[]) => offered[0] }));
    const third = chosen.client.createConnection(TO, NOW_US);
    settle(chosen, NOW_US);
    expect(third.statistics().state).toBe('confirmed');
  });

  test('may bring a congestion controller', () => {
    const made: string[] = [];
    const exchange = gated(({ connections }) => ({
      congestion: (path: never) => {
        made.push(`for ${connections}`);
        return new Cubic(path);
      },
    }));
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(made).toEqual(['for 0']);
  });

  test.each([
    ['throws', () => raise()],
    ['a word', () => 'maybe'],
    ['true', () => true],
    ['null', () => null],
    ['a number', () => 1],
    ['a promise', () => Promise.resolve('accept')],
    ['an unknown option', () => ({ transports: {} })],
    ['an unknown limit', () => ({ transport: { idleTimeout: 1 } })],
    ['a limit out of range', () => ({ transport: { maxAckDelayMs: 2 ** 14 } })],
    ['a limit of another kind', () => ({ transport: { maxUdpPayloadBytes: 'x' } })],
    ['no factory', () => ({ congestion: 5 })],
    ['no protocol', () => ({ alpn: [] })],
    ['a protocol of no length', () => ({ alpn: [''] })],
  ])('%s ends nothing, and lets nobody in', (_name, wrong) => {
    let isWrong = false;
    const exchange = gated(() => (isWrong ? wrong() : undefined));
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    isWrong = true;
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(exchange.faults).toHaveLength(1);
    expect(second.statistics().state).toBe('handshaking');
    first.openStream()!.write(new Uint8Array(10), true);
    settle(exchange, NOW_US);
    expect(eventsOf(exchange.server).map(({ type }) => type)).toContain('stream-readable');
    isWrong = false;
    passTime(exchange, NOW_US, 3_000_000);
    expect(second.statistics().state).toBe('confirmed');
  });

  test('cannot be given by what is no function', () => {
    expect(caught(() => createServer({ admit: 5 as unknown as () => undefined }))).toEqual(usage);
  });
});

describe('limits of an address', () => {
  const at = (ip: string, port = 1): Address => ({ ip, port });

  test('half-open connections: beyond, a client must prove its address, and others need not', () => {
    const server = createServer({ perAddress: { maxHalfOpen: 2 } });
    const isRetry = (answers: Uint8Array[]): boolean =>
      answers.length === 1 && (answers[0]![0]! & 0xf0) === 0xf0;
    const answers = [0, 1, 2, 3].map((i) => knock(server, at('198.51.100.1', i + 1), 200 + i));
    expect(answers.map(isRetry)).toEqual([false, false, true, true]);
    expect(isRetry(knock(server, at('198.51.100.2'), 210))).toBe(false);
    expect(server.connectionCounts().handshaking).toBe(3);
  });

  test('half-open connections that prove their address have room of their own', () => {
    // Somebody fills up the network of the client with addresses that are made up.
    const server = createServer({ perAddress: { maxHalfOpen: 1, ipv4PrefixBits: 24 } });
    for (let i = 0; i < 5; i++) knock(server, at(`192.0.2.${100 + i}`), 220 + i);
    const exchange = { client: createClient(), server };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
  });

  test('half-open connections: where no address is ever proved, those beyond are not heard', () => {
    const server = createServer({ retry: 'never', perAddress: { maxHalfOpen: 2 } });
    const answers = [0, 1, 2].map((i) => knock(server, at('198.51.100.1', i + 1), 230 + i).length);
    expect(answers.map((count) => count > 0)).toEqual([true, true, false]);
    expect(server.connectionCounts().handshaking).toBe(2);
  });

  test('connections: further ones are refused, until one is gone', () => {
    const exchange = exchangeWith({ perAddress: { maxConnections: 2 } });
    const open = (): ReturnType<QuicContext['createConnection']> => {
      const connection = exchange.client.createConnection(TO, NOW_US);
      settle(exchange, NOW_US);
      return connection;
    };
    const [first, second, third] = [open(), open(), open()];
    expect(first.statistics().state).toBe('confirmed');
    expect(second.statistics().state).toBe('confirmed');
    expect(third.closeReason).toMatchObject(REFUSED);
    first.close(0, '');
    const nowUs = passTime(exchange, NOW_US, 10_000_000);
    const fourth = exchange.client.createConnection(TO, nowUs);
    settle(exchange, nowUs);
    expect(fourth.statistics().state).toBe('confirmed');
  });

  test('connections: handshakes of made-up addresses keep nobody out', () => {
    const server = createServer({ perAddress: { maxConnections: 3 } });
    for (let i = 0; i < 10; i++) knock(server, at(CLIENT.ip, 100 + i), 240 + i);
    // The first three might be true; then addresses must be proved.
    expect(server.connectionCounts().handshaking).toBe(3);
    const exchange = { client: createClient(), server };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
  });

  test('an address of IPv6 counts with its network', () => {
    for (const [bits, expected] of [
      [undefined, 2],
      [128, 4],
    ] as const) {
      const perAddress = { maxHalfOpen: 1, ...(bits === undefined ? {} : { ipv6PrefixBits: bits }) };
      const server = createServer({ retry: 'never', perAddress });
      for (const [i, ip] of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '2001:db8:0:1::2'].entries())
        knock(server, at(ip), 260 + i);
      expect(server.connectionCounts().handshaking).toBe(expected);
    }
  });

  test.each([
    [{ maxConnections: 0 }, 'perAddress.maxConnections'],
    [{ maxConnections: 1.5 }, 'perAddress.maxConnections'],
    [{ maxHalfOpen: -1 }, 'perAddress.maxHalfOpen'],
    [{ ipv4PrefixBits: 33 }, 'perAddress.ipv4PrefixBits'],
    [{ ipv6PrefixBits: 129 }, 'perAddress.ipv6PrefixBits'],
    [{ maxConnection: 5 }, 'do you mean perAddress.maxConnections?'],
  ])('cannot be %j', (perAddress, message) => {
    const error = caught(() => createServer({ perAddress } as Partial<QuicContextOptions>));
    expect(error).toEqual(usage);
    expect((error as Error).message).toContain(message);
  });

  test('may be without limit', () => {
    const perAddress = { maxConnections: Infinity, maxHalfOpen: Infinity };
    expect(caught(() => createServer({ perAddress }))).toBeUndefined();
  });
});

describe('connections of a context', () => {
  test('can be gone through and counted, and closed on the way', () => {
    const exchange = exchangeWith({});
    const ours = [0, 1, 2].map(() => exchange.client.createConnection(TO, NOW_US));
    expect(exchange.client.connectionCounts()).toEqual({
      handshaking: 3,
      connected: 0,
      confirmed: 0,
      closing: 0,
      draining: 0,
      closed: 0,
    });
    expect(exchange.client.connections()).toEqual(ours);
    settle(exchange, NOW_US);
    expect(exchange.server.connectionCounts()).toMatchObject({ handshaking: 0, confirmed: 3 });
    for (const connection of exchange.server.connections()) connection.close(1, '');
    expect(exchange.server.connectionCounts()).toMatchObject({ closing: 3 });
    settle(exchange, NOW_US);
    expect(exchange.client.connectionCounts()).toMatchObject({ draining: 3 });
    passTime(exchange, NOW_US, 10_000_000);
    for (const context of [exchange.client, exchange.server]) expect(context.connections()).toEqual([]);
  });

  test('are none in a context that was freed', () => {
    const { client } = exchangeWith({});
    client.createConnection(TO, NOW_US);
    client.free();
    expect(client.connections()).toEqual([]);
  });
});

describe('another certificate', () => {
  const other = createTestIdentity(seededCrypto(5), 3000);

  test('is shown by handshakes that begin from now on; connections go on', () => {
    const exchange = exchangeWith({});
    const first = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    exchange.server.setIdentity(other);
    const second = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const shown = eventsOf(exchange.client).flatMap((event) =>
      event.type === 'connected' ? [event.peerCertificates.length] : [],
    );
    expect(shown).toEqual([1, other.chain.length]);
    expect(second.statistics().state).toBe('confirmed');
    first.openStream()!.write(new Uint8Array(10), true);
    settle(exchange, NOW_US);
    expect(first.closeReason).toBeUndefined();
  });

  test('may be chosen by name, and make a server of a client', () => {
    const exchange = exchangeWith({});
    const asked: string[] = [];
    exchange.client.setIdentity((serverName) => (asked.push(serverName), other));
    const turned = { client: createClient({}, 8), server: exchange.client };
    const connection = turned.client.createConnection(TO, NOW_US);
    settle(turned, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(asked).toEqual(['server.test']);
  });

  test('that is no pair changes nothing', () => {
    const exchange = exchangeWith({});
    const wrong = { ...other, signer: { schemes: [0x0403], sign: () => new Uint8Array(64) } };
    for (const identity of [wrong, undefined, null, 5, 'x'])
      expect(caught(() => exchange.server.setIdentity(identity as typeof other))).toEqual(usage);
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
  });
});

function raise(): never {
  throw new Error('no luck');
}

describe('limits that change while the server runs', () => {
  const from = (ip: string, port = 1): Address => ({ ip, port });
  const refused = (answers: readonly Uint8Array[]): boolean => answers.length === 1;
  /** Whether a client at this address is let in. */
  const letsIn = (server: QuicContext, address: Address, seed: number): boolean => {
    const before = server.connections().length;
    knock(server, address, seed);
    return server.connections().length > before;
  };

  test('hold for the next client, and cost no connection that is there', () => {
    const exchange = exchangeWith({ maxConnections: 5 });
    for (let i = 0; i < 2; i++) exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    exchange.server.setLimits({ maxConnections: 1 });
    expect(refused(knock(exchange.server, from('198.51.100.1'), 60))).toBe(true);
    expect(exchange.server.connectionCounts().confirmed).toBe(2);
    exchange.server.setLimits({ maxConnections: 3 });
    expect(letsIn(exchange.server, from('198.51.100.1'), 61)).toBe(true);
  });

  test('of addresses count those who came before, also by other networks', () => {
    const exchange = exchangeWith({ retry: 'never' });
    for (let i = 0; i < 2; i++) exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const { server } = exchange;
    const neighbour = from('192.0.2.200');
    expect(letsIn(server, neighbour, 70)).toBe(true);
    server.setLimits({ perAddress: { maxConnections: 2 } });
    expect(letsIn(server, from(CLIENT.ip), 71)).toBe(false);
    expect(letsIn(server, from('192.0.2.201'), 72)).toBe(true);
    server.setLimits({ perAddress: { maxConnections: 2, ipv4PrefixBits: 24 } });
    expect(letsIn(server, from('192.0.2.202'), 73)).toBe(false);
    expect(letsIn(server, from('203.0.113.1'), 74)).toBe(true);
    server.setLimits({ perAddress: {} });
    expect(letsIn(server, from(CLIENT.ip), 75)).toBe(true);
  });

  test('of handshakes count by other networks as well, and forget those that end', () => {
    const server = createServer({ retry: 'never', perAddress: { maxHalfOpen: 1 } });
    expect(letsIn(server, from('192.0.2.1'), 80)).toBe(true);
    expect(letsIn(server, from('192.0.2.2'), 81)).toBe(true);
    server.setLimits({ perAddress: { maxHalfOpen: 2, ipv4PrefixBits: 24 } });
    expect(letsIn(server, from('192.0.2.3'), 82)).toBe(false);
    server.setLimits({ perAddress: { maxHalfOpen: 3, ipv4PrefixBits: 24 } });
    expect(letsIn(server, from('192.0.2.3'), 83)).toBe(true);
    expect(letsIn(server, from('192.0.2.4'), 84)).toBe(false);
  });

  test.each<[object, string]>([
    [{ maxConnections: -1 }, 'maxConnections'],
    [{ maxConnections: 7, perAddress: { maxHalfOpen: 0 } }, 'perAddress.maxHalfOpen'],
    [{ maxConnection: 7 }, 'do you mean maxConnections?'],
  ])('that make no sense, %j, change nothing', (limits, message) => {
    const server = createServer({ maxConnections: 1 });
    expect(caught(() => server.setLimits(limits))).toMatchObject({
      name: 'QuicUsageError',
      message: expect.stringContaining(message) as unknown,
    });
    expect(letsIn(server, from('198.51.100.1'), 90)).toBe(true);
    const { limits: inForce } = (server as unknown as { settings: { limits: { maxConnections: number } } })
      .settings;
    expect(inForce.maxConnections).toBe(1);
  });
});

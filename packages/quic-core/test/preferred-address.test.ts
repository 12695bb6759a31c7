import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { ConnectionOptions, PreferredAddress, QuicContextOptions } from '@tsquic/quic-core';
import { frame } from '@tsquic/adversary';
import {
  createPair,
  type Datagram,
  type LinkOptions,
  type Pair,
  SECOND_CLIENT_ADDRESS as SECOND,
  SERVER_ADDRESS as SERVER,
} from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { TransportCode } from '../src/errors/transport-error.ts';
import { FrameType } from '../src/frame/rules.ts';
import { type Attacker, PING } from './support/attacker.ts';
import {
  decodePreferredAddress,
  encodePreferredAddress,
  isPreferredAddress,
} from '../src/parameters/preferred-address.ts';
import { lawfulOffer } from '../src/path/preferred-address.ts';
import { attackClient, createClient, createServer } from './support/contexts.ts';

const APP = Level.Application;
const ID = new Uint8Array(8).fill(0xd1);
const TOKEN = new Uint8Array(16).fill(0xd2);

/** A server that a client of ours has shaken hands with, and that told it of a preferred address. RFC 9000 §18.2 */
function serverWithPreferredAddress(): Attacker {
  const preferredAddress = concatBytes(new Uint8Array(24).fill(1), Uint8Array.of(8), ID, TOKEN);
  const server = attackClient(createClient(), {
    parameters: (parameters) => void Object.assign(parameters, { preferredAddress }),
  });
  return server.send(APP, concatBytes(PING, frame(FrameType.HandshakeDone)));
}

const issue = (sequence: number, retirePriorTo: number, id: Uint8Array, token: Uint8Array): Uint8Array =>
  frame(FrameType.NewConnectionId, [sequence, retirePriorTo], concatBytes(Uint8Array.of(8), id, token));

describe('the connection ID of a preferred address', () => {
  test('has sequence number 1: the same may be issued again, another with that number may not', () => {
    covers('rfc9000-19.15-5');
    const server = serverWithPreferredAddress().send(APP, issue(1, 0, ID, TOKEN));
    expect(server.closeCode).toBeUndefined();
    server.send(APP, issue(1, 0, new Uint8Array(8).fill(0xd3), TOKEN));
    expect(server.closeCode).toBe(TransportCode.ProtocolViolation);
  });

  test.each([
    ['another sequence number', issue(2, 0, ID, TOKEN)],
    ['another reset token', issue(1, 0, ID, new Uint8Array(16).fill(0xd5))],
  ])('may not be issued again with %s', (_name, payload) => {
    covers('rfc9000-19.15-5');
    expect(serverWithPreferredAddress().send(APP, payload).closeCode).toBe(TransportCode.ProtocolViolation);
  });

  test('is retired when the server says so', () => {
    covers('rfc9000-5.1.2-4');
    const server = serverWithPreferredAddress();
    server.send(APP, issue(2, 2, new Uint8Array(8).fill(0xd4), new Uint8Array(16)));
    const retired = server.framesOf(FrameType.RetireConnectionId).map(({ values }) => values[0]);
    expect(new Set(retired)).toEqual(new Set([0, 1]));
  });
});

const MS = 1000;
const SECOND_US = 1_000_000;
const PREFERRED = { ip: '10.0.7.7', port: 4433 };

interface World {
  readonly seed?: number;
  readonly link?: Partial<LinkOptions>;
  readonly offer?: PreferredAddress;
  readonly connect?: Partial<ConnectionOptions>;
  readonly server?: Partial<QuicContextOptions>;
  readonly client?: Partial<QuicContextOptions>;
}

/** A server with two addresses that prefers the second, and a client with two. */
function preferring({
  seed = 1,
  link = {},
  offer = { ipv4: PREFERRED },
  connect = {},
  server = {},
  client = {},
}: World = {}) {
  const delay = { delayUs: 20 * MS };
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    link: delay,
    secondPath: {},
    client,
    server: { preferredAddress: offer, ...server },
    serverHost: { addresses: [SERVER, PREFERRED], respond: () => 100_000 },
  });
  const { world } = pair;
  for (const { ip } of pair.client.host.addresses) {
    world.addRoute(ip, PREFERRED.ip, [world.addLink('to preferred', { ...delay, ...link })]);
    world.addRoute(PREFERRED.ip, ip, [world.addLink('from preferred', { ...delay, ...link })]);
  }
  const sent: Datagram[] = [];
  world.observe({ onSend: (_host, datagram) => void sent.push(datagram) });
  const connection = pair.connect(connect);
  expect(pair.run(() => pair.client.has('confirmed'), 10 * SECOND_US)).toBe(true);
  return { pair, sent, connection };
}

function exchange(pair: Pair): boolean {
  const { id } = pair.client.sendPattern(2000);
  return pair.run(() => pair.client.received(id).finished, 30 * SECOND_US);
}

const changesOf = (peer: Pair['client']): string[] =>
  peer.eventsOf('path').map(({ change, local, remote }) => `${change} ${local.ip} ${remote.ip}`);

describe('a server that prefers another address', () => {
  test('is followed there once that is validated, and both go on there alone', () => {
    covers('rfc9000-9.6.1-2', 'rfc9000-9.6.1-3', 'rfc9000-9.6.2-1', 'rfc9000-21.5.3-1', 'rfc9000-9.6.2-3');
    const { pair, sent, connection } = preferring();
    const { ip } = pair.client.host.addresses[0]!;
    expect(connection.preferredAddress).toEqual({ ipv4: PREFERRED });
    pair.pass(30 * MS);
    // Nothing but a probe of full size has left for it.
    const first = sent.filter(({ to }) => to.ip === PREFERRED.ip);
    expect(first.map(({ bytes }) => bytes.length)).toEqual([1200]);
    pair.pass(300 * MS);
    expect(changesOf(pair.client)).toEqual([
      `validated ${ip} ${PREFERRED.ip}`,
      `active ${ip} ${PREFERRED.ip}`,
    ]);
    expect(exchange(pair)).toBe(true);
    expect(connection.remoteAddress).toEqual(PREFERRED);
    expect(pair.server.connection.pathStatistics()[0]).toMatchObject({ local: PREFERRED, validated: true });
    // The server has asked for itself, from there.
    expect(changesOf(pair.server)).toContain(`validated ${PREFERRED.ip} ${ip}`);
    pair.pass(3 * SECOND_US);
    const before = sent.length;
    expect(exchange(pair)).toBe(true);
    const ends = sent.slice(before).flatMap(({ from: a, to: b }) => [a.ip, b.ip]);
    expect(ends).not.toContain(SERVER.ip);
  });

  test('says nothing but probes from there before it is validated there', () => {
    covers('rfc9000-9.6.2-2');
    const { pair, connection } = preferring({ connect: { preferredAddress: 'ignore' } });
    // A client that goes on there without asking: PATH_RESPONSE never comes back to the server.
    const { id } = pair.client.sendPattern(100);
    pair.pass(10 * MS);
    expect(connection.preferredAddress).toEqual({ ipv4: PREFERRED });
    expect(pair.run(() => pair.client.received(id).finished, SECOND_US)).toBe(true);
    expect(pair.server.connection.pathStatistics()[0]!.local).toEqual(SERVER);
  });

  test('that nobody reaches there: the client stays', () => {
    covers('rfc9000-9.6.1-4');
    const { pair, connection } = preferring({ link: { loss: { kind: 'random', rate: 1 } } });
    expect(exchange(pair)).toBe(true);
    pair.pass(20 * SECOND_US);
    const { ip } = pair.client.host.addresses[0]!;
    expect(changesOf(pair.client)).toEqual([`failed ${ip} ${PREFERRED.ip}`]);
    expect(connection.remoteAddress).toEqual(SERVER);
    expect(exchange(pair)).toBe(true);
  });

  test('of the other family only: the client stays, and its program may go there', () => {
    covers('rfc9000-9.6.1-1', 'rfc9000-9.6.3-6', 'rfc9000-18.2-4');
    const ipv6 = { ip: '2001:db8::7', port: 4433 };
    const { pair, connection } = preferring({ offer: { ipv6 } });
    pair.pass(SECOND_US);
    expect([connection.preferredAddress, changesOf(pair.client)]).toEqual([{ ipv6 }, []]);
    expect(connection.probe({ from: { ip: '2001:db8::1', port: 9 }, to: ipv6 })).toBe(true);
  });

  test('of a client that ignores it, until its program goes there', () => {
    const { pair, connection } = preferring({ connect: { preferredAddress: 'ignore' } });
    pair.pass(SECOND_US);
    expect([connection.remoteAddress, changesOf(pair.client)]).toEqual([SERVER, []]);
    expect(() => connection.migrate({ to: PREFERRED, atOnce: true })).toThrow('must be validated');
    expect(connection.migrate({ to: PREFERRED })).toBe(true);
    expect(exchange(pair)).toBe(true);
    expect(connection.remoteAddress).toEqual(PREFERRED);
    // There is no way back. RFC 9000 §9.6.1
    expect(() => connection.migrate({ to: SERVER })).toThrow('the address of the server');
  });

  test('and forbids migration: who has followed it may move', () => {
    covers('rfc9000-9-2');
    const { pair, connection } = preferring({ server: { transport: { disableActiveMigration: true } } });
    expect(connection.migrate({ from: SECOND })).toBe(false);
    pair.pass(SECOND_US);
    expect(connection.remoteAddress).toEqual(PREFERRED);
    expect(connection.migrate({ from: SECOND })).toBe(true);
    pair.pass(SECOND_US);
    expect(connection.pathStatistics()[0]).toMatchObject({ local: SECOND, remote: PREFERRED });
    expect(exchange(pair)).toBe(true);
  });

  test('and whose client moves on the way there: both addresses are tried, and the preferred one is used', () => {
    covers('rfc9000-9.6.3-1', 'rfc9000-9.6.3-2', 'rfc9000-9.6.3-4');
    const { pair, sent, connection } = preferring();
    expect(connection.migrate({ from: SECOND })).toBe(true);
    pair.pass(15 * MS);
    const probed = sent.filter(({ from }) => from.ip === SECOND.ip).map(({ to }) => to.ip);
    expect(new Set(probed)).toEqual(new Set([SERVER.ip, PREFERRED.ip]));
    pair.pass(2 * SECOND_US);
    expect(connection.pathStatistics()[0]).toMatchObject({ local: SECOND, remote: PREFERRED });
    expect(exchange(pair)).toBe(true);
  });

  test('in vain, while its client moves: the client goes on from its new address to the old one', () => {
    covers('rfc9000-9.6.3-3');
    const { pair, connection } = preferring({ link: { loss: { kind: 'random', rate: 1 } } });
    connection.migrate({ from: SECOND });
    pair.pass(20 * SECOND_US);
    expect(connection.pathStatistics()[0]).toMatchObject({ local: SECOND, remote: SERVER });
    expect(exchange(pair)).toBe(true);
  });

  test.each([0.1, 0.3])(
    'with %d of all datagrams there lost, everything comes through (seeds 1 to 10)',
    (rate) => {
      for (let seed = 1; seed <= 10; seed++) {
        const { pair } = preferring({ seed, link: { loss: { kind: 'random', rate } } });
        expect([seed, exchange(pair), exchange(pair)]).toEqual([seed, true, true]);
      }
    },
  );

  test.each([
    ['with', 1452],
    ['without', 1200],
  ])(
    'takes nothing new at the address that both have left, %s probes of the MTU',
    (_with, maxUdpPayloadBytes) => {
      covers('rfc9000-9.6.2-4', 'rfc9000-9.6.2-5');
      // Without them the first packet there that is no probe comes after the validation.
      const { pair, sent } = preferring({
        client: { transport: { maxUdpPayloadBytes } },
        server: { transport: { maxUdpPayloadBytes } },
      });
      pair.pass(SECOND_US);
      expect(exchange(pair)).toBe(true);
      const before = pair.server.connection.statistics().packetsDropped;
      const from = sent.length;
      pair.client.sendPattern(100, { unidirectional: true });
      pair.pass(1);
      const redirected = sent.slice(from).find(({ to }) => to.ip === PREFERRED.ip)!;
      pair.world.inject({ ...redirected, to: SERVER });
      pair.pass(1);
      expect(pair.server.connection.statistics().packetsDropped).toBe(before + 1);
      expect(pair.server.connection.pathStatistics()[0]!.local).toEqual(PREFERRED);
    },
  );
});

describe('where no server may send its clients (RFC 9000 §21.5.6)', () => {
  const VICTIM_OF = (server: string, ip: string, port = 443): PreferredAddress | undefined =>
    lawfulOffer(
      ip.includes(':') ? { ipv6: { ip, port } } : { ipv4: { ip, port } },
      { ip: server, port: 443 },
      new Set([53]),
    );

  test.each([
    ['203.0.113.1', '127.0.0.1', false],
    ['203.0.113.1', '10.0.0.1', false],
    ['203.0.113.1', '172.16.0.1', false],
    ['203.0.113.1', '192.168.0.1', false],
    ['203.0.113.1', '169.254.169.254', false],
    ['203.0.113.1', '100.64.0.1', false],
    ['203.0.113.1', '224.0.0.1', false],
    ['203.0.113.1', '255.255.255.255', false],
    ['203.0.113.1', '0.0.0.0', false],
    ['203.0.113.1', '198.51.100.1', true],
    ['203.0.113.1', '::1', false],
    ['203.0.113.1', '::', false],
    ['203.0.113.1', '::ffff:127.0.0.1', false],
    ['203.0.113.1', '::ffff:198.51.100.1', true],
    ['203.0.113.1', 'fe80::1', false],
    ['203.0.113.1', 'fd00::1', false],
    ['203.0.113.1', 'ff02::1', false],
    ['203.0.113.1', '2001:db8::1', true],
    ['10.0.0.1', '10.0.0.2', true],
    ['10.0.0.1', '198.51.100.1', true],
    ['10.0.0.1', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '10.0.0.1', true],
    ['fe80::2', 'fe80::1', true],
  ])('from %s to %s: %s', (server, ip, isLawful) => {
    covers('rfc9000-21.5.6-2');
    expect(VICTIM_OF(server, ip) !== undefined).toBe(isLawful);
  });

  test('nor to port 0, or to one of a service that answers anybody', () => {
    expect([
      VICTIM_OF('203.0.113.1', '198.51.100.1', 0),
      VICTIM_OF('203.0.113.1', '198.51.100.1', 53),
    ]).toEqual([undefined, undefined]);
  });
});

describe('what an offer on the wire says', () => {
  test('is what was offered; a family that is left out is zeros', () => {
    covers('rfc9000-18.2-4');
    const id = { connectionId: ID, resetToken: TOKEN };
    const ipv4 = { ip: '192.0.2.1', port: 443 };
    const ipv6 = { ip: '2001:db8::1:0:0:1', port: 8443 };
    for (const offer of [{ ipv4 }, { ipv6 }, { ipv4, ipv6 }]) {
      const bytes = encodePreferredAddress(offer, id);
      expect(isPreferredAddress(bytes)).toBe(true);
      expect(decodePreferredAddress(bytes)).toEqual(offer);
    }
    // RFC 9000 §18.2: address, port, address, port, length, ID, token.
    expect(Buffer.from(encodePreferredAddress({ ipv4 }, id)).toString('hex')).toBe(
      `c000020101bb${'00'.repeat(18)}08${'d1'.repeat(8)}${'d2'.repeat(16)}`,
    );
  });

  test.each([
    [{}, 'needs ipv4 or ipv6'],
    [{ ipv4: { ip: '::1', port: 1 } }, 'of that family'],
    [{ ipv6: { ip: '127.0.0.1', port: 1 } }, 'of that family'],
    [{ ipv4: { ip: '0.0.0.0', port: 1 } }, 'of one host'],
    [{ ipv4: { ip: '224.0.0.1', port: 1 } }, 'of one host'],
    [{ ipv4: { ip: '192.0.2.1', port: 0 } }, 'port'],
    [{ ipv4: { ip: '192.0.2.1', port: 65_536 } }, 'port'],
    [{ ipv4: { ip: 'example.org', port: 1 } }, 'numeric'],
    [{ ipv4: { ip: '1.2.3', port: 1 } }, 'numeric'],
    [{ ipv4: { ip: '1.2.3.256', port: 1 } }, 'numeric'],
    [{ ipv6: { ip: '1::2::3', port: 1 } }, 'numeric'],
    [{ ipv6: { ip: '1:2:3:4:5:6:7', port: 1 } }, 'numeric'],
    [{ ipv6: { ip: '1:2:3:4:5:6:7:8:9', port: 1 } }, 'numeric'],
    [{ ipv6: { ip: '12345::', port: 1 } }, 'numeric'],
  ])('%j is no option: %s', (preferredAddress, text) => {
    expect(() => createServer({ preferredAddress })).toThrow(text);
  });

  test('a client has none to offer, and follows or ignores', () => {
    expect(() => createClient({ preferredAddress: { ipv4: { ip: '192.0.2.1', port: 1 } } })).toThrow(
      'servers',
    );
    const preferredAddress = 'never' as 'ignore';
    expect(() => createClient().createConnection({ to: SERVER, preferredAddress }, 0)).toThrow('follow');
  });
});

test('a server at an address that its client has not chosen is not heard', () => {
  covers('rfc9000-9-7', 'rfc9000-9.6-1');
  const client = createClient();
  const server = attackClient(client).send(APP, concatBytes(PING, frame(FrameType.HandshakeDone)));
  const dropped = (): number => client.connection(0)!.statistics().packetsDropped;
  const before = dropped();
  server.deliver(server.packet(APP, PING), { ip: '198.51.100.99', port: 443 });
  expect(dropped()).toBe(before + 1);
});

import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { createTestIdentity } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { type Attacker, PADDING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { type Exchange, SERVER, settle } from './support/exchange.ts';
import { cryptoFrame } from './support/frames.ts';

const NOW_US = 1_000_000;
const TO = { to: SERVER, serverName: 'server.test' };
const HANDSHAKE_SECRETS = ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET'];
const ONE_RTT_SECRETS = ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'];

/** An Ed25519 key that no certificate names: PKCS #8, RFC 8410 §7. */
const OTHER_KEY = `302e020100300506032b657004220420${'ab'.repeat(32)}`;

/** A handshake of ours, with what both sides log of their keys. */
function shake(
  client: Partial<QuicContextOptions> = {},
  server: Partial<QuicContextOptions> = {},
  more: object = {},
): { readonly exchange: Exchange; readonly lines: string[][]; readonly state: string | undefined } {
  const lines: string[][] = [[], []];
  const exchange = {
    client: createClient({ onKeyLog: (line) => void lines[0]!.push(line), ...client }),
    server: createServer({ onKeyLog: (line) => void lines[1]!.push(line), ...server }),
  };
  const connection = exchange.client.createConnection({ ...TO, ...more }, NOW_US);
  settle(exchange, NOW_US);
  return { exchange, lines, state: connection.statistics().state };
}

describe('the handshake (RFC 9000 §7)', () => {
  test('authenticates the server: the key of another one, with its certificate, ends it', () => {
    covers('rfc9000-7-1');
    const crypto = seededCrypto(5);
    const identity = createTestIdentity(crypto);
    expect(shake({}, { identity }).state).toBe('confirmed');
    const thief = { ...identity, signer: crypto.createSigner(fromHex(OTHER_KEY)) };
    const client = createClient();
    expect(attackClient(client, { identity: thief }).complete).toBe(false);
    // decrypt_error: RFC 8446 §4.4.3.
    expect(client.connection(0)!.closeReason).toMatchObject({ kind: 'transport', code: 0x133 });
  });

  test('gives both sides the same keys, each connection others, and each level and direction others', () => {
    covers('rfc9000-7-1');
    const secrets: string[] = [];
    for (const seeds of [
      [1, 2],
      [3, 4],
    ] as const) {
      const { lines } = shake({ crypto: seededCrypto(seeds[0]) }, { crypto: seededCrypto(seeds[1]) });
      expect([...lines[0]!].sort()).toEqual([...lines[1]!].sort());
      const labels = lines[0]!.map((line) => line.split(' ')[0]);
      expect(labels).toEqual(expect.arrayContaining([...HANDSHAKE_SECRETS, ...ONE_RTT_SECRETS]));
      secrets.push(...lines[0]!.map((line) => line.split(' ')[2]!));
    }
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  test.each<[string, (hello: Uint8Array) => Uint8Array]>([
    ['a transport parameter of the client', (hello) => flipped(hello, [0x0f, 8])],
    ['the protocol that the client offers', (hello) => flipped(hello, [0x74, 0x65, 0x73, 0x74])],
  ])('protects what is negotiated: %s that was changed on its way ends it', (_name, change) => {
    covers('rfc9000-7-1');
    const edit = (level: Level, bytes: Uint8Array): Uint8Array =>
      level === Level.Initial ? change(bytes) : bytes;
    const server = createServer({ alpn: (offered) => offered[0] });
    const attacker = attackServer(server, { edit });
    // The server has read a hello that its client has not written.
    expect(attacker.complete).toBe(false);
    expect(eventsOf(server).map(({ type }) => type)).not.toContain('connected');
    expect(attacker.seen.length).toBeGreaterThan(0);
  });

  test('protects what a server says: parameters and protocol that were changed on their way end it', () => {
    covers('rfc9000-7-1');
    for (const text of [
      [0x0f, 8],
      [0x74, 0x65, 0x73, 0x74],
    ]) {
      const edit = (level: Level, bytes: Uint8Array): Uint8Array =>
        level === Level.Handshake && bytes[0] === 8 ? flipped(bytes, text) : bytes;
      const client = createClient({ alpn: ['test', 'uest'] });
      const attacker = attackClient(client, { edit });
      expect(client.connection(0)!.closeReason).toMatchObject({ kind: 'transport', remote: false });
      expect(attacker.closeCode).toBeDefined();
    }
  });

  test('tells nobody on the way what a server says of itself', () => {
    covers('rfc9000-7-1');
    const secret = 'only-the-client-may-know-this';
    const seen: string[] = [];
    const exchange: Exchange = {
      client: createClient({ alpn: [secret.replace('only', 'some'), secret] }),
      server: createServer({ alpn: [secret] }),
      onDatagram: (bytes, isFromClient) =>
        void (isFromClient || seen.push(Buffer.from(bytes).toString('latin1'))),
    };
    const connection = exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(connection.statistics().state).toBe('confirmed');
    expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });
});

/** The first place where these bytes stand, with the first of them changed. */
function flipped(bytes: Uint8Array, wanted: readonly number[]): Uint8Array {
  const at = toHex(bytes).indexOf(toHex(Uint8Array.from(wanted)));
  if (at < 0 || at % 2 !== 0) throw new Error('not found');
  const copy = bytes.slice();
  copy[at / 2 + wanted.length - 1]! ^= 1;
  return copy;
}

const ROLES: readonly [string, () => Attacker][] = [
  ['server', () => attackServer(createServer(), { silentFrom: Level.Handshake })],
  ['client', () => attackClient(createClient(), { silentFrom: Level.Handshake })],
];

describe.each(ROLES)('CRYPTO frames that a %s has no use for', (role, attack) => {
  test.each<[string, (attacker: Attacker) => readonly [Level, Uint8Array]]>([
    [
      'that repeat what came',
      () => [Level.Initial, cryptoFrame(0, new Uint8Array(20).fill(role === 'client' ? 2 : 1))],
    ],
    ['that are empty', () => [Level.Initial, cryptoFrame(0, new Uint8Array(0))]],
  ])('%s are acknowledged', (_name, make) => {
    covers('rfc9000-7.5-6');
    const attacker = attack();
    const [level, payload] = make(attacker);
    const before = attacker.framesOf(Type.Ack, level).length;
    attacker.send(level, Uint8Array.of(...payload, ...PADDING), { number: 700 }).pass(100_000);
    const acks = attacker.framesOf(Type.Ack, level).slice(before);
    expect(attacker.closeCode).toBeUndefined();
    expect(acks.some(({ values }) => values[0] === 700)).toBe(true);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { Group } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Pair, type PairOptions, randomBytes, watchInvariants } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers, usageCode } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createQuicContext, QuicUsageError } from '../src/index.ts';
import { ATTACKER, VICTIM } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { cryptoFrame } from './support/frames.ts';

const SECOND = 1_000_000;
const HYBRID = Group.X25519MLKEM768;
const BOTH = { groups: [HYBRID, Group.X25519] };
const CRYPTO_BUFFER_EXCEEDED = 0x0d;

function pairOf(options: Partial<PairOptions> = {}): Pair {
  return createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    client: BOTH,
    server: BOTH,
    ...options,
  });
}

/** The handshake, and bytes both ways; which group was used. */
function meet(pair: Pair): string[] {
  const violations = watchInvariants(pair.world);
  pair.connect();
  const isConfirmed = (): boolean => pair.client.has('confirmed') && pair.server.has('confirmed');
  expect(pair.run(isConfirmed, 60 * SECOND)).toBe(true);
  const bytes = randomBytes(3000, pair.world.random.fork('data'));
  const feeder = pair.client.send(bytes);
  expect(pair.run(() => pair.server.received(feeder.id).finished, 60 * SECOND)).toBe(true);
  expect(pair.server.received(feeder.id).bytes()).toEqual(bytes);
  expect(violations).toEqual([]);
  return [pair.client, pair.server].map((side) => side.eventsOf('connected')[0]!.group);
}

describe('X25519MLKEM768', () => {
  test('is used where both have it first; the ClientHello takes two datagrams, each of 1200 bytes', () => {
    covers('rfc9000-14.1-1', 'rfc9000-8.1-2', 'rfc9001-9.3-1');
    const pair = pairOf();
    const sizes: number[] = [];
    pair.world.observe({
      onSend(host, { bytes }) {
        if (host === pair.client.host && pair.world.nowUs === 0) sizes.push(bytes.length);
      },
    });
    expect(meet(pair)).toEqual(['X25519MLKEM768', 'X25519MLKEM768']);
    expect(sizes).toEqual([1200, 1200]);
  });

  test('gives way to what the other side has', () => {
    expect(meet(pairOf({ server: { groups: [Group.X25519] } }))).toEqual(['X25519', 'X25519']);
    expect(meet(pairOf({ client: { groups: [Group.X25519] } }))).toEqual(['X25519', 'X25519']);
  });

  test.each<[string, Group[], Group[], string]>([
    ['to', [Group.X25519, HYBRID], [HYBRID], 'X25519MLKEM768'],
    ['from', [HYBRID, Group.X25519, Group.Secp384r1], [Group.Secp384r1], 'P-384'],
  ])('is what a HelloRetryRequest leads %s, also with a Retry before', (_way, client, server, group) => {
    for (const retry of ['never', 'always'] as const) {
      const pair = pairOf({ client: { groups: client }, server: { groups: server, retry } });
      expect(meet(pair)).toEqual([group, group]);
    }
  });

  test.each(Array.from({ length: 16 }, (_, mask) => mask.toString(2).padStart(4, '0')))(
    'survives what is lost of the first two datagrams of either side: %s',
    (fates) => {
      const mask = (bits: string): string => bits.replaceAll('1', 'x').replaceAll('0', '.');
      const lossy = (bits: string) => ({ loss: { kind: 'mask', mask: mask(bits) } as const });
      const pair = pairOf({ up: lossy(fates.slice(0, 2)), down: lossy(fates.slice(2)) });
      expect(meet(pair)).toEqual(['X25519MLKEM768', 'X25519MLKEM768']);
    },
  );

  test.each([1, 2, 3, 4, 5])('survives disorder and repetition (seed %d)', (seed) => {
    const link = { reordering: 0.4, reorderUs: 30_000, duplication: 0.3, corruption: 0.05 };
    expect(meet(pairOf({ seed, link }))).toEqual(['X25519MLKEM768', 'X25519MLKEM768']);
  });

  test('goes with large certificates, Retry and a resumed session', () => {
    for (const options of [{ chainBytes: 9000 }, { server: { ...BOTH, retry: 'always' as const } }])
      expect(meet(pairOf(options))).toEqual(['X25519MLKEM768', 'X25519MLKEM768']);
    const pair = pairOf();
    meet(pair);
    pair.run(() => pair.client.has('ticket'), SECOND);
    const { ticket } = pair.client.eventsOf('ticket')[0]!;
    pair.connect({ session: ticket });
    expect(pair.run(() => pair.client.eventsOf('connected').length === 2, 10 * SECOND)).toBe(true);
    expect(pair.client.eventsOf('connected')[1]).toMatchObject({ resumed: true, group: 'X25519MLKEM768' });
  });
});

describe('a hello of two datagrams, of which one came,', () => {
  /** The first flight of a client, as datagrams. */
  function firstFlight(): Uint8Array[] {
    const client = createClient({ ...BOTH, crypto: seededCrypto(21) });
    client.createConnection({ to: VICTIM, serverName: 'server.test' }, SECOND);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const flight: Uint8Array[] = [];
    while (client.prepareNextPacket(out, SECOND) > 0) flight.push(out.buffer.slice(0, out.length));
    return flight;
  }

  test.each([0, 1])('number %d, makes a server compute nothing and send less than it got', (which) => {
    covers('rfc9000-8.1-2');
    const flight = firstFlight();
    expect(flight.map(({ length }) => length)).toEqual([1200, 1200]);
    let exchanges = 0;
    const crypto = seededCrypto(22);
    const counting = {
      ...crypto,
      answerKeyShare: (...of: Parameters<typeof crypto.answerKeyShare>) => {
        exchanges++;
        return crypto.answerKeyShare(...of);
      },
    };
    const server = createServer({ ...BOTH, crypto: counting });
    const out = createOutgoingDatagram(new Uint8Array(1500));
    let sent = 0;
    const answer = (nowUs: number): void => {
      while (server.prepareNextPacket(out, nowUs) > 0) sent += out.length;
    };
    server.incomingPacket(flight[which]!, ATTACKER, VICTIM, 0, 0, SECOND);
    for (let nowUs = SECOND; nowUs < 12 * SECOND; nowUs += 10_000) answer(nowUs);
    expect(exchanges).toBe(0);
    expect(sent).toBeLessThanOrEqual(3 * 1200);
    // The half that came is forgotten with the handshake that never ends.
    expect(eventsOf(server).at(-1)).toMatchObject({ type: 'closed', reason: { kind: 'handshake-timeout' } });
  });

  test('is completed by the other one, in any order, and answered with one exchange', () => {
    for (const order of [
      [0, 1],
      [1, 0],
      [0, 0, 1, 1, 0],
    ]) {
      const flight = firstFlight();
      const server = createServer({ ...BOTH, crypto: seededCrypto(23) });
      for (const which of order) server.incomingPacket(flight[which]!, ATTACKER, VICTIM, 0, 0, SECOND);
      const out = createOutgoingDatagram(new Uint8Array(1500));
      let sent = 0;
      while (server.prepareNextPacket(out, SECOND) > 0) sent += out.length;
      // A ServerHello of more than a kilobyte, and what goes with it.
      expect(sent).toBeGreaterThan(1200);
      expect(sent).toBeLessThanOrEqual(3 * 1200 * order.length);
    }
  });
});

describe('bounds of CRYPTO', () => {
  test('leave room for a large hello in pieces of a few bytes, and for no more', () => {
    // 1300 bytes, every other piece first: a hundred gaps at most.
    const server = createServer(BOTH);
    const attacker = attackServer(server, { silentFrom: Level.Initial });
    for (let at = 13; at < 1300; at += 26) attacker.send(Level.Initial, cryptoFrame(at, new Uint8Array(13)));
    expect(attacker.closeCode).toBeUndefined();
    for (let at = 2000; at < 2600; at += 4) attacker.send(Level.Initial, cryptoFrame(at, new Uint8Array(1)));
    expect(attacker.closeCode).toBe(CRYPTO_BUFFER_EXCEEDED);
  });
});

describe('shares that are none', () => {
  test('end a connection with illegal_parameter, at either end', () => {
    /** Makes the last byte of every coefficient's pair larger than any residue: FIPS 203 §7.2. */
    const spoil = (bytes: Uint8Array): Uint8Array => {
      const changed = bytes.slice();
      const at = indexOf(changed, [0x11, 0xec, 0x04, 0xc0]);
      if (at >= 0) changed.fill(0xff, at + 4, at + 10);
      return changed;
    };
    const server = createServer(BOTH);
    const attacker = attackServer(server, { crypto: hybridOnly(31), edit: (_level, bytes) => spoil(bytes) });
    expect(attacker.closeCode).toBe(0x100 + 47);

    /** A point of low order behind a ciphertext. */
    const lowOrder = (bytes: Uint8Array): Uint8Array => {
      const changed = bytes.slice();
      const at = indexOf(changed, [0x11, 0xec, 0x04, 0x60]);
      if (at >= 0) changed.fill(0, at + 4 + 1088, at + 4 + 1120);
      return changed;
    };
    const client = createClient({ groups: [HYBRID] });
    const hostile = attackClient(client, {
      crypto: hybridOnly(32),
      edit: (_level, bytes) => lowOrder(bytes),
    });
    expect(hostile.closeCode).toBe(0x100 + 47);
  });
});

test('groups that are none, or none at all, are misuse', () => {
  const options = { crypto: createNodeProvider(), alpn: ['x'], dangerouslySkipCertificateCheck: true };
  for (const groups of [[], [0x11eb as Group], [HYBRID, 7 as Group]])
    expect(usageCode(() => createQuicContext({ ...options, groups }))).toBe('invalid-option');
  expect(() => createQuicContext({ ...options, groups: [] })).toThrow(QuicUsageError);
});

/** Captures of real browsers; they lie outside the repository. */
const folder = new URL('../../../../shared/vectors/browsers/', import.meta.url);
const describeCaptures = existsSync(folder) ? describe : describe.skip;

describeCaptures.each(['chromium', 'firefox'])('the first flight of %s', (name) => {
  test('is answered with X25519MLKEM768 by a server that prefers it', () => {
    const { datagrams } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as {
      readonly datagrams: readonly string[];
    };
    const chosen: Group[] = [];
    const crypto = seededCrypto(41);
    const server = createServer({
      ...BOTH,
      alpn: ['h3'],
      crypto: {
        ...crypto,
        answerKeyShare: (group, share) => {
          chosen.push(group);
          return crypto.answerKeyShare(group, share);
        },
      },
      identity: p256Identity(),
    });
    for (const datagram of datagrams.slice(0, 2))
      server.incomingPacket(fromHex(datagram), ATTACKER, VICTIM, 0, 0, SECOND);
    const out = createOutgoingDatagram(new Uint8Array(1500));
    let sent = 0;
    while (server.prepareNextPacket(out, SECOND) > 0) sent += out.length;
    expect(chosen).toEqual([HYBRID]);
    expect(sent).toBeGreaterThan(1200);
  });
});

/** A provider that offers nothing else. */
function hybridOnly(seed: number) {
  return { ...seededCrypto(seed), preferredGroups: [HYBRID] };
}

/** Browsers take no Ed25519 keys, which the simulator's identity has. */
function p256Identity() {
  const der = (file: string): Uint8Array => {
    const text = readFileSync(new URL(`../../tls13/vectors/identities/${file}.pem`, import.meta.url), 'utf8');
    return new Uint8Array(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  };
  return { chain: [der('p256.cert')], signer: createNodeProvider().createSigner(der('p256.key')) };
}

function indexOf(bytes: Uint8Array, wanted: readonly number[]): number {
  return bytes.findIndex((_, at) => wanted.every((byte, i) => bytes[at + i] === byte));
}

import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair, type PairOptions, type Peer, randomBytes } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers, usageCode } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { TransportOptions } from '../src/config/transport-options.ts';
import { createQuicContext } from '../src/context/context.ts';
import { FrameType } from '../src/frame/rules.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  coreOf,
  createClient,
  createServer,
  eventsOf,
} from './support/contexts.ts';
import { ackFrame } from './support/frames.ts';

const APP = Level.Application;
const SECOND = 1_000_000;
const PROBE = concatBytes(PING, PADDING);
const KEY_UPDATE_ERROR = 0x0e;
const AEAD_LIMIT_REACHED = 0x0f;
const ROLES = ['client', 'server'] as const;
type Role = (typeof ROLES)[number];

function pairOf(options: Partial<PairOptions> = {}): Pair {
  const pair = createConnectedPair({ createCrypto: (random) => createNodeProvider({ random }), ...options });
  pair.run(() => pair.client.has('confirmed') && pair.server.has('confirmed'), 10 * SECOND);
  return pair;
}

const updatesOf = ({ client, server }: Pair): number[] =>
  [client, server].map(({ connection }) => connection.statistics().keyUpdates);

const hasEnded = ({ client, server }: Pair): boolean => client.has('closed') || server.has('closed');

/** Let what the call has to say leave. */
function update(pair: Pair, role: Role): boolean {
  const begins = pair[role].connection.updateKeys();
  return begins;
}

/** An attacker whose handshake with a victim of this role is confirmed. */
function attack(role: Role, transport: TransportOptions = {}): Attacker {
  if (role === 'server') return attackServer(createServer({ transport }));
  const attacker = attackClient(createClient({ transport }));
  return attacker.send(APP, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
}

const numbersSeen = (attacker: Attacker): number[] =>
  attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));

describe('an update by call', () => {
  test.each(ROLES)('of the %s is followed, also where nobody has anything to send', (role) => {
    covers('rfc9001-6-1', 'rfc9001-6.1-3', 'rfc9001-6.2-1', 'rfc9001-6.2-2');
    const pair = pairOf();
    expect(update(pair, role)).toBe(true);
    pair.pass(SECOND);
    expect(updatesOf(pair)).toEqual([1, 1]);
    for (const { context } of [pair.client, pair.server]) {
      const { hasPrevious, isSettled, restUntilUs } = coreOf(context).parts.keys.oneRtt;
      expect({ hasPrevious, isSettled, restUntilUs }).toEqual({
        hasPrevious: false,
        isSettled: true,
        restUntilUs: -1,
      });
    }
    const feeder = pair.client.send(randomBytes(50_000, pair.world.random.fork('data')));
    expect(pair.run(() => pair.server.received(feeder.id).finished, SECOND)).toBe(true);
    expect(hasEnded(pair)).toBe(false);
  });

  test.each(ROLES)('of the %s waits for the handshake to be confirmed', (role) => {
    covers('rfc9001-6.1-1');
    const attacker =
      role === 'server'
        ? attackServer(createServer(), { silentFrom: Level.Handshake })
        : attackClient(createClient());
    const connection = attacker.victim.connection(0)!;
    expect(connection.statistics().state).toBe(role === 'server' ? 'handshaking' : 'connected');
    expect(connection.updateKeys()).toBe(false);
    if (role === 'server') attacker.finish();
    else attacker.send(APP, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
    expect(connection.statistics()).toMatchObject({ state: 'confirmed', keyUpdates: 0 });
    expect(connection.updateKeys()).toBe(true);
    attacker.pass(SECOND);
    // Nothing of ours is acknowledged yet.
    expect(connection.statistics().keyUpdates).toBe(0);
    attacker.send(APP, ackFrame(numbersSeen(attacker)));
    expect(connection.statistics().keyUpdates).toBe(1);
  });

  test('is one, however often it is asked for', () => {
    const pair = pairOf();
    expect([update(pair, 'client'), update(pair, 'client')]).toEqual([true, true]);
    pair.pass(5 * SECOND);
    expect(updatesOf(pair)).toEqual([1, 1]);
  });

  test.each(ROLES)('of the %s rests for three probe timeouts after the last was confirmed', (role) => {
    covers('rfc9001-6.1-2', 'rfc9001-6.5-3');
    for (const first of ROLES) {
      const pair = pairOf();
      const { connection, context } = pair[role];
      const { oneRtt } = coreOf(context).parts.keys;
      update(pair, first);
      // Followed, but not confirmed by an acknowledgement, or just so.
      expect(pair.run(() => oneRtt.updates === 1, SECOND)).toBe(true);
      expect(connection.updateKeys()).toBe(false);
      // Whoever only follows has nothing to be acknowledged.
      pair[role].send(new Uint8Array(10));
      expect(pair.run(() => oneRtt.restUntilUs >= 0, SECOND)).toBe(true);
      const confirmedUs = pair.world.nowUs;
      const { ptoUs } = coreOf(context).parts.paths.active.rtt;
      pair.pass(3 * ptoUs - 1000);
      expect(connection.updateKeys()).toBe(false);
      expect(pair.run(() => connection.updateKeys(), SECOND)).toBe(true);
      expect(pair.world.nowUs - confirmedUs).toBeGreaterThanOrEqual(3 * ptoUs - 1);
      pair.pass(SECOND);
      expect(updatesOf(pair)).toEqual([2, 2]);
    }
  });

  test('of both sides at once is one update', () => {
    const pair = pairOf();
    expect([update(pair, 'client'), update(pair, 'server')]).toEqual([true, true]);
    pair.pass(SECOND);
    expect(updatesOf(pair)).toEqual([1, 1]);
    expect([update(pair, 'client'), update(pair, 'server')]).toEqual([true, true]);
    pair.pass(SECOND);
    expect(updatesOf(pair)).toEqual([2, 2]);
    expect(hasEnded(pair)).toBe(false);
  });

  // What is lost begins with the packet that tells of the update.
  test.each(
    ROLES.flatMap((role) =>
      Array.from({ length: 16 }, (_, bits) => [role, bits.toString(2).padStart(4, '0')] as const),
    ),
  )('of the %s survives what is lost around it: %s (client, server, client, server)', (role, fates) => {
    const mask = (bits: string): string => bits.replaceAll('1', 'x').replaceAll('0', '.');
    const fromUs = 2 * SECOND;
    const lossy = (bits: string) => ({
      loss: { kind: 'mask', mask: mask(bits) } as const,
      lossDuring: [{ fromUs, untilUs: Infinity }],
    });
    const pair = pairOf({ up: lossy(fates[0]! + fates[2]!), down: lossy(fates[1]! + fates[3]!) });
    pair.world.at(fromUs, () => undefined);
    pair.run(() => pair.world.nowUs >= fromUs, 5 * SECOND);
    expect(update(pair, role)).toBe(true);
    const bytes = randomBytes(8000, pair.world.random.fork('data'));
    const feeder = pair.client.send(bytes);
    expect(pair.run(() => pair.server.received(feeder.id).finished, 20 * SECOND)).toBe(true);
    pair.pass(5 * SECOND);
    expect(pair.server.received(feeder.id).bytes()).toEqual(bytes);
    expect(updatesOf(pair)).toEqual([1, 1]);
    expect(hasEnded(pair)).toBe(false);
  });

  test('does nothing after the end, whoever caused it', () => {
    for (const ending of ROLES) {
      const pair = pairOf();
      pair[ending].connection.close();
      expect(pair[ending].connection.updateKeys()).toBe(false);
      pair.run(() => pair.client.has('closed') && pair.server.has('closed'), 5 * SECOND);
      for (const { connection } of [pair.client, pair.server]) expect(connection.updateKeys()).toBe(false);
    }
  });

  test('in the middle of which the connection ends, changes nothing of that', () => {
    for (const ending of ROLES) {
      const pair = pairOf();
      update(pair, 'client');
      pair[ending].connection.close(7);
      expect(pair.run(() => pair.client.has('closed') && pair.server.has('closed'), 5 * SECOND)).toBe(true);
      for (const peer of [pair.client, pair.server] satisfies Peer[])
        expect(peer.eventsOf('closed')[0]).toMatchObject({ reason: { kind: 'application', code: 7 } });
    }
  });
});

describe('an update by count', () => {
  test.each([1, 2, 3, 4])('comes with loss and reordering, many times, of both sides (seed %d)', (seed) => {
    covers('rfc9001-6.6-3', 'rfc9001-6.4-1');
    const side = { transport: { keyUpdatePackets: 5 } };
    const pair = pairOf({
      seed,
      link: { delayUs: 2000, loss: { kind: 'random', rate: 0.02 }, reordering: 0.1, duplication: 0.05 },
      ...(seed !== 2 && { client: side }),
      ...(seed !== 3 && { server: side }),
    });
    const bytes = randomBytes(1_500_000, pair.world.random.fork('data'));
    const feeder = pair.client.send(bytes);
    expect(pair.run(() => pair.server.received(feeder.id).finished, 120 * SECOND)).toBe(true);
    expect(pair.server.received(feeder.id).bytes()).toEqual(bytes);
    const [client, server] = updatesOf(pair) as [number, number];
    expect(client).toBeGreaterThan(3);
    expect(Math.abs(client - server)).toBeLessThanOrEqual(1);
    expect(hasEnded(pair)).toBe(false);
  });

  test('comes in time for a lowered confidentiality limit, which no key ever exceeds', () => {
    covers('rfc9001-6.6-1', 'rfc9001-6.6-2', 'rfc9001-6.6-3');
    const transport = { confidentialityLimitPackets: 256 };
    const pair = pairOf({ client: { transport }, link: { delayUs: 2000, bytesPerSecond: 1_250_000 } });
    const keys = new Map<object, number>();
    const { oneRtt } = coreOf(pair.client.context).parts.keys;
    pair.world.observe({ onBeforePrepare: () => void keys.set(oneRtt.write!, oneRtt.write!.sealed) });
    const feeder = pair.client.sendPattern(2_000_000);
    expect(pair.run(() => pair.server.received(feeder.id).finished, 60 * SECOND)).toBe(true);
    expect(keys.size).toBeGreaterThan(4);
    expect(Math.max(...keys.values())).toBeLessThan(256);
    // The counts are those of the packets that left, some of them under the keys of the handshake.
    const counted = [...keys.values()].reduce((sum, sealed) => sum + sealed, 0);
    const { packetsSent } = pair.client.connection.statistics();
    expect(counted).toBeLessThanOrEqual(packetsSent);
    expect(counted).toBeGreaterThan(packetsSent - 10 - keys.size);
    expect(hasEnded(pair)).toBe(false);
  });

  test.each(ROLES)('that the peer of a %s does not follow ends in AEAD_LIMIT_REACHED', (role) => {
    covers('rfc9001-6.6-4', 'rfc9001-6.6-5');
    const attacker = attack(role, { keyUpdatePackets: 100, confidentialityLimitPackets: 256 });
    const { oneRtt } = coreOf(attacker.victim).parts.keys;
    attacker.send(APP, ackFrame(numbersSeen(attacker)));
    for (let i = 0; i < 400 && attacker.closeCode === undefined; i++) {
      // Under the old keys, and without an acknowledgement of anything under the new ones.
      attacker.send(APP, PROBE).pass(30_000);
    }
    expect(oneRtt.updates).toBe(1);
    expect(attacker.closeCode).toBe(AEAD_LIMIT_REACHED);
    expect(eventsOf(attacker.victim).at(-1)).toMatchObject({
      type: 'closed',
      reason: { kind: 'transport', code: AEAD_LIMIT_REACHED, remote: false },
    });
    expect(oneRtt.write!.sealed).toBeLessThanOrEqual(256);
  });
});

describe('errors of the peer', () => {
  test.each(ROLES)(
    'of a %s: packets under new keys acknowledged under old ones: KEY_UPDATE_ERROR',
    (role) => {
      covers('rfc9001-6.2-4');
      const attacker = attack(role);
      const connection = attacker.victim.connection(0)!;
      attacker.send(APP, ackFrame(numbersSeen(attacker)));
      const before = numbersSeen(attacker);
      expect(connection.updateKeys()).toBe(true);
      attacker.pass(SECOND);
      expect(connection.statistics().keyUpdates).toBe(1);
      // What was sent before may well be acknowledged under old keys.
      attacker.send(APP, concatBytes(ackFrame(before), PADDING));
      expect(connection.closeReason).toBeUndefined();
      attacker.send(APP, concatBytes(ackFrame([before.at(-1)! + 1]), PADDING));
      expect(connection.closeReason).toMatchObject({
        kind: 'transport',
        code: KEY_UPDATE_ERROR,
        frameType: FrameType.Ack,
        remote: false,
      });
    },
  );

  test.each(ROLES)('of a %s: old keys for a packet with a higher number: KEY_UPDATE_ERROR', (role) => {
    covers('rfc9001-6.4-2');
    const attacker = attack(role);
    attacker.send(APP, PROBE);
    const old = attacker.packet(APP, PROBE, { number: 1000 });
    attacker.updateKeys();
    attacker.send(APP, PROBE);
    attacker.deliver(old);
    expect(attacker.victim.connection(0)!.closeReason).toMatchObject({
      code: KEY_UPDATE_ERROR,
      remote: false,
    });
  });

  test.each(ROLES)('of a %s: two updates without waiting: KEY_UPDATE_ERROR', (role) => {
    covers('rfc9001-6.2-3');
    const attacker = attack(role);
    attacker.send(APP, PROBE);
    attacker.updateKeys();
    const first = attacker.packet(APP, PROBE);
    attacker.updateKeys();
    attacker.deliver(first);
    attacker.deliver(attacker.packet(APP, PROBE));
    expect(attacker.victim.connection(0)!.closeReason).toMatchObject({
      code: KEY_UPDATE_ERROR,
      remote: false,
    });
  });

  test.each(ROLES)('against a %s: as many forgeries as the lowered limit has: AEAD_LIMIT_REACHED', (role) => {
    covers('rfc9001-6.6-6', 'rfc9001-6.6-7');
    const attacker = attack(role, { integrityLimitPackets: 4 });
    const connection = attacker.victim.connection(0)!;
    for (let i = 1; i <= 4; i++) {
      expect(connection.closeReason).toBeUndefined();
      const forged = attacker.packet(APP, PROBE);
      forged[forged.length - 1] = forged.at(-1)! ^ 1;
      attacker.deliver(forged);
      // What opens in between changes nothing of the count, and neither do new keys.
      if (i === 2) attacker.updateKeys();
      if (i < 4) attacker.send(APP, PROBE);
    }
    expect(connection.closeReason).toMatchObject({ code: AEAD_LIMIT_REACHED, remote: false });
  });
});

describe('what it takes to open a packet', () => {
  test.each(ROLES)('does not depend on the key phase bit (%s)', (role) => {
    covers('rfc9001-6.3-1');
    const counted = countingCrypto(seededCrypto(role === 'server' ? 1 : 2));
    const attacker =
      role === 'server'
        ? attackServer(createServer({ crypto: counted.crypto }))
        : attackClient(createClient({ crypto: counted.crypto }));
    if (role === 'client') attacker.send(APP, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
    const opensOf = (packet: Uint8Array): number => {
      const before = counted.opens();
      attacker.deliver(packet);
      return counted.opens() - before;
    };
    /** Attempts for a packet that opens, and for forged ones with either key phase, new and late. */
    const attempts = (): { genuine: number; forged: number[] } => ({
      genuine: opensOf(attacker.packet(APP, PROBE)),
      forged: [0, 0x04].flatMap((firstByte) =>
        [undefined, 1].map((number) => {
          const packet = attacker.packet(APP, PROBE, { firstByte, ...(number !== undefined && { number }) });
          packet[packet.length - 1] = packet.at(-1)! ^ 1;
          return opensOf(packet);
        }),
      ),
    });
    for (let i = 0; i < 5; i++) attacker.send(APP, PROBE);
    expect(attempts()).toEqual({ genuine: 1, forged: [1, 1, 1, 1] });
    const late = attacker.packet(APP, PROBE);
    attacker.updateKeys();
    expect(opensOf(attacker.packet(APP, PROBE))).toBe(1);
    // While the old keys are kept, all that does not open is tried with two.
    expect(attempts()).toEqual({ genuine: 1, forged: [2, 2, 2, 2] });
    expect(opensOf(late)).toBe(1);
    attacker.pass(20 * SECOND);
    expect(attempts()).toEqual({ genuine: 1, forged: [1, 1, 1, 1] });
  });
});

test.each([
  [{ keyUpdatePackets: 0 }],
  [{ keyUpdatePackets: 1.5 }],
  [{ keyUpdatePackets: NaN }],
  [{ confidentialityLimitPackets: 255 }],
  [{ integrityLimitPackets: 0 }],
  [{ integrityLimitPackets: -1 }],
])('no context has the options %j', (transport) => {
  const options = { crypto: createNodeProvider(), alpn: ['x'], dangerouslySkipCertificateCheck: true };
  expect(usageCode(() => createQuicContext({ ...options, transport }))).toBe('invalid-option');
});

/** Counts the packets that are tried to be opened. */
function countingCrypto(crypto: CryptoProvider): { readonly crypto: CryptoProvider; opens(): number } {
  let opens = 0;
  const counting: CryptoProvider = Object.create(crypto, {
    createAead: {
      value: (...of: Parameters<CryptoProvider['createAead']>) => {
        const aead = crypto.createAead(...of);
        const open: typeof aead.open = (...packet) => {
          opens++;
          return aead.open(...packet);
        };
        return Object.create(aead, { open: { value: open } });
      },
    },
  });
  return { crypto: counting, opens: () => opens };
}

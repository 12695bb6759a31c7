import { describe, expect, test } from '@jest/globals';
import { Group } from '@tsquic/crypto';
import { TransportCode } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level, type TlsClientOptions } from '@tsquic/tls13';
import { AdversaryHost } from './adversary-host.ts';
import { Peer } from './peer.ts';
import { ackFrame, frame, readFrames, streamFrame } from '@tsquic/adversary';
import { createTestIdentity, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

const THERE = { ip: '10.0.0.9', port: 9 };
const HERE = { ip: '10.0.0.2', port: 443 };
const SECOND = 1_000_000;

/** An adversary and its victim, 10 ms apart. */
function createPlay(isClient: boolean, tlsClient: Partial<TlsClientOptions> = {}) {
  const world = new World(1);
  const crypto = seededCrypto(2);
  const identity = createTestIdentity(crypto);
  const victim = new Peer(world, {
    name: 'victim',
    addresses: [HERE],
    respond: () => new Uint8Array(5000),
    context: {
      crypto: seededCrypto(3),
      alpn: ['test'],
      unixTimeAtZeroUs: TEST_UNIX_TIME_US,
      ...(isClient ? { identity } : { dangerouslySkipCertificateCheck: true }),
    },
  });
  const adversary = new AdversaryHost({ crypto, isClient, identity, to: HERE, tlsClient });
  world.addHost({ name: 'adversary', context: adversary, addresses: [THERE] });
  world.addRoute(HERE.ip, THERE.ip, [world.addLink('out', {})]);
  world.addRoute(THERE.ip, HERE.ip, [world.addLink('in', {})]);
  if (isClient) adversary.endpoint.start();
  else victim.connections.push(victim.context.createConnection({ to: THERE }, 0));
  expect(world.run(() => adversary.endpoint.complete && victim.has('connected'), SECOND)).toBe(true);
  return { world, victim, adversary };
}

describe('an adversary as a host', () => {
  test('makes a handshake over links, asks, and acknowledges what comes', () => {
    const { world, victim, adversary } = createPlay(true);
    expect(world.nowUs).toBeGreaterThanOrEqual(30_000);
    adversary.send(Level.Application, streamFrame(0, 0, Uint8Array.of(1), true));
    world.run(() => false, SECOND);
    const bytes = adversary.endpoint
      .framesOf(FrameType.Stream, Level.Application)
      .concat([0x0a, 0x0c, 0x0e, 0x09, 0x0b, 0x0d, 0x0f].flatMap((type) => adversary.endpoint.framesOf(type)))
      .reduce((sum, { data }) => sum + data.length, 0);
    expect(bytes).toBe(5000);
    expect(victim.connection.statistics().bytesInFlight).toBe(0);
    expect(victim.connection.statistics().packetsLost).toBe(0);
  });

  test('as a server, ends a client by a frame that nobody defined', () => {
    const { world, victim, adversary } = createPlay(false);
    adversary.send(Level.Application, frame(0x21));
    world.run(() => victim.has('closed'), SECOND);
    expect(victim.connection.closeReason).toMatchObject({
      kind: 'transport',
      code: TransportCode.FrameEncoding,
    });
    expect(adversary.endpoint.closeCode).toBeUndefined();
    world.run(() => adversary.endpoint.closeCode !== undefined, 2 * SECOND);
    expect(adversary.endpoint.closeCode).toBe(TransportCode.FrameEncoding);
  });

  test('says hello in several datagrams when a post-quantum key share does not fit into one', () => {
    const play = createPlay(true, { groups: [Group.X25519MLKEM768, Group.X25519] });
    expect(play.adversary.endpoint.complete).toBe(true);
    expect(play.adversary.endpoint.cryptoOffset(Level.Initial)).toBeGreaterThan(1350);
  });

  test('follows a key update of its own', () => {
    const { world, victim, adversary } = createPlay(true);
    adversary.endpoint.updateKeys();
    adversary.send(Level.Application, frame(FrameType.Ping));
    adversary.send(Level.Application, frame(FrameType.Ping));
    const before = adversary.endpoint.seen.length;
    world.run(() => adversary.endpoint.seen.length > before, SECOND);
    expect(adversary.endpoint.seen.length).toBeGreaterThan(before);
    expect(victim.connection.closeReason).toBeUndefined();
  });
});

test('an ACK has a range for each run of numbers, newest first, and says nothing of the gaps', () => {
  const bytes = ackFrame([1, 2, 3, 7, 9, 10]);
  // RFC 9000 §19.3.1: largest, delay, ranges, first range; then gap and length of each.
  expect([...bytes]).toEqual([0x02, 10, 0, 2, 1, 0, 0, 2, 2]);
  expect(readFrames(bytes, 0, bytes.length)[0]!.values).toEqual([9, 10, 7, 7, 1, 3]);
  expect(() => ackFrame([])).toThrow(RangeError);
});

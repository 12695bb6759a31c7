import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { costRatio, covers } from '@tsquic/testing';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType } from '../src/frame/rules.ts';
import { Attacker, ATTACKER, PING } from './support/attacker.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, SERVER, settle } from './support/exchange.ts';
import { cryptoFrame, frame, streamFrame } from './support/frames.ts';
import { heldBy } from './support/live-bytes.ts';

const APP = Level.Application;
const BYTE = Uint8Array.of(1);
const KIB = 1024;
const MS = 1000;
const SECOND = 1_000_000;

function deliverAll(attacker: Attacker, payloads: Iterable<Uint8Array>): void {
  for (const payload of payloads) attacker.deliver(attacker.packet(APP, payload));
}

function* packed(
  count: number,
  perPacket: number,
  make: (index: number) => Uint8Array,
): Iterable<Uint8Array> {
  for (let at = 0; at < count; at += perPacket)
    yield concatBytes(...Array.from({ length: Math.min(perPacket, count - at) }, (_, i) => make(at + i)));
}

/** Bytes that an attack adds to what `make` holds without it. */
function addedBytes(make: (isAttacked: boolean, run: number) => unknown): number {
  const [without, withIt] = [false, true].map((isAttacked) => heldBy((run) => make(isAttacked, run)));
  return withIt! - without!;
}

describe('what an attack leaves in memory', () => {
  const added = (attack: (attacker: Attacker) => void): number =>
    addedBytes((isAttacked, run) => {
      const server = createServer({ transport: { maxDatagramFrameBytes: 65_535 } }, 40 + run);
      const attacker = attackServer(server);
      if (isAttacked) attack(attacker);
      attacker.pump();
      eventsOf(server);
      return server;
    });

  test.each<[string, number, (attacker: Attacker) => void]>([
    [
      '20,000 PATH_CHALLENGEs',
      64,
      (attacker) =>
        deliverAll(
          attacker,
          packed(20_000, 120, (i) => frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(i))),
        ),
    ],
    [
      'every second packet number',
      64,
      (attacker) => {
        for (let number = 10; number < 8000; number += 2)
          attacker.deliver(attacker.packet(APP, PING, { number }));
      },
    ],
    [
      'streams opened and reset',
      128,
      (attacker) =>
        deliverAll(
          attacker,
          packed(100, 50, (i) => frame(FrameType.ResetStream, [4 * i + 2, 0, 0])),
        ),
    ],
    [
      'a thousand bytes with gaps',
      64 + 64,
      (attacker) =>
        deliverAll(
          attacker,
          packed(1000, 100, (i) => streamFrame(0, 2 * i + 1, BYTE)),
        ),
    ],
    [
      '20,000 DATA_BLOCKED and MAX_DATA',
      64,
      (attacker) =>
        deliverAll(
          attacker,
          packed(20_000, 300, (i) => frame(i % 2 === 0 ? FrameType.DataBlocked : FrameType.MaxData, [5])),
        ),
    ],
    [
      // 1024 of them are kept, each an object with its bytes.
      '20,000 DATAGRAMs, empty and not',
      512,
      (attacker) =>
        deliverAll(
          attacker,
          packed(20_000, 300, (i) => frame(0x31, [i % 3], new Uint8Array(i % 3))),
        ),
    ],
    [
      '2,000 DATAGRAMs of 1000 bytes',
      // 256 KiB of them are kept, each with two objects of its own.
      256 + 160,
      (attacker) =>
        deliverAll(
          attacker,
          packed(2000, 1, () => frame(0x31, [1000], new Uint8Array(1000))),
        ),
    ],
  ])('%s: at most %i KiB', (_, kib, attack) => {
    expect(added(attack)).toBeLessThan(kib * KIB);
  });

  test.each([
    ['as many as are kept', 15],
    ['more than are kept', 150],
  ])('sparse CRYPTO before the handshake, %s: at most 64 KiB', (_, perPacket) => {
    const bytes = addedBytes((isAttacked, run) => {
      const server = createServer({}, 60 + run);
      const attacker = new Attacker({ victim: server, crypto: seededCrypto(7), isClient: true });
      const piece = (index: number): Uint8Array => cryptoFrame(isAttacked ? 2 * index + 1 : 0, BYTE);
      for (let i = 0; i < 8; i++) {
        const pieces = packed(isAttacked ? perPacket : 1, perPacket, (j) => piece(perPacket * i + j));
        attacker.send(Level.Initial, concatBytes(...pieces));
      }
      eventsOf(server);
      return [server, attacker];
    });
    expect(bytes).toBeLessThan(64 * KIB);
  });
});

describe('work that grows no faster than its cause', () => {
  const orders: readonly (readonly [string, (index: number, count: number) => number])[] = [
    ['upwards', (i) => 2 * i + 1],
    ['backwards', (i, count) => 2 * (count - i) + 1],
    ['at random', (i, count) => 2 * ((i * 7919) % count) + 1],
  ];
  test.each(orders)('eight times the gaps %s: in proportion', (_, order) => {
    const attack = (count: number): (() => void) => {
      // As many attackers as `costRatio` has runs, and one for what compilers take.
      const attackers = Array.from({ length: 8 }, () => {
        const attacker = attackServer(createServer());
        const payloads = [...packed(count, 100, (i) => streamFrame(0, order(i, count), BYTE))];
        return { attacker, datagrams: payloads.map((payload) => attacker.packet(APP, payload)) };
      });
      let next = 0;
      return () => {
        const { attacker, datagrams } = attackers[next++]!;
        for (const datagram of datagrams) attacker.deliver(datagram);
      };
    };
    // 4096 gaps are the most that a stream may have. A search through all of them for each would take 64 times as long.
    expect(costRatio(attack(4000), attack(500))).toBeLessThan(24);
  });

  test('connection IDs of a pattern cost no more than random ones', () => {
    const attack = (id: (index: number) => Uint8Array) => () => {
      const crypto = seededCrypto(7);
      const server = createServer({ retry: 'never' });
      for (let i = 0; i < 200; i++) {
        const attacker = new Attacker({
          victim: server,
          crypto,
          isClient: true,
          address: { ...ATTACKER, port: 1024 + i },
        });
        attacker.installInitial(id(i));
        attacker.deliver(attacker.packet(Level.Initial, PING, { destination: id(i) }));
      }
    };
    const patterned = attack((i) => Uint8Array.of(0, 0, 0, 0, 0, 0, i >> 8, i));
    const random = attack((i) => Uint8Array.of(i * 31, i * 17, i * 7, i * 91, i * 13, i * 57, i >> 8, i));
    expect(costRatio(patterned, random)).toBeLessThan(3);
  });
});

test.each(['__proto__', 'constructor', 'hasOwnProperty'])('%s is a protocol like others', (alpn) => {
  const exchange = { server: createServer({ alpn: [alpn] }), client: createClient({ alpn: [alpn] }) };
  exchange.client.createConnection({ to: SERVER, from: CLIENT, serverName: 'server.test' }, SECOND);
  settle(exchange, SECOND);
  const connected = eventsOf(exchange.server).find(({ type }) => type === 'connected');
  expect(connected).toMatchObject({ alpn });
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('a forged tag costs the same whichever of its bytes is wrong', () => {
  const attacker = attackServer(createServer());
  const forge = (at: number): (() => void) => {
    const datagrams = Array.from({ length: 600 }, () => {
      const packet = attacker.packet(APP, concatBytes(PING, new Uint8Array(40)));
      packet[packet.length + at]! ^= 1;
      return packet;
    });
    return () => {
      for (const datagram of datagrams) attacker.deliver(datagram);
    };
  };
  const ratio = costRatio(forge(-16), forge(-1), 15);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});

test('bytes of another version, first of all, do not change what is spoken', () => {
  covers('rfc9000-5.2.1-3');
  const exchange = { server: createServer(), client: createClient() };
  const poison = Uint8Array.of(0xf0, 0x51, 0x30, 0x35, 0x30, 0, 0);
  const padded = new Uint8Array(1200);
  padded.set(poison);
  exchange.client.createConnection({ to: SERVER, from: CLIENT, serverName: 'server.test' }, SECOND);
  for (const bytes of [poison, padded]) {
    exchange.server.incomingPacket(bytes, CLIENT, SERVER, 0, 0, SECOND);
    exchange.client.incomingPacket(bytes, SERVER, CLIENT, 0, 0, SECOND);
  }
  settle(exchange, SECOND);
  expect(eventsOf(exchange.client).map(({ type }) => type)).toContain('confirmed');
  expect(eventsOf(exchange.server).map(({ type }) => type)).toContain('connected');
});

test('two ends that close at each other fall silent', () => {
  covers('rfc9000-10.2.1-1');
  const exchange = { server: createServer(), client: createClient() };
  const here = exchange.client.createConnection(
    { to: SERVER, from: CLIENT, serverName: 'server.test' },
    SECOND,
  );
  settle(exchange, SECOND);
  let datagrams = 0;
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const take = (context: QuicContext): Uint8Array[] => {
    const all: Uint8Array[] = [];
    while (context.prepareNextPacket(out, SECOND) > 0) all.push(out.buffer.slice(0, out.length));
    datagrams += all.length;
    return all;
  };
  here.close(1);
  exchange.server.connection(0)!.close(2);
  // Nobody reads the other's close: both arrive as datagrams that must be answered, or not.
  let toServer = take(exchange.client).map((bytes) => bytes.fill(7, -16));
  let toClient = take(exchange.server).map((bytes) => bytes.fill(7, -16));
  for (let round = 0; round < 1000; round++) {
    for (const bytes of toServer) exchange.server.incomingPacket(bytes, CLIENT, SERVER, 0, 0, SECOND);
    for (const bytes of toClient) exchange.client.incomingPacket(bytes, SERVER, CLIENT, 0, 0, SECOND);
    toServer = take(exchange.client);
    toClient = take(exchange.server);
  }
  // The close of each, and one answer to the first that comes; a second answer needs more than ever come then.
  expect(datagrams).toBe(4);
});

test('a transfer keeps half of its speed while handshakes begin at ten times what the machine can do', () => {
  const seconds = [false, true].map((isFlooded) => {
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 3,
      link: { delayUs: 10 * MS, bytesPerSecond: 1_000_000 },
    });
    const crypto = seededCrypto(7);
    let port = 1024;
    const flood = (): void => {
      const address = { ip: `198.51.100.${port % 250}`, port: port++ };
      const attacker = new Attacker({
        victim: pair.server.context as QuicContext,
        crypto,
        isClient: true,
        address,
      });
      const bytes = attacker.packet(Level.Initial, PING);
      pair.world.inject({
        bytes,
        from: address,
        to: pair.server.host.addresses[0]!,
        ecn: 0,
        sentUs: pair.world.nowUs,
      });
      pair.world.at(pair.world.nowUs + MS, flood);
    };
    const began = pair.world.nowUs;
    if (isFlooded) flood();
    const { id } = pair.server.sendPattern(1_000_000, { unidirectional: true });
    expect(pair.run(() => pair.client.received(id).finished, 20 * SECOND)).toBe(true);
    return pair.world.nowUs - began;
  });
  expect(seconds[1]! / seconds[0]!).toBeLessThan(2);
});

import { describe, expect, test } from '@jest/globals';
import { createRandom, createTestIdentity } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import type { Address } from '../src/path/address.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType } from '../src/frame/rules.ts';
import { Drop, dropName } from '../src/packet/drop.ts';
import { Attacker, ATTACKER, PING } from './support/attacker.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createClient, createServer, eventsOf, LOUD } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';
import { frame, streamFrame } from './support/frames.ts';
import { mutate } from './support/mutation.ts';

const COUNT = 100_000;
const SEED = 20_261_122;
const NOW_US = 1_000_000;
/** The honest connection is the first on its server. */
const HONEST = 0;
const CLOSE = frame(FrameType.ConnectionClose, [0, 0, 0]);

/** Reasons that every victim must have had to drop something: the datagrams reach all of its checks. */
const COMMON: readonly Drop[] = [
  Drop.Truncated,
  Drop.FixedBitClear,
  Drop.ConnectionIdTooLong,
  Drop.UnknownVersion,
  Drop.ForeignConnectionId,
  Drop.NoKeys,
  Drop.KeptForLater,
  Drop.NoSample,
  Drop.Unauthentic,
  Drop.Duplicate,
  Drop.UnexpectedType,
  Drop.UnknownConnection,
  Drop.Closing,
];

/** Frames that are wrong, so that their connection closes. */
const WRONG = frame(0x21);

/** A handshake as far as it goes, and what is done then. */
const STATES: Readonly<Record<string, { silentFrom?: Level; then?: (attacker: Attacker) => void }>> = {
  'after the first flight': { silentFrom: Level.Initial },
  'in the middle': { silentFrom: Level.Handshake },
  complete: {},
  confirmed: { then: (attacker) => void attacker.send(Level.Application, streamFrame(0, 0, PING)) },
  closing: { then: (attacker) => void attacker.send(Level.Application, WRONG) },
  draining: { then: (attacker) => void attacker.send(Level.Application, CLOSE) },
};

/** Feed `victim` with what it has seen, mutated, and with noise; and throw away what it says. */
function bombard(
  victim: QuicContext,
  to: Address,
  corpus: readonly Uint8Array[],
  froms: readonly Address[],
  seed: number,
): void {
  const random = createRandom(seed);
  const out = createOutgoingDatagram(new Uint8Array(1500));
  for (let i = 0; i < COUNT; i++) {
    const from = froms[random.integer(froms.length)]!;
    victim.incomingPacket(mutate(corpus, random), from, to, 0, random.integer(4), NOW_US);
    if (i % 64 === 0) while (victim.prepareNextPacket(out, NOW_US) > 0);
  }
  while (victim.prepareNextPacket(out, NOW_US) > 0);
}

/** The honest connection still carries data, both ways. */
function expectAlive(exchange: Exchange, connectionId: number): void {
  const { client, server } = exchange;
  const connection = client.connection(connectionId)!;
  const stream = connection.openStream()!;
  expect(stream.write(new Uint8Array(20_000).fill(5), true)).toBe(20_000);
  let nowUs = NOW_US;
  let received = 0;
  const into = new Uint8Array(30_000);
  const echo = (): void => {
    for (const event of eventsOf(server)) {
      if (event.type !== 'stream-readable' || event.connection !== HONEST) continue;
      const incoming = server.connection(event.connection)!.stream(event.streamId)!;
      received += incoming.read(into);
      if (incoming.finished) incoming.write(Uint8Array.of(1, 2, 3), true);
    }
  };
  for (let i = 0; i < 200 && stream.readableBytes < 3; i++) {
    nowUs = passTime(exchange, nowUs, 20_000);
    echo();
  }
  expect(received).toBe(20_000);
  expect(stream.readableBytes).toBe(3);
}

/** An honest client and its server, connected; and all that passed between them. */
function honestPair(drops: Set<Drop>): {
  exchange: Exchange;
  up: Uint8Array[];
  down: Uint8Array[];
  id: number;
} {
  const tracer = {
    ...LOUD,
    onPacketDropped: (_id: number, drop: Drop): void => void drops.add(drop),
    onPacketBuffered: (): void => void drops.add(Drop.KeptForLater),
  };
  const up: Uint8Array[] = [];
  const down: Uint8Array[] = [];
  const exchange: Exchange = {
    client: createClient({ tracer }),
    server: createServer({ tracer, maxConnections: 100, transport: { handshakeTimeoutMs: 60_000 } }),
    onDatagram: (bytes, fromClient) => void (fromClient ? up : down).push(bytes),
  };
  const connection = exchange.client.createConnection({ to: SERVER, serverName: 'server.test' }, NOW_US);
  settle(exchange, NOW_US);
  connection.openStream()!.write(new Uint8Array(5000), true);
  settle(exchange, NOW_US);
  expect(eventsOf(exchange.client).some(({ type }) => type === 'confirmed')).toBe(true);
  expect(eventsOf(exchange.server).some(({ type }) => type === 'confirmed')).toBe(true);
  return { exchange, up, down, id: connection.id };
}

describe('whatever the network sends', () => {
  test(`a server takes ${COUNT} hostile datagrams in every state, and its client notices nothing (seed ${SEED})`, () => {
    const drops = new Set<Drop>();
    const { exchange, up, id } = honestPair(drops);
    const corpus = [...up];
    const froms = [CLIENT, ATTACKER];
    Object.values(STATES).forEach(({ silentFrom, then }, index) => {
      const address = { ip: '192.0.2.66', port: 6000 + index };
      froms.push(address);
      const attacker = new Attacker({
        victim: exchange.server,
        crypto: seededCrypto(100 + index),
        isClient: true,
        address,
        onDeliver: (bytes) => void corpus.push(bytes),
        ...(silentFrom === undefined || silentFrom === Level.Initial ? {} : { silentFrom }),
      });
      if (silentFrom === Level.Initial) attacker.deliver(attacker.packet(Level.Initial, PING));
      else attacker.connect();
      then?.(attacker);
    });
    bombard(exchange.server, SERVER, corpus, froms, SEED);
    expect([...COMMON, Drop.SmallInitial].filter((drop) => !drops.has(drop)).map(dropName)).toEqual([]);
    expectAlive(exchange, id);
  });

  test(`a client takes ${COUNT} hostile datagrams in every state, and its server notices nothing (seed ${SEED})`, () => {
    const drops = new Set<Drop>();
    const { exchange, down, id } = honestPair(drops);
    const corpus = [...down];
    const froms = [SERVER];
    Object.values(STATES).forEach(({ silentFrom, then }, index) => {
      const address = { ip: '192.0.2.66', port: 6000 + index };
      froms.push(address);
      const crypto = seededCrypto(200 + index);
      const attacker = new Attacker({
        victim: exchange.client,
        crypto,
        isClient: false,
        address,
        identity: createTestIdentity(crypto),
        onDeliver: (bytes) => void corpus.push(bytes),
        ...(silentFrom === undefined ? {} : { silentFrom }),
      });
      attacker.nowUs = NOW_US;
      exchange.client.createConnection({ to: address, serverName: 'server.test' }, NOW_US);
      attacker.pump();
      then?.(attacker);
      // A client that has heard nothing would have to believe in Version Negotiation; it gets a Handshake packet.
      if (silentFrom === Level.Initial)
        corpus.push(attacker.packet(Level.Initial, PING, { firstByte: 0x20 }));
      else corpus.push(attacker.forgedRetry(), attacker.forgedVersionNegotiation());
    });
    bombard(exchange.client, CLIENT, corpus, froms, SEED + 1);
    expect(
      [...COMMON, Drop.WrongAddress, Drop.Unsolicited].filter((drop) => !drops.has(drop)).map(dropName),
    ).toEqual([]);
    expectAlive(exchange, id);
  });
});

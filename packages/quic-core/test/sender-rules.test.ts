import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import type { SeenPacket } from '@tsquic/adversary';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { QuicContextOptions } from '../src/config/config.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { type Drop, dropName } from '../src/packet/drop.ts';
import { PacketReader } from '../src/packet/reader.ts';
import type { TransportParameters } from '../src/parameters/parameters.ts';
import { VERSIONS } from '../src/version/versions.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, LOUD } from './support/contexts.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';
import { ackFrame, frame } from './support/frames.ts';

const APP = Level.Application;
const SECOND = 1_000_000;

/** What RFC 9000 binds both roles to is looked at in both. The attacker acknowledges nothing by itself. */
const ROLES: readonly [string, (options?: Parameters<typeof attackServer>[1]) => Attacker][] = [
  ['server', (options) => attackServer(createServer(), options)],
  ['client', (options) => attackClient(createClient(), options)],
];

/** The handshake is confirmed on the victim's side, whoever it is. */
function confirm(attacker: Attacker, role: string): Attacker {
  return role === 'client' ? attacker.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING)) : attacker;
}

/** An ACK of every 1-RTT packet that came so far. */
function ackAll(attacker: Attacker): Attacker {
  const numbers = attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));
  return attacker.send(APP, ackFrame(numbers));
}

const typesIn = ({ frames }: SeenPacket): number[] => frames.map(({ type }) => type);

describe.each(ROLES)('a %s', (role, attack) => {
  test('puts into each packet what its space may carry, and at least one frame', () => {
    covers('rfc9000-12.4-1', 'rfc9000-12.4-5', 'rfc9000-12.5-3', 'rfc9000-12.5-5');
    const attacker = confirm(attack().pass(SECOND), role).pass(SECOND);
    const stopped = attack({ silentFrom: Level.Handshake });
    stopped.victim.close(7, 'the program gives up');
    stopped.pump();
    const packets = [...attacker.seen, ...stopped.seen];
    expect(new Set(packets.map(({ level }) => level))).toEqual(
      new Set([Level.Initial, Level.Handshake, APP]),
    );
    expect(stopped.closeCode).toBe(0x0c);
    // Table 3 of RFC 9000 §12.4: these are marked IH. PADDING stands nowhere alone.
    const allowed = new Set<number>([Type.Ping, Type.Ack, Type.AckEcn, Type.Crypto, Type.ConnectionClose]);
    for (const packet of packets) {
      expect(packet.frames.length).toBeGreaterThan(0);
      if (packet.level === APP) continue;
      expect(typesIn(packet).filter((type) => !allowed.has(type))).toEqual([]);
    }
  });

  test('repeats handshake data at the level that it had, and the same bytes', () => {
    covers('rfc9001-4-1', 'rfc9001-4.9-1');
    // Nothing is acknowledged, though both sides have 1-RTT keys.
    const attacker = role === 'server' ? attack({ silentFrom: Level.Handshake }) : attack();
    expect(attacker.canWrite(APP)).toBe(true);
    attacker.pass(4 * SECOND);
    const sent = attacker.framesOf(Type.Crypto, Level.Handshake);
    const bytes: number[] = [];
    let repeated = 0;
    for (const { values, data } of sent)
      data.forEach((byte, i) => {
        const at = values[0]! + i;
        if (bytes[at] !== undefined) repeated++;
        expect(bytes[at] ?? byte).toBe(byte);
        bytes[at] = byte;
      });
    expect(repeated).toBeGreaterThanOrEqual(bytes.length);
    expect(attacker.framesOf(Type.Crypto, APP)).toEqual([]);
  });

  test('sends only probes that elicit an answer while nothing comes', () => {
    covers('rfc9002-6.2.4-3', 'rfc9002-6.2.4-1');
    for (const silentFrom of [Level.Handshake, undefined]) {
      const attacker = attack(silentFrom === undefined ? {} : { silentFrom });
      const before = attacker.seen.length;
      attacker.pass(20 * SECOND);
      const probes = attacker.seen.slice(before);
      expect(probes.length).toBeGreaterThan(2);
      for (const probe of probes)
        expect(typesIn(probe).some((type) => type !== Type.Ack && type !== Type.AckEcn)).toBe(true);
    }
  });

  test('retires an ID in packets to another one', () => {
    covers('rfc9000-19.16-2', 'rfc9000-5.1.2-4');
    const attacker = confirm(attack(), role);
    const next = new Uint8Array(8).fill(9);
    const id = concatBytes(Uint8Array.of(8), next, new Uint8Array(16).fill(3));
    const before = attacker.seen.length;
    attacker.send(APP, frame(Type.NewConnectionId, [1, 1], id)).pass(SECOND);
    const after = attacker.seen.slice(before);
    const retired = after.flatMap(({ frames }) =>
      frames.filter(({ type }) => type === Type.RetireConnectionId),
    );
    expect(retired[0]!.values).toEqual([0]);
    expect(new Set(after.map(({ destination }) => toHex(destination)))).toEqual(new Set([toHex(next)]));
    expect(toHex(attacker.seen[before - 1]!.destination)).toBe(toHex(attacker.source));
  });

  test('never issues an ID twice', () => {
    covers('rfc9000-5.1-2', 'rfc9000-5.1.1-1');
    const attacker = confirm(attack({ parameters: (own) => void (own.activeConnectionIdLimit = 8) }), role);
    for (let sequence = 1; sequence < 60; sequence++)
      attacker.send(APP, frame(Type.RetireConnectionId, [sequence]));
    const issued = attacker.framesOf(Type.NewConnectionId);
    expect(issued.map(({ values }) => values[0])).toEqual(issued.map((_, i) => i + 1));
    expect(issued.length).toBeGreaterThan(60);
    const ids = [attacker.destination, ...issued.map(({ data }) => data.slice(0, 8))].map((id) => toHex(id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('answers a challenge on the path in use with more than probing frames', () => {
    covers('rfc9000-9.3.3-2');
    const attacker = ackAll(confirm(attack(), role).pass(SECOND));
    const before = attacker.seen.length;
    attacker.send(APP, frame(Type.PathChallenge, [], new Uint8Array(8).fill(5)));
    const [answer] = attacker.seen
      .slice(before)
      .filter((packet) => typesIn(packet).includes(Type.PathResponse));
    // RFC 9000 §9.1 names the probing frames.
    const probing = new Set<number>([Type.PathChallenge, Type.PathResponse, Type.NewConnectionId]);
    expect(typesIn(answer!).filter((type) => !probing.has(type))).not.toEqual([]);
  });

  test('tells of ECN marks though it sets none itself', () => {
    covers('rfc9000-13.4.1-1');
    const options = { transport: { ecn: false } };
    const attacker = confirm(
      role === 'server' ? attackServer(createServer(options)) : attackClient(createClient(options)),
      role,
    );
    const { victim, address, nowUs } = attacker;
    // Not-ECT, ECT(1), ECT(0), CE: RFC 3168 §5.
    for (const codepoint of [0, 1, 2, 2, 3, 3, 3])
      victim.incomingPacket(
        attacker.packet(APP, concatBytes(PING, PADDING)),
        address,
        CLIENT,
        0,
        codepoint,
        nowUs,
      );
    attacker.pass(SECOND);
    expect(attacker.framesOf(Type.AckEcn, APP).at(-1)!.ecn).toEqual([2, 1, 3]);
  });

  test('takes limits that are below those it knows of, and goes by the larger', () => {
    covers('rfc9000-13.3-5', 'rfc9000-4.1-3', 'rfc9000-4.6-4');
    const attacker = confirm(attack(), role);
    const connection = attacker.victim.connection(attacker.connectionId)!;
    const stream = connection.openStream({ unidirectional: true })!;
    attacker.send(
      APP,
      concatBytes(
        frame(Type.MaxData, [1]),
        frame(Type.MaxStreamData, [stream.id, 1]),
        frame(Type.MaxStreamsUni, [1]),
      ),
    );
    stream.write(new Uint8Array(3000), true);
    attacker.pump();
    const sent = attacker.seen.flatMap(({ frames }) =>
      frames.filter(({ type }) => (type & 0xf8) === Type.Stream),
    );
    expect(sent.reduce((sum, { data }) => sum + data.length, 0)).toBe(3000);
    // Ten are allowed, one is open.
    expect(
      Array.from({ length: 10 }, () => connection.openStream({ unidirectional: true })).indexOf(undefined),
    ).toBe(9);
    expect(attacker.closeCode).toBeUndefined();
  });
});

describe('datagrams of both sides, with a Retry', () => {
  /** Everything that client and server say to each other, and what of it was dropped. */
  function talk(options: Partial<QuicContextOptions> = {}) {
    const drops: string[] = [];
    const sent: [bytes: Uint8Array, fromClient: boolean][] = [];
    const parameters: { isClient: boolean; parameters: TransportParameters }[] = [];
    const tracerOf = (isClient: boolean) => ({
      ...LOUD,
      onPacketDropped: (_id: number, drop: Drop) => void drops.push(dropName(drop)),
      onParameters(_id: number, isLocal: boolean, one: TransportParameters) {
        if (isLocal) parameters.push({ isClient, parameters: one });
      },
    });
    const exchange = {
      client: createClient({ ...options, tracer: tracerOf(true) }),
      server: createServer({ ...options, retry: 'always', tracer: tracerOf(false) }),
      onDatagram: (bytes: Uint8Array, fromClient: boolean) => void sent.push([bytes, fromClient]),
    };
    const connection = exchange.client.createConnection(
      { to: SERVER, from: CLIENT, serverName: 'server.test' },
      SECOND,
    );
    passTime(exchange, SECOND, SECOND);
    expect(connection.statistics().state).toBe('confirmed');
    return { drops, sent, parameters };
  }

  test('have packets for one connection ID in them', () => {
    covers('rfc9000-12.2-4');
    const { drops, sent } = talk();
    const counts = { up: 0, down: 0 };
    for (const [bytes, fromClient] of sent) {
      const reader = new PacketReader(8, VERSIONS);
      reader.reset(bytes, bytes.length);
      const destinations: string[] = [];
      while (reader.next()) {
        const { dcidAt, dcidLength } = reader.header;
        destinations.push(toHex(bytes.subarray(dcidAt, dcidAt + dcidLength)));
      }
      expect(new Set(destinations).size).toBe(1);
      if (destinations.length > 1) counts[fromClient ? 'up' : 'down']++;
    }
    // The reader stops at a packet for another ID, and the receiver drops it.
    expect(drops).not.toContain('ForeignConnectionId');
    expect(counts.up).toBeGreaterThan(0);
    expect(counts.down).toBeGreaterThan(0);
  });

  test.each([4, 8, 20])('have IDs of up to 20 bytes, here %i', (connectionIdLength) => {
    covers('rfc9000-17.2-2', 'rfc9000-17.2-5');
    const { sent } = talk({ connectionIdLength });
    const lengths = { destination: new Set<number>(), source: new Set<number>() };
    for (const [bytes] of sent) {
      if (bytes[0]! < 0x80) continue;
      lengths.destination.add(bytes[5]!);
      lengths.source.add(bytes[6 + bytes[5]!]!);
    }
    expect(Math.max(...lengths.destination, ...lengths.source)).toBeLessThanOrEqual(20);
    expect([...lengths.source]).toContain(connectionIdLength);
    expect(() => createClient({ connectionIdLength: 21 })).toThrow('connectionIdLength');
    expect(() => createServer({ connectionIdLength: 21 })).toThrow('connectionIdLength');
  });

  test('tell parameters that a client may send, and let the peer issue two IDs at least', () => {
    covers('rfc9000-18.2-1', 'rfc9000-18.2-8', 'rfc9000-18.2-10');
    const { parameters } = talk();
    expect(parameters.map(({ isClient }) => (isClient ? 'client' : 'server')).toSorted()).toEqual([
      'client',
      'server',
    ]);
    for (const one of parameters) expect(one.parameters.activeConnectionIdLimit).toBeGreaterThanOrEqual(2);
    const [{ parameters: ofClient }] = parameters.filter(({ isClient }) => isClient) as [
      (typeof parameters)[0],
    ];
    expect([
      ofClient.originalDestinationConnectionId,
      ofClient.preferredAddress,
      ofClient.retrySourceConnectionId,
      ofClient.statelessResetToken,
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a server', () => {
  test('repeats HANDSHAKE_DONE until it is acknowledged', () => {
    covers('rfc9000-13.3-3');
    const attacker = attackServer(createServer()).pass(5 * SECOND);
    expect(attacker.framesOf(Type.HandshakeDone).length).toBeGreaterThan(1);
    const { length } = attacker.framesOf(Type.HandshakeDone);
    expect(
      ackAll(attacker)
        .pass(20 * SECOND)
        .framesOf(Type.HandshakeDone),
    ).toHaveLength(length);
  });

  test('gives a token that is not empty', () => {
    covers('rfc9000-19.7-1');
    const [token] = attackServer(createServer()).framesOf(Type.NewToken);
    expect(token!.data.length).toBeGreaterThan(0);
  });

  test('shows in its tokens nothing that they have in common, and nothing of the connection', () => {
    covers('rfc9000-8.1.3-6');
    const server = createServer();
    const clients = Array.from({ length: 12 }, (_, i) => attackServer(server, {}, 100 + i));
    const tokens = clients.map((client) => client.framesOf(Type.NewToken)[0]!.data);
    // The first byte tells a token of NEW_TOKEN from one of a Retry, on every connection alike.
    for (let at = 1; at < tokens[0]!.length; at++)
      expect(new Set(tokens.map((token) => token[at])).size).toBeGreaterThan(1);
    clients.forEach(({ source, destination, originalDestination }, i) => {
      for (const id of [source, destination, originalDestination])
        expect(toHex(tokens[i]!)).not.toContain(toHex(id.subarray(0, 4)));
    });
  });
});

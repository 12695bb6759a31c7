import { describe, expect, test } from '@jest/globals';
import { seededCrypto } from '@tsquic/testing/seeded';
import { ByteReader, concatBytes, fromHex, toHex } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { FrameType } from '../src/frame/rules.ts';
import { initialKeys } from '../src/keys/initial.ts';
import { type Drop, dropName } from '../src/packet/drop.ts';
import { createPacketHeader, type PacketHeader, parseHeader } from '../src/packet/header.ts';
import { protectPacket } from '../src/packet/protection.ts';
import { encodeRetry, retryTag } from '../src/packet/retry.ts';
import { ATTACKER, PADDING, PING, VICTIM } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
  LOUD,
} from './support/contexts.ts';
import { streamFrame } from './support/frames.ts';
import { openInitial } from './support/open-initial.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { VERSION_1, VERSIONS } from '../src/version/versions.ts';

const ONE_BYTE = Uint8Array.of(1);
const crypto = seededCrypto(21);

/** Names of the reasons for which packets were dropped, and a tracer that collects them. */
function dropLog() {
  const drops: string[] = [];
  const tracer = { ...LOUD, onPacketDropped: (_id: number, drop: Drop) => void drops.push(dropName(drop)) };
  return { drops, tracer };
}

/** Datagrams that a context sends now. */
function sentBy(context: QuicContext, nowUs = 1_000_000): Uint8Array[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const datagrams: Uint8Array[] = [];
  while (context.prepareNextPacket(out, nowUs) > 0) datagrams.push(out.buffer.slice(0, out.length));
  return datagrams;
}

function parse(bytes: Uint8Array): PacketHeader {
  const header = createPacketHeader();
  expect(parseHeader(new ByteReader(bytes), 8, VERSIONS, header)).toBe(0);
  return header;
}

const dcidOf = (bytes: Uint8Array): Uint8Array => {
  const { dcidAt, dcidLength } = parse(bytes);
  return bytes.slice(dcidAt, dcidAt + dcidLength);
};
const scidOf = (bytes: Uint8Array): Uint8Array => {
  const { scidAt, scidLength } = parse(bytes);
  return bytes.slice(scidAt, scidAt + scidLength);
};
const tokenOf = (bytes: Uint8Array): Uint8Array => {
  const { tokenAt, tokenLength } = parse(bytes);
  return bytes.slice(tokenAt, tokenAt + tokenLength);
};

/** A client that has sent its first Initial. */
function startClient(options: Parameters<typeof createClient>[0] = {}) {
  const client = createClient(options);
  client.createConnection({ to: ATTACKER, serverName: 'server.test' }, 1_000_000);
  const initial = sentBy(client);
  const receive = (bytes: Uint8Array): void =>
    client.incomingPacket(bytes, ATTACKER, VICTIM, 0, 0, 1_000_000);
  return { client, initial, receive };
}

describe('coalesced packets', () => {
  test('one that does not open leaves the others alone', () => {
    covers('rfc9000-12.2-7');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    eventsOf(server);
    const seen = attacker.seen.length;
    const broken = attacker.packet(Level.Handshake, concatBytes(PING, PADDING));
    broken[broken.length - 1] = broken.at(-1)! ^ 1;
    attacker.deliver(concatBytes(broken, attacker.packet(Level.Handshake, concatBytes(PING, PADDING))));
    attacker.pump();
    const [ack] = attacker.seen
      .slice(seen)
      .flatMap(({ frames }) => frames.filter(({ type }) => type === FrameType.Ack));
    expect(ack!.values).toEqual([1, 1]);
  });

  test('each is acknowledged in its own space', () => {
    covers('rfc9000-12.2-1', 'rfc9000-12.2-6', 'rfc9000-13.2.6-1');
    const attacker = attackClient(createClient(), { silentFrom: Level.Handshake });
    const before = attacker.seen.length;
    attacker.deliver(
      concatBytes(
        attacker.packet(Level.Initial, concatBytes(PING, PADDING), { number: 30 }),
        attacker.packet(Level.Handshake, concatBytes(PING, PADDING), { number: 40 }),
      ),
    );
    attacker.pump();
    const acks = attacker.seen
      .slice(before)
      .flatMap(({ level, frames }) =>
        frames.flatMap(({ type, values }) => (type === FrameType.Ack ? [[level, values[1]]] : [])),
      );
    expect(acks).toEqual([
      [Level.Initial, 30],
      [Level.Handshake, 40],
    ]);
  });

  test('one without keys waits for them, and opens then', () => {
    covers('rfc9001-5.7-1', 'rfc9001-5.7-2');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    eventsOf(server);
    // The attacker has its 1-RTT keys already; the server must not use its own before the handshake ends.
    attacker.send(Level.Application, streamFrame(0, 0, ONE_BYTE));
    expect(eventsOf(server)).toEqual([]);
    expect(attacker.framesOf(FrameType.HandshakeDone)).toEqual([]);
    attacker.finish();
    expect(eventsOf(server).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['connected', 'confirmed', 'stream-opened', 'stream-readable']),
    );
  });
});

test('packets that are too small are dropped', () => {
  covers('rfc9000-10.3-7');
  const { drops, tracer } = dropLog();
  const server = createServer({ tracer });
  const attacker = attackServer(server);
  for (let rest = 0; rest < 20; rest++)
    attacker.deliver(concatBytes(Uint8Array.of(0x40), attacker.destination, new Uint8Array(rest)));
  expect(drops).toEqual(Array.from({ length: 20 }, () => 'NoSample'));
  expect(server.connection(0)!.closeReason).toBeUndefined();
});

describe('packet numbers', () => {
  test('only grow, in every space', () => {
    covers('rfc9000-12.3-1', 'rfc9000-12.3-2');
    const server = createServer();
    const attacker = attackServer(server);
    for (let i = 0; i < 30; i++) attacker.send(Level.Application, concatBytes(PING, PADDING)).pass(50_000);
    for (const level of [Level.Initial, Level.Handshake, Level.Application]) {
      const numbers = attacker.seen.filter((packet) => packet.level === level).map(({ number }) => number);
      expect(numbers.length).toBeGreaterThan(0);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    }
  });

  test('a number that was received is not taken again, whatever is in the packet', () => {
    covers('rfc9000-12.3-4', 'rfc9000-12.3-5');
    const { drops, tracer } = dropLog();
    const server = createServer({ tracer });
    const attacker = attackServer(server);
    eventsOf(server);
    const first = attacker.packet(Level.Application, concatBytes(PING, PADDING), { number: 100 });
    const other = attacker.packet(Level.Application, streamFrame(0, 0, ONE_BYTE), { number: 100 });
    // A forgery with that number is told by its tag alone.
    const forged = other.slice();
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    for (const packet of [first, forged, first, other]) attacker.deliver(packet);
    expect(eventsOf(server)).toEqual([]);
    expect(drops).toEqual(['Unauthentic', 'Duplicate', 'Duplicate']);
  });
});

describe('Initial packets', () => {
  test('of a client fill 1200 bytes, whatever becomes of them', () => {
    covers('rfc9000-14.1-1', 'rfc9001-9.3-1');
    const client = createClient();
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.pass(20_000_000);
    const initials = attacker.seen.filter(({ level }) => level === Level.Initial);
    expect(initials.length).toBeGreaterThan(3);
    for (const { datagramBytes } of initials) expect(datagramBytes).toBeGreaterThanOrEqual(1200);
  });

  test('of a server do, if they must be acknowledged; and no token is in them', () => {
    covers('rfc9000-14.1-2', 'rfc9000-17.2.2-1');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    attacker.pass(3_000_000);
    const eliciting = attacker.seen.filter(
      ({ level, frames }) => level === Level.Initial && frames.some(({ type }) => type === FrameType.Crypto),
    );
    expect(eliciting.length).toBeGreaterThan(0);
    for (const { datagramBytes } of eliciting) expect(datagramBytes).toBeGreaterThanOrEqual(1200);

    const { initial } = startClient();
    const other = createServer();
    other.incomingPacket(initial[0]!, ATTACKER, VICTIM, 0, 0, 1_000_000);
    const answers = sentBy(other);
    expect(answers.length).toBeGreaterThan(0);
    for (const datagram of answers) expect(parse(datagram).tokenLength).toBe(0);
  });

  test('in smaller datagrams are not taken, first or later', () => {
    covers('rfc9000-14.1-4');
    const { drops, tracer } = dropLog();
    const server = createServer({ tracer });
    const { initial } = startClient();
    server.incomingPacket(initial[0]!.subarray(0, 1199), ATTACKER, VICTIM, 0, 0, 1_000_000);
    expect([sentBy(server), eventsOf(server)]).toEqual([[], []]);

    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    drops.length = 0;
    const { received } = attacker;
    const datagrams = received.datagrams;
    // Without the padding that makes it one of a client.
    attacker.deliver(sealInitial(attacker.originalDestination, attacker.source, 77));
    attacker.pump();
    expect(drops).toEqual(['SmallInitial']);
    expect(received.datagrams).toBe(datagrams);
  });

  test('of a server with a token are dropped by its client', () => {
    covers('rfc9000-17.2.2-2');
    const { drops, tracer } = dropLog();
    const client = createClient({ tracer });
    const attacker = attackClient(client, { silentFrom: Level.Initial });
    attacker.deliver(attacker.packet(Level.Initial, concatBytes(PING, PADDING), { token: ONE_BYTE }));
    expect(drops).toEqual(['UnexpectedType']);
    attacker.deliver(attacker.packet(Level.Initial, concatBytes(PING, PADDING)));
    expect(drops).toEqual(['UnexpectedType']);
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('before its address is known, a client gets three times what it sent at most', () => {
    covers('rfc9000-14.1-6');
    const attacker = attackServer(createServer(), { silentFrom: Level.Handshake });
    attacker.pass(9_000_000);
    expect(attacker.received.bytes).toBeLessThanOrEqual(3 * attacker.sent.bytes);
    expect(attacker.received.bytes).toBeGreaterThan(0);
  });
});

describe('Version Negotiation', () => {
  const unknown = (dcid: number, scid: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes.set([0x80, 0x1a, 0x2a, 0x3a, 0x4a, dcid]);
    bytes.fill(0xdd, 6, 6 + dcid);
    bytes[6 + dcid] = scid;
    bytes.fill(0xcc, 7 + dcid, 7 + dcid + scid);
    return bytes;
  };

  test.each([
    [8, 8],
    [0, 0],
    [255, 255],
    [3, 21],
  ])('answers IDs of %d and %d bytes, exchanged, once', (dcid, scid) => {
    covers('rfc9000-17.2.1-4', 'rfc9000-17.2.1-5', 'rfc9000-17.2.1-6', 'rfc9000-17.2.1-7');
    const server = createServer();
    server.incomingPacket(unknown(dcid, scid, 1200), ATTACKER, VICTIM, 0, 0, 1_000_000);
    const answers = sentBy(server);
    expect(answers).toHaveLength(1);
    const reader = new ByteReader(answers[0]!, 1);
    expect(reader.u32()).toBe(0);
    expect(reader.copy(reader.u8())).toEqual(new Uint8Array(scid).fill(0xcc));
    expect(reader.copy(reader.u8())).toEqual(new Uint8Array(dcid).fill(0xdd));
    expect(reader.u32()).toBe(1);
  });

  test('answers nothing small, and not itself', () => {
    const server = createServer();
    server.incomingPacket(unknown(8, 8, 1199), ATTACKER, VICTIM, 0, 0, 1_000_000);
    const negotiation = unknown(8, 8, 1200);
    negotiation.fill(0, 1, 5);
    server.incomingPacket(negotiation, ATTACKER, VICTIM, 0, 0, 1_000_000);
    expect(sentBy(server)).toEqual([]);
  });
});

describe('Retry', () => {
  const retryScid = fromHex('e1e2e3e4e5e6e7e8');
  const retryToken = fromHex('0102030405');

  /** A Retry for this Initial. */
  const retryFor = (initial: Uint8Array, source = retryScid, token = retryToken): Uint8Array =>
    encodeRetry(crypto, VERSION_1, scidOf(initial), source, dcidOf(initial), token);

  test('is followed with its ID and token, our ID and hello unchanged, numbers going on', () => {
    covers(
      'rfc9000-17.2.5.1-3',
      'rfc9000-17.2.5.2-5',
      'rfc9000-17.2.5.3-1',
      'rfc9000-17.2.5.3-4',
      'rfc9000-17.2.5-1',
    );
    const server = createServer({ retry: 'always' });
    const { client, initial, receive } = startClient();
    server.incomingPacket(initial[0]!, ATTACKER, VICTIM, 0, 0, 1_000_000);
    const [retry, ...others] = sentBy(server);
    expect(others).toEqual([]);
    expect(parse(retry!).type).toBe(PacketType.Retry);
    expect(scidOf(retry!)).not.toEqual(dcidOf(initial[0]!));
    // Other unused bits, under a tag that fits them, are all the same.
    const body = retry!.slice(0, -16);
    body[0] = body[0]! ^ 0x0f;
    receive(concatBytes(body, retryTag(crypto, VERSION_1, dcidOf(initial[0]!), body)));
    const again = sentBy(client);
    expect(dcidOf(again[0]!)).toEqual(scidOf(retry!));
    expect(scidOf(again[0]!)).toEqual(scidOf(initial[0]!));
    expect(tokenOf(again[0]!)).toEqual(tokenOf(retry!));
    const helloes = [initial[0]!, again[0]!].map((datagram) => openInitial(crypto, datagram));
    expect(helloes[1]!.number).toBeGreaterThan(helloes[0]!.number);
    expect(toHex(helloes[1]!.hello)).toBe(toHex(helloes[0]!.hello));
    // And the server goes on from there.
    server.incomingPacket(again[0]!, ATTACKER, VICTIM, 0, 0, 1_000_000);
    expect(eventsOf(server).map(({ type }) => type)).toEqual(['accepted']);
  });

  test('a server sends one for each datagram, with an ID of its own', () => {
    covers('rfc9000-17.2.5.1-1', 'rfc9000-17.2.5.1-5');
    const server = createServer({ retry: 'always' });
    const { initial } = startClient();
    const twice = concatBytes(initial[0]!, initial[0]!);
    server.incomingPacket(twice, ATTACKER, VICTIM, 0, 0, 1_000_000);
    const answers = sentBy(server);
    expect(answers).toHaveLength(1);
    expect(scidOf(answers[0]!)).not.toEqual(dcidOf(initial[0]!));
  });

  test('only the first is followed', () => {
    covers('rfc9000-17.2.5.2-1', 'rfc9000-17.2.5.2-2');
    const { drops, tracer } = dropLog();
    const { client, initial, receive } = startClient({ tracer });
    receive(retryFor(initial[0]!));
    const [again] = sentBy(client);
    receive(retryFor(initial[0]!, retryScid.slice(1)));
    receive(retryFor(again!, retryScid.slice(1)));
    expect(sentBy(client)).toEqual([]);
    expect(drops).toEqual(['Unsolicited', 'Unsolicited']);
  });

  test('none is followed once the server has answered', () => {
    covers('rfc9000-17.2.5.2-2');
    const { drops, tracer } = dropLog();
    const client = createClient({ tracer });
    const attacker = attackClient(client, { silentFrom: Level.Handshake });
    const { originalDestination, destination } = attacker;
    attacker.deliver(encodeRetry(crypto, VERSION_1, destination, retryScid, originalDestination, retryToken));
    expect(drops).toEqual(['Unsolicited']);
  });

  test('a wrong tag, our own ID or no token make it worthless', () => {
    covers('rfc9000-17.2.5.1-2', 'rfc9000-17.2.5.2-3', 'rfc9000-17.2.5.2-4');
    const { drops, tracer } = dropLog();
    const { client, initial, receive } = startClient({ tracer });
    const wrongTag = retryFor(initial[0]!);
    wrongTag[wrongTag.length - 1] = wrongTag.at(-1)! ^ 1;
    const wrongBits = retryFor(initial[0]!);
    wrongBits[0] = wrongBits[0]! ^ 0x0f;
    receive(wrongTag);
    receive(wrongBits);
    receive(retryFor(initial[0]!, dcidOf(initial[0]!)));
    receive(retryFor(initial[0]!, retryScid, new Uint8Array(0)));
    expect(sentBy(client)).toEqual([]);
    expect(drops).toEqual(['Unauthentic', 'Unauthentic', 'Unsolicited', 'Truncated']);
    receive(retryFor(initial[0]!));
    expect(sentBy(client)).not.toEqual([]);
  });
});

/** A client's Initial with a PING and no more padding than it needs. */
function sealInitial(destination: Uint8Array, source: Uint8Array, number: number): Uint8Array {
  const head = [0xc3, 0, 0, 0, 1, destination.length, ...destination, source.length, ...source, 0, 0x40, 24];
  const bytes = Uint8Array.from([...head, 0, 0, 0, number, 1, 0, 0, 0, ...new Uint8Array(16)]);
  const { aead, protection } = initialKeys(crypto, VERSION_1, destination, true);
  protectPacket(bytes, 0, head.length, head.length + 4, bytes.length - 16, number, aead, protection);
  return bytes;
}

test('the spin bit of others means nothing', () => {
  covers('rfc9000-17.4-5');
  const attacker = attackServer(createServer());
  for (let i = 0; i < 10; i++)
    attacker.send(Level.Application, concatBytes(PING, PADDING), { firstByte: i % 2 === 0 ? 0x20 : 0 });
  expect(attacker.pass(100_000).closeCode).toBeUndefined();
  expect(attacker.framesOf(FrameType.Ack, Level.Application).at(-1)!.values).toEqual([0, 9]);
});

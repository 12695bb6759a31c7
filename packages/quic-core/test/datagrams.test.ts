import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { frame } from '@tsquic/adversary';
import { createConnectedPair, type Pair, type PairOptions } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { TransportOptions } from '../src/config/transport-options.ts';
import type { QuicContext } from '../src/context/context.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import type { QuicEvent } from '../src/events.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER } from './support/exchange.ts';
import { createEarlyPair, DELAY_US, type EarlyPair } from './support/early.ts';
import { ackFrame, type SeenFrame } from './support/frames.ts';

const SECOND = 1_000_000;
const MS = 1000;
const APP = Level.Application;
const PROTOCOL_VIOLATION = 0x0a;
const FRAME_ENCODING_ERROR = 0x07;
const TAKES: TransportOptions = { maxDatagramFrameBytes: 65_535 };

const isDatagram = ({ type }: SeenFrame): boolean => type === 0x30 || type === 0x31;
const createCrypto: PairOptions['createCrypto'] = (random) => createNodeProvider({ random });

interface Meeting extends Exchange {
  /** Both ends of the connection, sender first. */
  readonly sender: QuicConnection;
  readonly receiver: QuicConnection;
  readonly sends: QuicContext;
  readonly receives: QuicContext;
  nowUs: number;
}

/** Two ends that have shaken hands; the one who is to receive takes datagrams as `receives` says. */
function meet(role: Role, receives: TransportOptions = TAKES, sends: TransportOptions = {}): Meeting {
  const isClient = role === 'client';
  const client = createClient({ transport: isClient ? sends : receives });
  const server = createServer({ transport: isClient ? receives : sends });
  const connection = client.createConnection({ to: SERVER, from: CLIENT, serverName: 'x' }, SECOND);
  const nowUs = passTime({ client, server }, SECOND, SECOND);
  eventsOf(client);
  eventsOf(server);
  const ends = [connection, server.connection(0)!] as const;
  const [sender, receiver] = isClient ? ends : [ends[1], ends[0]];
  const contexts = isClient ? [client, server] : [server, client];
  return { client, server, sender, receiver, sends: contexts[0]!, receives: contexts[1]!, nowUs };
}

type Role = 'client' | 'server';
const ROLES = [['client'], ['server']] as const;

/** Carry on until nobody has anything to say. */
function go(meeting: Meeting, durationUs = SECOND): void {
  meeting.nowUs = passTime(meeting, meeting.nowUs, durationUs);
}

function readAll({ datagrams }: QuicConnection): Uint8Array[] {
  const read: Uint8Array[] = [];
  for (let next = datagrams.receive(); next !== undefined; next = datagrams.receive()) read.push(next);
  return read;
}

function only<T extends QuicEvent['type']>(events: readonly QuicEvent[], type: T) {
  return events.filter((event): event is Extract<QuicEvent, { type: T }> => event.type === type);
}

describe.each(ROLES)('datagrams of a %s', (role) => {
  test('arrive in order, empty ones too, and one event tells of those that wait', () => {
    covers('rfc9221-5-1', 'rfc9221-5-2', 'rfc9221-3-6');
    const meeting = meet(role);
    const sizes = [3, 0, 900, 63, 64];
    for (const size of sizes) expect(meeting.sender.datagrams.send(new Uint8Array(size).fill(7))).toBe(true);
    go(meeting);
    expect(eventsOf(meeting.receives)).toEqual([{ type: 'datagram-readable', connection: 0 }]);
    expect(readAll(meeting.receiver)).toEqual(sizes.map((size) => new Uint8Array(size).fill(7)));
    expect(meeting.receiver.datagrams.receive()).toBeUndefined();
    // The next one tells again.
    meeting.sender.datagrams.send(Uint8Array.of(1));
    go(meeting);
    expect(only(eventsOf(meeting.receives), 'datagram-readable')).toHaveLength(1);
  });

  test('are copied: the program may change its bytes at once', () => {
    const meeting = meet(role);
    const data = Uint8Array.of(1, 2, 3);
    meeting.sender.datagrams.send(data);
    data.fill(9);
    go(meeting);
    expect(readAll(meeting.receiver)).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  test('are not sent to a peer that takes none', () => {
    covers('rfc9221-3-1');
    const meeting = meet(role, {});
    const { sender, receiver } = meeting;
    expect(sender.datagrams.maxBytes).toBe(-1);
    expect(sender.datagrams.send(new Uint8Array(0))).toBe(false);
    let asked = 0;
    sender.datagrams.setSource(() => (asked++ < 3 ? { bytes: 1 } : undefined));
    // A packet leaves that would have room for one.
    sender.openStream()!.write(Uint8Array.of(1));
    go(meeting);
    expect(receiver.statistics().bytesReceived).toBeGreaterThan(0);
    expect([asked, sender.datagrams.statistics().sent]).toEqual([0, 0]);
    expect(receiver.closeReason).toBeUndefined();
  });

  test.each([
    // Type, length and data together are bounded: RFC 9221 §3.
    [2, 0],
    [65, 63],
    [66, 63],
    [67, 64],
    [1000, 997],
  ])('fit into frames of at most %d bytes with %d bytes of data', (maxDatagramFrameBytes, largest) => {
    covers('rfc9221-3-2');
    const meeting = meet(role, { maxDatagramFrameBytes });
    const { datagrams } = meeting.sender;
    expect(datagrams.maxBytes).toBe(largest);
    expect(datagrams.send(new Uint8Array(largest + 1))).toBe(false);
    expect(datagrams.send(new Uint8Array(largest))).toBe(true);
    go(meeting);
    expect(meeting.receiver.closeReason).toBeUndefined();
    expect(readAll(meeting.receiver)).toEqual([new Uint8Array(largest)]);
  });

  test('of the largest size go into one packet, whatever its number is', () => {
    const meeting = meet(role);
    const { datagrams } = meeting.sender;
    const { mtuBytes } = meeting.sender.statistics();
    // A byte of flags, eight of connection ID, four of packet number, sixteen of tag and the type: RFC 9000 §17.3.1.
    expect(datagrams.maxBytes).toBe(mtuBytes - 1 - 8 - 4 - 16 - 1);
    for (let i = 0; i < 400; i++) {
      expect(datagrams.send(new Uint8Array(datagrams.maxBytes).fill(i))).toBe(true);
      go(meeting, 20 * MS);
      expect(readAll(meeting.receiver)).toEqual([new Uint8Array(datagrams.maxBytes).fill(i)]);
    }
  });

  test('do not go beyond what can be sent at all: they are refused, and none waits', () => {
    const { sender } = meet(role);
    expect(sender.datagrams.send(new Uint8Array(sender.datagrams.maxBytes + 1))).toBe(false);
    expect(sender.datagrams.statistics().waitingOutgoing).toBe(0);
  });

  test('are only taken within the bounds of the queue, and room is told', () => {
    const meeting = meet(role, TAKES, { maxOutgoingDatagrams: 3, maxOutgoingDatagramBytes: 1000 });
    const { datagrams } = meeting.sender;
    expect([500, 501, 500, 0, 0].map((size) => datagrams.send(new Uint8Array(size)))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(datagrams.statistics()).toMatchObject({ waitingOutgoing: 3, waitingOutgoingBytes: 1000 });
    go(meeting);
    expect(only(eventsOf(meeting.sends), 'datagram-writable')).toHaveLength(1);
    expect(readAll(meeting.receiver).map(({ length }) => length)).toEqual([500, 500, 0]);
    expect(datagrams.statistics()).toMatchObject({ sent: 3, waitingOutgoing: 0, waitingOutgoingBytes: 0 });
  });

  test('push out the oldest where the program chose that, which is told', () => {
    const limits = { maxOutgoingDatagrams: 3, outgoingDatagramDrop: 'oldest' } as const;
    const meeting = meet(role, TAKES, limits);
    for (let tag = 0; tag < 5; tag++)
      expect(meeting.sender.datagrams.send(Uint8Array.of(tag), { tag })).toBe(true);
    const told = only(eventsOf(meeting.sends), 'datagram-outcome');
    expect(told.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      [0, 'dropped'],
      [1, 'dropped'],
    ]);
    go(meeting);
    expect(readAll(meeting.receiver).map(([tag]) => tag)).toEqual([2, 3, 4]);
    expect(meeting.sender.datagrams.statistics().droppedOutgoing).toBe(2);
  });

  test.each([
    ['oldest', [7, 8, 9]],
    ['newest', [0, 1, 2]],
  ] as const)('that come to a program which does not read: %s goes', (incomingDatagramDrop, kept) => {
    covers('rfc9221-5.3-1');
    const meeting = meet(role, { ...TAKES, maxIncomingDatagrams: 3, incomingDatagramDrop });
    for (let i = 0; i < 10; i++) meeting.sender.datagrams.send(Uint8Array.of(i));
    go(meeting);
    const events = eventsOf(meeting.receives);
    expect(only(events, 'datagrams-dropped')).toEqual([
      { type: 'datagrams-dropped', connection: 0, total: 7 },
    ]);
    expect(meeting.receiver.datagrams.statistics()).toMatchObject({ received: 10, droppedIncoming: 7 });
    expect(readAll(meeting.receiver).map(([i]) => i)).toEqual(kept);
  });

  test('expire before they leave, and that is told', () => {
    const meeting = meet(role);
    const { datagrams } = meeting.sender;
    datagrams.send(Uint8Array.of(1), { tag: 1, expiresUs: meeting.nowUs });
    datagrams.send(Uint8Array.of(2), { tag: 2, expiresUs: meeting.nowUs + 1 });
    datagrams.send(Uint8Array.of(3));
    go(meeting);
    const told = only(eventsOf(meeting.sends), 'datagram-outcome');
    expect(told.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      [1, 'expired'],
      [2, 'acknowledged'],
    ]);
    expect(readAll(meeting.receiver).map(([i]) => i)).toEqual([2, 3]);
  });

  test('expire at their time, also where nothing else happens', () => {
    const meeting = meet(role, TAKES, { maxCongestionWindowBytes: 2400, initialRttUs: 1000 });
    const { sender, sends, nowUs } = meeting;
    const out = createOutgoingDatagram(new Uint8Array(1500));
    // Nobody hears: the window is full, and neither acknowledgements nor probes come in the next milliseconds.
    sender.openStream()!.write(new Uint8Array(50_000));
    while (sends.prepareNextPacket(out, nowUs) > 0);
    eventsOf(sends);
    sender.datagrams.send(PING, { tag: 1, expiresUs: nowUs + 6 * MS });
    sender.datagrams.send(PING, { tag: 2, expiresUs: nowUs + 4 * MS + 0.5 });
    const told: [number, number, string][] = [];
    for (let atUs = nowUs; atUs < nowUs + 10 * MS; atUs = Math.max(atUs + 1, sends.nextWakeTime())) {
      expect(sends.prepareNextPacket(out, atUs)).toBe(0);
      for (const { tag, outcome } of only(eventsOf(sends), 'datagram-outcome'))
        told.push([atUs - nowUs, tag, outcome]);
    }
    expect(told).toEqual([
      [4 * MS + 1, 2, 'expired'],
      [6 * MS, 1, 'expired'],
    ]);
    expect(sender.datagrams.statistics()).toMatchObject({ droppedOutgoing: 2, waitingOutgoing: 0 });
  });

  test('are told of once each, when the peer has them', () => {
    covers('rfc9221-5.2-3');
    const meeting = meet(role);
    for (const tag of [5, 0, Number.MAX_SAFE_INTEGER]) meeting.sender.datagrams.send(PING, { tag });
    go(meeting);
    const told = only(eventsOf(meeting.sends), 'datagram-outcome');
    expect(told.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      [5, 'acknowledged'],
      [0, 'acknowledged'],
      [Number.MAX_SAFE_INTEGER, 'acknowledged'],
    ]);
  });

  test('made by a source fill packets as they are built, until it has none', () => {
    const meeting = meet(role);
    const { datagrams } = meeting.sender;
    let made = 0;
    datagrams.setSource((room) => {
      if (made === 300) return undefined;
      if (room.length < 400) return { bytes: -1 };
      room.fill(made, 0, 400);
      return { bytes: 400, tag: made++ };
    });
    datagrams.send(Uint8Array.of(99));
    go(meeting);
    const read = readAll(meeting.receiver);
    expect(read.map(({ length }) => length)).toEqual([1, ...Array.from({ length: 300 }, () => 400)]);
    expect(read.slice(1).map(([first]) => first)).toEqual(Array.from({ length: 300 }, (_, i) => i & 0xff));
    const told = only(eventsOf(meeting.sends), 'datagram-outcome');
    expect(told.map(({ tag }) => tag).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    // It rests until it is set again.
    made = 299;
    go(meeting);
    expect(readAll(meeting.receiver)).toEqual([]);
  });

  test('made by a source have every size that fits', () => {
    const meeting = meet(role);
    const { datagrams } = meeting.sender;
    const sizes: number[] = [];
    let size = 0;
    datagrams.setSource((room) => {
      if (sizes.length === 60) return undefined;
      // The largest that fits now, one less, and so on: at one of them the length no longer fits.
      const bytes = Math.max(room.length - size, 0);
      size = (size + 1) % 6;
      room.fill(bytes, 0, bytes);
      sizes.push(bytes);
      return { bytes };
    });
    go(meeting);
    const read = readAll(meeting.receiver);
    expect(read.map(({ length }) => length)).toEqual(sizes);
    expect(read.every((data) => data.every((byte) => byte === (data.length & 0xff)))).toBe(true);
    expect(Math.max(...sizes)).toBe(datagrams.maxBytes);
  });

  test('made by a source whose next does not fit into an empty packet come to rest', () => {
    const meeting = meet(role);
    let asked = 0;
    meeting.sender.datagrams.setSource(() => {
      asked++;
      return { bytes: -1 };
    });
    go(meeting);
    expect(asked).toBeLessThan(4);
  });

  test.each([-2, 100_000, Number.NaN])(
    'made by a source that says it wrote %d bytes end the connection',
    (bytes) => {
      const quiet = { tracer: {} };
      const client = createClient({ transport: TAKES, ...quiet });
      const server = createServer({ transport: TAKES, ...quiet });
      const connection = client.createConnection({ to: SERVER, from: CLIENT, serverName: 'x' }, SECOND);
      const nowUs = passTime({ client, server }, SECOND, SECOND);
      const sender = role === 'client' ? connection : server.connection(0)!;
      sender.datagrams.setSource(() => ({ bytes }));
      passTime({ client, server }, nowUs, SECOND);
      expect(sender.closeReason).toMatchObject({ kind: 'transport', code: 0x01 });
    },
  );

  test('that came can be read after the end, and nothing can be sent', () => {
    const meeting = meet(role);
    const { sender, receiver } = meeting;
    sender.datagrams.send(Uint8Array.of(1));
    go(meeting);
    sender.datagrams.setSource(() => ({ bytes: 1 }));
    sender.close();
    expect(sender.datagrams.maxBytes).toBe(-1);
    expect(sender.datagrams.send(Uint8Array.of(2), { tag: 1 })).toBe(false);
    sender.datagrams.setSource(() => ({ bytes: 1 }));
    go(meeting, 10 * SECOND);
    expect(receiver.closeReason).toMatchObject({ kind: 'application' });
    expect(receiver.datagrams.send(Uint8Array.of(2))).toBe(false);
    expect(readAll(receiver)).toEqual([Uint8Array.of(1)]);
    expect(sender.datagrams.statistics()).toMatchObject({ sent: 1, waitingOutgoing: 0 });
  });

  test.each([
    [{ tag: -1 }],
    [{ tag: 0.5 }],
    [{ tag: Infinity }],
    [{ expiresUs: Number.NaN }],
    [{ expiresUs: '1' as unknown as number }],
  ])('with %j are a mistake of the program', (options) => {
    const { sender } = meet(role);
    expect(() => sender.datagrams.send(PING, options)).toThrow(
      expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
    );
    expect(sender.closeReason).toBeUndefined();
  });
});

test('a datagram that is no bytes is a mistake of the program', () => {
  const { sender } = meet('client');
  for (const data of ['text', [1, 2], new ArrayBuffer(1), undefined])
    expect(() => sender.datagrams.send(data as unknown as Uint8Array)).toThrow(
      expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
    );
  expect(sender.datagrams.statistics()).toMatchObject({ sent: 0, waitingOutgoing: 0 });
});

describe('options of datagrams', () => {
  test.each([
    [{ maxDatagramFrameBytes: -1 }],
    [{ maxOutgoingDatagrams: 0.5 }],
    [{ maxIncomingDatagramBytes: Number.NaN }],
    [{ outgoingDatagramDrop: 'first' as 'oldest' }],
    [{ incomingDatagramDrop: 3 as unknown as 'oldest' }],
  ])('%j are checked', (transport) => {
    expect(() => createClient({ transport })).toThrow(
      expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }),
    );
  });
});

/**
 * A victim of each role, which sends datagrams to an adversary; the adversary takes them.
 *
 * @param waits - the handshake of the victim is not complete yet.
 */
function attack(
  role: Role,
  transport: TransportOptions,
  waits = false,
): { victim: QuicContext; attacker: Attacker } {
  const parameters = (own: { maxDatagramFrameSize: number }): void => {
    own.maxDatagramFrameSize = 65_535;
  };
  if (role === 'server') {
    const victim = createServer({ transport });
    const options = waits ? { parameters, silentFrom: Level.Handshake } : { parameters };
    return { victim, attacker: attackServer(victim, options) };
  }
  const judging = { judgeCertificates: true, dangerouslySkipCertificateCheck: false };
  const victim = createClient(waits ? { transport, ...judging } : { transport });
  return { victim, attacker: attackClient(victim, { parameters }) };
}

describe.each(ROLES)('frames of a %s', (role) => {
  test('leave in 1-RTT packets alone, though its source had some before the handshake was complete', () => {
    covers('rfc9221-5-3', 'rfc9221-6-1');
    // Both know what the peer takes, and wait: a server for Finished, a client for the verdict of its program.
    const { victim, attacker } = attack(role, TAKES, true);
    const connection = victim.connection(0)!;
    expect(connection.statistics().state).toBe('handshaking');
    let left = 40;
    connection.datagrams.setSource((room) => {
      if (left === 0) return undefined;
      left--;
      return { bytes: Math.min(room.length, 200) };
    });
    // What is acknowledged first is of the Handshake level, and has room besides.
    attacker.send(Level.Handshake, concatBytes(PING, PADDING)).pass(SECOND);
    if (role === 'client') connection.certificateVerdict(undefined);
    attacker.finish().pass(SECOND);
    const levels = new Set(attacker.seen.map(({ level }) => level));
    expect(levels).toEqual(new Set([Level.Initial, Level.Handshake, APP]));
    const carriers = attacker.seen.filter(({ frames }) => frames.some(({ type }) => type >> 1 === 0x18));
    expect(carriers.length).toBeGreaterThan(0);
    expect(new Set(carriers.map(({ level }) => level))).toEqual(new Set([APP]));
  });
});

describe.each(ROLES)('frames that a %s gets', (role) => {
  test.each([
    ['0x31 to one that takes none', {}, frame(0x31, [0]), 0x31, PROTOCOL_VIOLATION, 'rfc9221-3-3'],
    ['0x30 to one that takes none', {}, frame(0x30), 0x30, PROTOCOL_VIOLATION, 'rfc9221-3-3'],
    ['cut short, to one that takes none', {}, frame(0x31, [99]), 0x31, PROTOCOL_VIOLATION, 'rfc9221-3-3'],
    [
      'beyond the limit by the length',
      { maxDatagramFrameBytes: 101 },
      frame(0x31, [99], new Uint8Array(99)),
      0x31,
      PROTOCOL_VIOLATION,
      'rfc9221-3-4',
    ],
    [
      'beyond the limit without a length',
      { maxDatagramFrameBytes: 100 },
      frame(0x30, [], new Uint8Array(100)),
      0x30,
      PROTOCOL_VIOLATION,
      'rfc9221-3-4',
    ],
    [
      'cut short',
      TAKES,
      concatBytes(PING, frame(0x31, [99], new Uint8Array(98))),
      0x31,
      FRAME_ENCODING_ERROR,
      '',
    ],
    ['without the length it says', TAKES, frame(0x31), 0x31, FRAME_ENCODING_ERROR, ''],
    ['with a type of two bytes', TAKES, Uint8Array.of(0x40, 0x30, 1, 2, 3), 0x30, PROTOCOL_VIOLATION, ''],
  ] as const)('%s: the exact error', (_name, transport, payload, frameType, code, id) => {
    covers('rfc9221-3-3', 'rfc9221-3-4', id);
    const { victim, attacker } = attack(role, transport);
    attacker.send(APP, payload);
    expect(victim.connection(0)!.closeReason).toMatchObject({ kind: 'transport', code, frameType });
  });

  test('as large as the limit are fine, with a length and without', () => {
    const { victim, attacker } = attack(role, { maxDatagramFrameBytes: 100 });
    attacker.send(APP, frame(0x31, [97], new Uint8Array(97)));
    attacker.send(APP, frame(0x30, [], new Uint8Array(99)));
    const connection = victim.connection(0)!;
    expect(connection.closeReason).toBeUndefined();
    expect(readAll(connection).map(({ length }) => length)).toEqual([97, 99]);
  });

  test.each([[Level.Initial], [Level.Handshake]])('in packets of level %d end the connection', (level) => {
    covers('rfc9000-12.4-3');
    const victim =
      role === 'server' ? createServer({ transport: TAKES }) : createClient({ transport: TAKES });
    const options = { silentFrom: Level.Handshake };
    const attacker = role === 'server' ? attackServer(victim, options) : attackClient(victim, options);
    attacker.send(level, concatBytes(frame(0x31, [1], Uint8Array.of(1)), PADDING));
    expect(victim.connection(0)!.closeReason).toMatchObject({
      kind: 'transport',
      code: PROTOCOL_VIOLATION,
      frameType: 0x31,
    });
  });

  test('repeated in a packet that comes twice are delivered once', () => {
    const { victim, attacker } = attack(role, TAKES);
    const packet = attacker.packet(APP, frame(0x31, [3], Uint8Array.of(1, 2, 3)));
    for (let i = 0; i < 3; i++) attacker.deliver(packet.slice());
    expect(readAll(victim.connection(0)!)).toHaveLength(1);
  });

  test('are acknowledged with others, and after max_ack_delay at the latest', () => {
    covers('rfc9221-5.2-1');
    const { attacker } = attack(role, TAKES);
    attacker.pass(SECOND);
    const acks = (): number =>
      attacker.seen.filter(({ frames }) => frames.some(({ type }) => type <= 3 && type >= 2)).length;
    const before = acks();
    attacker.send(APP, frame(0x31, [3], Uint8Array.of(1, 2, 3)));
    expect(acks()).toBe(before);
    attacker.pass(26 * MS);
    expect(acks()).toBe(before + 1);
  });
});

describe.each(ROLES)('datagrams of a %s that are lost', (role) => {
  interface Loss {
    readonly victim: QuicContext;
    readonly attacker: Attacker;
    readonly lost: number;
  }

  /** The victim sends datagram 7, and the adversary acknowledges everything but its packet. */
  function lose(acknowledgesLater: boolean): Loss {
    const { victim, attacker } = attack(role, TAKES);
    attacker.pass(SECOND);
    attacker.send(
      APP,
      ackFrame(attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number)),
    );
    eventsOf(victim);
    const connection = victim.connection(0)!;
    connection.datagrams.send(Uint8Array.of(7), { tag: 7 });
    attacker.pump();
    const lost = attacker.seen.at(-1)!.number;
    expect(attacker.seen.at(-1)!.frames.some(isDatagram)).toBe(true);
    for (let i = 0; i < 4; i++) {
      connection.datagrams.send(Uint8Array.of(8));
      attacker.pump();
    }
    const numbers = attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number);
    attacker.send(APP, ackFrame(numbers.filter((number) => number !== lost)));
    if (acknowledgesLater) attacker.send(APP, ackFrame(numbers));
    return { victim, attacker, lost };
  }

  test('are told, and not sent again', () => {
    covers('rfc9221-5.2-2');
    const { victim, attacker, lost } = lose(false);
    attacker.pass(2 * SECOND);
    expect(only(eventsOf(victim), 'datagram-outcome')).toEqual([
      { type: 'datagram-outcome', connection: 0, tag: 7, outcome: 'lost' },
    ]);
    const again = attacker.seen.filter(
      ({ number, frames }) => number > lost && frames.some(({ data }) => data[0] === 7),
    );
    expect(again).toEqual([]);
  });

  test('and arrive after all are told twice', () => {
    covers('rfc9221-5.2-3');
    const { victim, attacker } = lose(true);
    attacker.pass(SECOND);
    const told = only(eventsOf(victim), 'datagram-outcome');
    expect(told.map(({ outcome }) => outcome)).toEqual(['lost', 'spuriously-lost']);
  });

  test('are not reported lost because a probe asks for them', () => {
    const { victim, attacker } = attack(role, TAKES);
    attacker.pass(SECOND);
    attacker.send(
      APP,
      ackFrame(attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number)),
    );
    eventsOf(victim);
    victim.connection(0)!.datagrams.send(Uint8Array.of(7), { tag: 7 });
    attacker.pump();
    const before = attacker.seen.length;
    attacker.pass(10 * SECOND);
    // Probes without new data are PING frames. RFC 9002 §6.2.4
    const probes = attacker.seen.slice(before);
    expect(probes.length).toBeGreaterThan(1);
    expect(probes.flatMap(({ frames }) => frames.filter(isDatagram))).toEqual([]);
    expect(only(eventsOf(victim), 'datagram-outcome')).toEqual([]);
    attacker.send(
      APP,
      ackFrame(attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number)),
    );
    expect(only(eventsOf(victim), 'datagram-outcome').map(({ outcome }) => outcome)).toEqual([
      'acknowledged',
    ]);
  });
});

describe('over a path', () => {
  const BOTH = { client: { transport: TAKES }, server: { transport: TAKES } };

  function connected(options: Partial<PairOptions>): Pair {
    return createConnectedPair({ createCrypto, ...BOTH, ...options });
  }

  test('the largest size grows with the MTU, and an event tells each change', () => {
    const pair = connected({ seed: 3 });
    pair.pass(5 * SECOND);
    const { connection } = pair.client;
    const told = pair.client.eventsOf('datagram-size').map(({ maxBytes }) => maxBytes);
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(connection.datagrams.maxBytes);
    expect(connection.datagrams.maxBytes).toBe(connection.statistics().mtuBytes - 30);
    expect(told[0]).toBe(1200 - 30);
    expect(told.at(-1)).toBeGreaterThan(1400 - 30);
  });

  test('every tagged datagram has one outcome, and those acknowledged are those that arrived (loss of 5 %)', () => {
    const pair = connected({ seed: 4, link: { loss: { kind: 'random', rate: 0.05 }, delayUs: 20_000 } });
    const { connection } = pair.client;
    const count = 2000;
    let next = 0;
    connection.datagrams.setSource((room) => {
      if (next === count) return undefined;
      if (room.length < 500) return { bytes: -1 };
      room[0] = next >> 8;
      room[1] = next;
      return { bytes: 500, tag: next++ };
    });
    const got: number[] = [];
    const isOver = (): boolean => {
      got.push(...readAll(pair.server.connection).map(([high, low]) => high! * 256 + low!));
      return new Set(pair.client.eventsOf('datagram-outcome').map(({ tag }) => tag)).size === count;
    };
    expect(pair.run(isOver, 60 * SECOND)).toBe(true);
    pair.pass(5 * SECOND);
    isOver();
    const outcomes = new Map<number, string>();
    for (const { tag, outcome } of pair.client.eventsOf('datagram-outcome')) {
      const before = outcomes.get(tag);
      expect(before === undefined || (before === 'lost' && outcome === 'spuriously-lost')).toBe(true);
      outcomes.set(tag, outcome);
    }
    const arrived = new Set(got);
    expect(arrived.size).toBe(got.length);
    for (const [tag, outcome] of outcomes) {
      if (outcome !== 'lost') expect(arrived.has(tag)).toBe(true);
    }
    const lost = [...outcomes.values()].filter((outcome) => outcome === 'lost').length;
    expect(lost).toBeGreaterThan(count * 0.02);
    expect(lost).toBeLessThan(count * 0.1);
  });

  test('the congestion window bounds what is in flight, and datagrams wait for it', () => {
    covers('rfc9221-5.4-1');
    const pair = connected({ seed: 5, link: { bytesPerSecond: 250_000, delayUs: 50_000 } });
    const { connection } = pair.client;
    connection.datagrams.setSource((room) => ({ bytes: room.length < 1000 ? -1 : 1000 }));
    let most = 0;
    let window = 0;
    pair.run(() => {
      const { bytesInFlight, congestionWindowBytes } = connection.statistics();
      window = Math.max(window, congestionWindowBytes);
      most = Math.max(most, bytesInFlight);
      readAll(pair.server.connection);
      return false;
    }, 10 * SECOND);
    expect(most).toBeGreaterThan(window / 2);
    // A packet may begin while there is any room in the window.
    expect(most).toBeLessThan(window + 1500);
    const { received } = pair.server.connection.datagrams.statistics();
    // Two Mbit/s for ten seconds are 2.5 MB, and most of it is data.
    expect(received * 1000).toBeGreaterThan(1_800_000);
    expect(received * 1000).toBeLessThan(2_500_000);
  });

  test('datagrams and streams share what there is', () => {
    const pair = connected({ seed: 6, link: { bytesPerSecond: 500_000, delayUs: 20_000 } });
    const { connection } = pair.client;
    const stream = connection.openStream()!;
    stream.setSource((room) => ({ bytes: room.length, fin: false }));
    connection.datagrams.setSource((room) => ({ bytes: room.length }));
    let datagramBytes = 0;
    pair.run(() => {
      for (const { length } of readAll(pair.server.connection)) datagramBytes += length;
      return false;
    }, 5 * SECOND);
    const streamBytes = pair.server.received(stream.id).length;
    expect(streamBytes + datagramBytes).toBeGreaterThan(1_800_000);
    expect(streamBytes / (streamBytes + datagramBytes)).toBeGreaterThan(0.4);
    expect(streamBytes / (streamBytes + datagramBytes)).toBeLessThan(0.6);
  });

  test.each([[0], [255]])('unless a priority of %d says who goes first', (priority) => {
    covers('rfc9221-5.1-1');
    const pair = connected({ seed: 7, link: { bytesPerSecond: 500_000, delayUs: 20_000 } });
    const { connection } = pair.client;
    const stream = connection.openStream()!;
    connection.datagrams.priority = priority;
    expect(connection.datagrams.priority).toBe(priority);
    stream.setSource((room) => ({ bytes: room.length, fin: false }));
    connection.datagrams.setSource((room) => ({ bytes: room.length }));
    pair.run(() => {
      readAll(pair.server.connection);
      return false;
    }, 2 * SECOND);
    const { sent } = connection.datagrams.statistics();
    const total = connection.statistics().packetsSent;
    if (priority === 0) expect(sent).toBeGreaterThan(total * 0.8);
    else expect(sent).toBeLessThan(total * 0.05);
  });

  test.each([[-1], [256], [1.5], [Number.NaN]])('%d is no priority', (priority) => {
    const { sender } = meet('client');
    expect(() => {
      sender.datagrams.priority = priority;
    }).toThrow(expect.objectContaining({ name: 'QuicUsageError', code: 'invalid-option' }));
  });
});

describe('datagrams in 0-RTT', () => {
  const early = (): EarlyPair =>
    createEarlyPair({ client: { transport: TAKES }, server: { transport: TAKES, earlyData: true } });

  test('leave with the first flight, by the size that the server took before, and arrive with it', () => {
    covers('rfc9221-3-7', 'rfc9221-3-1');
    const pair = early();
    const { datagrams } = pair.resume();
    expect(datagrams.maxBytes).toBeGreaterThan(1000);
    const sizes = [3, datagrams.maxBytes, 0];
    for (const [tag, size] of sizes.entries())
      expect(datagrams.send(new Uint8Array(size).fill(tag), { tag })).toBe(true);
    const startUs = pair.world.nowUs;
    const got: number[] = [];
    const isDone = (): boolean => {
      if (pair.server.connections.length > 0) got.push(...readAll(pair.theirs()).map(({ length }) => length));
      return got.length === sizes.length;
    };
    expect(pair.run(isDone, SECOND)).toBe(true);
    expect(pair.world.nowUs - startUs).toBe(DELAY_US);
    expect(got).toEqual(sizes);
    pair.pass(SECOND);
    const told = pair.client.eventsOf('datagram-outcome');
    expect(told.map(({ outcome }) => outcome)).toEqual(sizes.map(() => 'acknowledged'));
    expect(new Set(told.map(({ tag }) => tag)).size).toBe(sizes.length);
  });
});

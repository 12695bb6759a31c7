import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, coreOf, createClient, createServer } from './support/contexts.ts';
import { createEarlyPair, type LoggedPacket, packetLog } from './support/early.ts';
import { ackFrame, frame } from './support/frames.ts';

const APP = Level.Application;
const SECOND = 1_000_000;

const ROLES: readonly [string, () => Attacker][] = [
  ['server', () => attackServer(createServer())],
  ['client', () => attackClient(createClient()).send(APP, concatBytes(frame(Type.HandshakeDone), PADDING))],
];

describe.each(ROLES)('a %s', (_role, attack) => {
  /** Everything is acknowledged, and the next 1-RTT packet would have this number. */
  function at(number: number): Attacker {
    const attacker = attack().pass(SECOND);
    attacker.send(APP, ackFrame(attacker.seen.flatMap((one) => (one.level === APP ? [one.number] : []))));
    attacker.pass(SECOND);
    const { sent } = coreOf(attacker.victim).parts.spaces.application.sending;
    sent.next = sent.tail = sent.firstOutstanding = number;
    return attacker;
  }

  test.each([0, 1, 500])('ends in silence when the last number that it can count is %i away', (distance) => {
    covers('rfc9000-12.3-3');
    const attacker = at(Number.MAX_SAFE_INTEGER - distance);
    const { victim } = attacker;
    const packets = attacker.seen.length;
    const before = attacker.received.datagrams;
    attacker.send(APP, concatBytes(PING, PADDING));
    expect(attacker.received.datagrams).toBe(before);
    // A server that has forgotten the connection says that with a stateless reset.
    attacker.send(APP, concatBytes(PING, PADDING)).pass(60 * SECOND);
    expect(attacker.seen).toHaveLength(packets);
    expect(victim.connection(0)).toBeUndefined();
    let reason: unknown;
    for (let event = victim.nextEvent(); event !== undefined; event = victim.nextEvent())
      if (event.type === 'closed') reason = event.reason;
    expect(reason).toMatchObject({ kind: 'transport', code: 0x0f, remote: false });
  });

  test('uses each number before that once, in trains as well', () => {
    covers('rfc9000-12.3-3');
    const attacker = at(Number.MAX_SAFE_INTEGER - 1024 - 5);
    const { victim } = attacker;
    const stream = victim.connection(0)!.openStream({ unidirectional: true })!;
    stream.write(new Uint8Array(50_000));
    const out = createOutgoingDatagram(new Uint8Array(64 * 1500));
    let datagrams = 0;
    for (let round = 0; round < 100; round++) {
      attacker.nowUs += 10_000;
      while (victim.prepareNextPacket(out, attacker.nowUs) > 0)
        datagrams += Math.ceil(out.length / out.segmentSize);
    }
    expect(datagrams).toBeGreaterThan(2);
    expect(datagrams).toBeLessThanOrEqual(5);
    expect(victim.connection(0)).toBeUndefined();
  });
});

test('acknowledgements stand in packets of the space that they are about, on both sides and beside 0-RTT', () => {
  covers('rfc9000-17.2.3-4');
  const [up, down] = [packetLog(), packetLog()];
  const pair = createEarlyPair({ client: { tracer: up.tracer }, server: { tracer: down.tracer } });
  up.sent.length = down.sent.length = 0;
  const client = pair.resume();
  pair.client.connections.push(client);
  client.openStream()!.write(new Uint8Array(30_000), true);
  pair.pass(SECOND);
  // The server answers in 1-RTT packets while the client has nothing but 0-RTT keys to write with.
  expect(up.early().length).toBeGreaterThan(5);
  for (const [own, other] of [
    [up.sent, down.sent],
    [down.sent, up.sent],
  ] as const) {
    const acks = own.flatMap(({ type, frames }) =>
      frames.flatMap((one) => (one.type === 'ack' ? [{ type, ranges: one.ranges }] : [])),
    );
    const types = new Set(acks.map(({ type }) => type));
    expect([...types]).toEqual(expect.arrayContaining([PacketType.Initial, PacketType.OneRtt]));
    expect(types.has(PacketType.ZeroRtt)).toBe(false);
    for (const { type, ranges } of acks) {
      const sent = numbersIn(other, type);
      for (const [from, to] of ranges) for (let n = from; n <= to; n++) expect(sent.has(n)).toBe(true);
    }
  }
});

/** Numbers of the packets that an ACK in a packet of this type may be about. */
function numbersIn(sent: readonly LoggedPacket[], type: PacketType): Set<number> {
  const isSame = (other: PacketType): boolean =>
    other === type || (type === PacketType.OneRtt && other === PacketType.ZeroRtt);
  return new Set(sent.filter((packet) => isSame(packet.type)).map(({ number }) => number));
}

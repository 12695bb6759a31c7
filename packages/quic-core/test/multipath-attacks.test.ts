import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { SentFlag } from '../src/spaces/sent-packets.ts';
import { type Attacker, PADDING } from './support/attacker.ts';
import { attackServer, coreOf, createServer, eventsOf } from './support/contexts.ts';
import { frame } from './support/frames.ts';
import { issueId, LaterPath } from './support/later-path.ts';

const APP = Level.Application;
const MS = 1000;
/** The byte that IDs of the attacker's path 1 consist of. */
const OWN = 18;
const PING = concatBytes(frame(Type.Ping), PADDING);
const CHALLENGE = frame(Type.PathChallenge, [], new Uint8Array(8).fill(7));
const ELSEWHERE = { ip: '192.0.2.99', port: 9999 };

const meet = (): Attacker =>
  attackServer(createServer({ transport: { maxPaths: 2 } }), {
    parameters: (own) => void Object.assign(own, { initialMaxPathId: 3 }),
  }).pass(50 * MS);

/** Turns of the victim while time passes. */
function turnsIn(attacker: Attacker, durationUs: number): number {
  const untilUs = attacker.nowUs + durationUs;
  let turns = 0;
  while (attacker.nowUs < untilUs) {
    attacker.pump();
    const delayUs = attacker.victim.nextWakeDelay(attacker.nowUs, untilUs - attacker.nowUs);
    attacker.nowUs += Math.max(1, Math.ceil(delayUs));
    turns++;
  }
  return turns;
}

describe('a server whose client issues no ID for path 1', () => {
  test('does not wake for acknowledgements that the amplification limit holds back: §3.4.3', () => {
    const attacker = meet();
    const path = new LaterPath(attacker, 1, OWN);
    path.send(PING, 60);
    attacker.pass(50 * MS);
    // A stream keeps the server busy, so that it uses up what it may send to an address that is not validated.
    attacker.send(APP, concatBytes(frame(Type.Stream | 2, [0, 1], Uint8Array.of(1))));
    const { connection } = eventsOf(attacker.victim).at(-1)!;
    attacker.victim.connection(connection)!.stream(0)!.write(new Uint8Array(200_000));
    attacker.pass(20 * MS);
    const numbers = attacker.seen.flatMap(({ level, number }) => (level === APP ? [number] : []));
    const moved = attacker.packet(APP, concatBytes(PING, frame(Type.Ack, [numbers.at(-1)!, 0, 0, 0])));
    attacker.deliver(moved, ELSEWHERE);
    attacker.pump().pass(30 * MS);
    path.send(PING, 60);
    expect(turnsIn(attacker, 500 * MS)).toBeLessThan(20);
    expect(attacker.closeCode).toBeUndefined();
  });
});

/** Path 1, whose ID the victim knows. */
function issued(attacker: Attacker): LaterPath {
  const path = new LaterPath(attacker, 1, OWN);
  attacker.send(APP, concatBytes(issueId(1, 0, OWN), PADDING)).pass(20 * MS);
  return path;
}

describe('the first packet of path 1', () => {
  test('may abandon path 0: §3.4', () => {
    const attacker = meet();
    const path = issued(attacker);
    path.send(concatBytes(CHALLENGE, frame(Type.PathAbandon, [0, 0])));
    expect(attacker.closeCode).toBeUndefined();
    path.send(frame(Type.PathResponse, [], path.of(Type.PathChallenge)[0]!.data));
    attacker.pass(100 * MS);
    expect(path.of(Type.PathAbandon)[0]!.values[0]).toBe(0);
    expect(path.of(Type.ConnectionClose)).toEqual([]);
  });

  test('ends the connection if it abandons path 0 and path 1 cannot be answered: §3.4', () => {
    const attacker = meet();
    new LaterPath(attacker, 1, OWN).send(frame(Type.PathAbandon, [0, 0]));
    expect(attacker.closeCode).toBe(Code.NoViablePath);
  });

  test('is tried before anything is made for it: a forged one makes no path and drops none. §3.1, §7.1', () => {
    const attacker = meet();
    const path = issued(attacker);
    const { parts } = coreOf(attacker.victim);
    const createPath = parts.createPath.bind(parts);
    let made = 0;
    parts.createPath = (...all) => (made++, createPath(...all));
    const { packetsDropped } = parts.statistics;
    for (let i = 0; i < 100; i++) {
      const forged = path.packet(PING);
      forged[forged.length - 1 - (i % 16)]! ^= 1 + i;
      attacker.deliver(forged, i % 2 === 0 ? ELSEWHERE : undefined);
    }
    attacker.pump();
    expect([made, parts.multipath!.open.length]).toEqual([0, 1]);
    expect(parts.statistics.packetsDropped - packetsDropped).toBe(100);
    path.send(CHALLENGE);
    expect([made, parts.multipath!.open.length]).toEqual([1, 2]);
    const own = parts.multipath!.partsOf(1);
    for (let i = 0; i < 100; i++) {
      const forged = path.packet(PING);
      forged[forged.length - 1]! ^= 1 + i;
      attacker.deliver(forged, i % 2 === 0 ? ELSEWHERE : undefined);
    }
    expect([made, parts.multipath!.partsOf(1)]).toEqual([1, own]);
    expect(path.of(Type.PathResponse)).toHaveLength(1);
  });

  test('takes no connection ID of the peer if it is damaged: §3.1, §7.1', () => {
    const attacker = meet();
    const path = issued(attacker);
    const damaged = path.packet(PING);
    damaged[damaged.length - 1]! ^= 1;
    attacker.deliver(damaged);
    attacker.pump();
    path.send(CHALLENGE);
    expect(path.of(Type.PathResponse)).toHaveLength(1);
  });
});

test('packet numbers of path 1 are used up: the connection ends in silence. RFC 9000 §12.3, draft-ietf-quic-multipath §2.4', () => {
  const attacker = meet();
  const path = issued(attacker);
  path.send(CHALLENGE);
  path.send(frame(Type.PathResponse, [], path.of(Type.PathChallenge)[0]!.data));
  const { sent } = coreOf(attacker.victim).parts.multipath!.partsOf(1).paths.active.space.sending;
  sent.next = sent.tail = sent.firstOutstanding = Number.MAX_SAFE_INTEGER;
  const { datagrams } = attacker.received;
  path.send(PING, 60);
  expect(attacker.received.datagrams).toBe(datagrams);
  const closed = eventsOf(attacker.victim).flatMap((event) =>
    event.type === 'closed' ? [event.reason] : [],
  );
  expect(closed).toMatchObject([{ kind: 'transport', code: Code.AeadLimitReached, remote: false }]);
});

test('a client that opens paths without end from addresses of others has four validated at once: §7.2', () => {
  const attacker = attackServer(createServer({ transport: { maxPaths: 16 } }), {
    parameters: (own) => void Object.assign(own, { initialMaxPathId: 15 }),
  }).pass(50 * MS);
  const ids = Array.from({ length: 15 }, (_, i) => i + 1);
  for (const id of ids) attacker.send(APP, concatBytes(issueId(id, 0, OWN + id), PADDING));
  attacker.pass(20 * MS);
  const others = ids.slice(1).map((id) => new LaterPath(attacker, id, OWN + id));
  // What comes on path 1 is read.
  const first = new LaterPath(attacker, 1, OWN + 1);
  const { multipath } = coreOf(attacker.victim).parts;
  const { bytes } = attacker.received;
  first.send(CHALLENGE);
  for (const path of others) attacker.deliver(path.packet(CHALLENGE), ELSEWHERE);
  attacker.pump();
  expect(multipath!.open.length).toBe(1 + 4);
  // No more than three times what came from there, RFC 9000 §8.1.
  expect(attacker.received.bytes - bytes).toBeLessThanOrEqual(3 * 4 * 1500);
  expect(attacker.closeCode).toBeUndefined();
  // One that is validated makes room for another.
  const challenge = first.of(Type.PathChallenge)[0]!.data;
  first.send(frame(Type.PathResponse, [], challenge));
  attacker.deliver(others[9]!.packet(CHALLENGE), ELSEWHERE);
  expect(multipath!.open.length).toBe(1 + 5);
});

test('the smallest round trip begins anew where acknowledgements come by another path: §5.4', () => {
  const attacker = meet();
  const path = issued(attacker);
  path.send(CHALLENGE);
  path.send(frame(Type.PathResponse, [], path.of(Type.PathChallenge)[0]!.data));
  const { parts } = coreOf(attacker.victim);
  const { rtt } = parts.paths.active;
  /** Acknowledge on a path what was sent last on path 0, after this time. */
  const acknowledge = (on: 'first' | 'second', afterUs: number): void => {
    attacker.send(APP, PING);
    parts.idle.pingPending = true;
    attacker.send(APP, PING).pass(afterUs);
    const { sent } = parts.paths.active.space.sending;
    let number = sent.next - 1;
    while ((sent.flags[sent.slot(number)]! & SentFlag.AckEliciting) === 0) number--;
    const ack = frame(Type.PathAck, [0, number, 0, 0, 0]);
    if (on === 'first') attacker.send(APP, ack);
    else path.send(ack, 60);
  };
  acknowledge('first', 10 * MS);
  const { minUs } = rtt;
  acknowledge('first', 60 * MS);
  expect(rtt.minUs).toBe(minUs);
  acknowledge('second', 40 * MS);
  expect(rtt.minUs).toBeGreaterThan(minUs + 5 * MS);
});

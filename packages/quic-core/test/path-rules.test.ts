import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createPair,
  type Datagram,
  type LinkOptions,
  type Pair,
  SECOND_CLIENT_ADDRESS as SECOND,
} from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import type { TransportParameters } from '../src/parameters/parameters.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, SERVER } from './support/exchange.ts';
import { frame } from './support/frames.ts';

const APP = Level.Application;
const MS = 1000;
const SECOND_US = 1_000_000;
const ELSEWHERE = { ip: '203.0.113.5', port: 99 };
const SPARE = concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(9), new Uint8Array(16).fill(3));

/** A server whose client, the attacker, may speak from anywhere; it has given a spare ID. */
function movingClient(options: Parameters<typeof createServer>[0] = {}, maxAckDelayMs = 25): Attacker {
  const attacker = attackServer(createServer(options), {
    parameters: (own: TransportParameters) => void (own.maxAckDelayMs = maxAckDelayMs),
  });
  attacker.send(APP, frame(Type.NewConnectionId, [1, 0], SPARE)).pass(100 * MS);
  return attacker;
}

/** Datagrams that the victim would send now, and where to. */
function drain({ victim, nowUs }: Attacker): { readonly ip: string; readonly bytes: Uint8Array }[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent: { ip: string; bytes: Uint8Array }[] = [];
  while (victim.prepareNextPacket(out, nowUs) > 0)
    sent.push({ ip: out.to.ip, bytes: out.buffer.slice(0, out.length) });
  return sent;
}

/** The next challenges of the victim, with the time at which each leaves. */
function challengesOf(
  attacker: Attacker,
  durationUs: number,
): { readonly atUs: number; readonly data: Uint8Array }[] {
  const found: { atUs: number; data: Uint8Array }[] = [];
  const untilUs = attacker.nowUs + durationUs;
  while (attacker.nowUs < untilUs) {
    for (const { ip, bytes } of drain(attacker)) {
      const before = attacker.seen.length;
      attacker.take(bytes);
      if (ip !== ELSEWHERE.ip && ip !== attacker.address.ip) continue;
      for (const { type, data } of attacker.seen.slice(before).flatMap(({ frames }) => frames))
        if (type === Type.PathChallenge) found.push({ atUs: attacker.nowUs, data });
    }
    const delayUs = attacker.victim.nextWakeDelay(attacker.nowUs, untilUs - attacker.nowUs);
    attacker.nowUs += Math.max(1, Math.ceil(delayUs));
  }
  return found;
}

describe('challenges are not repeated before a probe timeout is over', () => {
  // kInitialRtt and four times half of it, and the peer's delay; twice as long for the next. RFC 9002 §6.2.1, §6.2.2
  test.each([
    [0, 333],
    [25, 333],
    [900, 333],
    // A program may expect another round trip: a path with less is asked no earlier for that.
    [25, 10],
    [25, 800],
  ])('by a server, whose client waits %i ms with ACKs, at %i ms of round trip', (maxAckDelayMs, rttMs) => {
    covers('rfc9000-9.4-4');
    const attacker = movingClient({ transport: { initialRttUs: rttMs * MS } }, maxAckDelayMs);
    // Its old address is asked too: nobody is there any more.
    for (let i = 0; i < 9; i++)
      attacker.deliver(attacker.packet(APP, concatBytes(PING, new Uint8Array(1000))), ELSEWHERE);
    Object.assign(attacker, { address: ELSEWHERE });
    const times = challengesOf(attacker, 10 * SECOND_US).map(({ atUs }) => atUs);
    const distinct = [...new Set(times)].sort((a, b) => a - b);
    expect(distinct.length).toBeGreaterThanOrEqual(3);
    const ptoUs = (Math.max(rttMs, 333) * 3 + maxAckDelayMs) * MS;
    expect(distinct[1]! - distinct[0]!).toBeGreaterThanOrEqual(ptoUs);
    expect(distinct[2]! - distinct[1]!).toBeGreaterThanOrEqual(2 * ptoUs);
  });

  test.each([0, 25, 900])('by a client, whose server waits %i ms with ACKs', (maxAckDelayMs) => {
    covers('rfc9000-9.4-4');
    const { pair, sent, connection } = twoHomes({ loss: { kind: 'random', rate: 1 } }, maxAckDelayMs);
    expect(connection.migrate({ from: SECOND })).toBe(true);
    pair.pass(10 * SECOND_US);
    const times = sent.filter(({ from }) => from.ip === SECOND.ip).map(({ sentUs }) => sentUs);
    expect(times.length).toBeGreaterThanOrEqual(3);
    const ptoUs = (333 + 4 * 166.5 + maxAckDelayMs) * MS;
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(ptoUs);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(2 * ptoUs);
  });
});

/** A client with two addresses whose handshake is confirmed, and every datagram that leaves from now on. */
function twoHomes(second: Partial<LinkOptions>, maxAckDelayMs = 25, down: Partial<LinkOptions> = second) {
  const pair: Pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    link: { delayUs: 20 * MS, bytesPerSecond: 1_250_000 },
    secondPath: { up: second, down },
    server: { transport: { maxAckDelayMs } },
    serverHost: { respond: () => 200_000 },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('confirmed'), 10 * SECOND_US)).toBe(true);
  pair.pass(2 * SECOND_US);
  const sent: Datagram[] = [];
  pair.world.observe({ onSend: (_host, datagram) => void sent.push(datagram) });
  return { pair, sent, connection: pair.client.connection };
}

describe('an answer to a challenge counts on whichever path it comes', () => {
  test('at a server', () => {
    covers('rfc9000-8.2.2-4');
    const attacker = movingClient();
    attacker.deliver(attacker.packet(APP, concatBytes(PING, new Uint8Array(1000))), ELSEWHERE);
    const asked = drain(attacker).filter(({ ip }) => ip === ELSEWHERE.ip);
    const before = attacker.seen.length;
    for (const { bytes } of asked) attacker.take(bytes);
    const challenges = attacker.seen.slice(before).flatMap(({ frames }) => frames);
    const { data } = challenges.find(({ type }) => type === Type.PathChallenge)!;
    eventsOf(attacker.victim);
    // From the address that the connection has left.
    attacker.deliver(attacker.packet(APP, frame(Type.PathResponse, [], data)));
    const changes = eventsOf(attacker.victim).filter((event) => event.type === 'path');
    expect(changes).toMatchObject([{ change: 'validated', remote: ELSEWHERE }]);
    expect(attacker.closeCode).toBeUndefined();
  });

  test('at a client', () => {
    covers('rfc9000-8.2.2-4');
    const client = createClient();
    const attacker = attackClient(client);
    attacker.send(APP, concatBytes(frame(Type.HandshakeDone), frame(Type.NewConnectionId, [1, 0], SPARE)));
    const from = { ip: '192.0.2.77', port: 1 };
    expect(client.connection(0)!.probe({ from })).toBe(true);
    attacker.pump();
    const { data } = attacker.framesOf(Type.PathChallenge).at(-1)!;
    eventsOf(client);
    // To the address in use, and not to the one that is probed.
    attacker.deliver(attacker.packet(APP, frame(Type.PathResponse, [], data)));
    const changes = eventsOf(client).filter((event) => event.type === 'path');
    expect(changes).toMatchObject([{ change: 'validated', local: from }]);
  });
});

describe('a peer that moves though it was asked not to', () => {
  test('is followed by a server once it has shown that it is there, and sent no reset', () => {
    covers('rfc9000-9-3');
    const attacker = movingClient({ transport: { disableActiveMigration: true } });
    attacker.deliver(attacker.packet(APP, concatBytes(PING, new Uint8Array(1000))), ELSEWHERE);
    const there = drain(attacker).filter(({ ip }) => ip === ELSEWHERE.ip);
    const before = attacker.seen.length;
    for (const { bytes } of there) attacker.take(bytes);
    // Each of them opens, so none is a reset; and one asks.
    expect(attacker.seen.length - before).toBeGreaterThanOrEqual(there.length);
    const frames = attacker.seen.slice(before).flatMap((packet) => packet.frames);
    const { data } = frames.find(({ type }) => type === Type.PathChallenge)!;
    attacker.deliver(attacker.packet(APP, frame(Type.PathResponse, [], data)), ELSEWHERE);
    expect(attacker.victim.connection(0)!.pathStatistics()[0]).toMatchObject({
      remote: ELSEWHERE,
      validated: true,
    });
    expect(attacker.closeCode).toBeUndefined();
  });

  test('is not heard by a client, which sends nothing there', () => {
    covers('rfc9000-9-3');
    const client = createClient({ transport: { disableActiveMigration: true } });
    const attacker = attackClient(client);
    attacker.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING));
    const dropped = (): number => client.connection(0)!.statistics().packetsDropped;
    const before = dropped();
    attacker.deliver(attacker.packet(APP, concatBytes(PING, new Uint8Array(1000))), ELSEWHERE);
    expect(dropped()).toBe(before + 1);
    expect(drain(attacker).filter(({ ip }) => ip === ELSEWHERE.ip)).toEqual([]);
    expect(client.connection(0)!.statistics().state).toBe('confirmed');
  });
});

test('where a server would rather be is not used for another connection, a resumed one neither', () => {
  covers('rfc9000-9.6.2-6');
  const keys = { ticketKey: new Uint8Array(16).fill(3), earlyData: { replayStore: { use: () => true } } };
  const preferred = { ip: '192.0.2.9', port: 443 };
  const first = createServer({ ...keys, preferredAddress: { ipv4: preferred } });
  const second = createServer(keys, 5);
  const client = createClient();
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const targets: string[] = [];
  /** Carries everything to and fro for `durationUs`, and says where the client sent to. */
  const run = (server: typeof first, fromUs: number, durationUs: number): void => {
    for (let nowUs = fromUs; nowUs < fromUs + durationUs; nowUs += 5 * MS) {
      while (client.prepareNextPacket(out, nowUs) > 0) {
        targets.push(out.to.ip);
        server.incomingPacket(out.buffer.slice(0, out.length), CLIENT, out.to, 0, 0, nowUs);
      }
      while (server.prepareNextPacket(out, nowUs) > 0)
        client.incomingPacket(out.buffer.slice(0, out.length), out.from, CLIENT, 0, 0, nowUs);
    }
  };
  const to = { to: SERVER, from: CLIENT, serverName: 'server.test' };
  const one = client.createConnection(to, SECOND_US);
  run(first, SECOND_US, SECOND_US);
  expect(one.remoteAddress).toEqual(preferred);
  const session = eventsOf(client).find((event) => event.type === 'ticket')!.ticket;
  one.close();
  run(first, 2 * SECOND_US, SECOND_US);
  targets.length = 0;
  const two = client.createConnection({ ...to, session, earlyData: true }, 3 * SECOND_US);
  expect(two.preferredAddress).toBeUndefined();
  two.openStream()!.write(new Uint8Array(3000), true);
  run(second, 3 * SECOND_US, SECOND_US);
  expect([two.earlyData, two.statistics().state]).toEqual(['accepted', 'confirmed']);
  expect([two.preferredAddress, two.remoteAddress]).toEqual([undefined, SERVER]);
  expect(new Set(targets)).toEqual(new Set([SERVER.ip]));
});

describe('a path that carries less than 1200 bytes', () => {
  const narrow = { mtuBytes: 1199 };

  test.each([
    ['both ways', narrow, narrow],
    ['to the server', narrow, {}],
    ['to the client', {}, narrow],
  ])('%s has no handshake', (_name, up, down) => {
    covers('rfc9000-14-1');
    const pair = createPair({ createCrypto: (random) => createNodeProvider({ random }), up, down });
    const connection = pair.connect();
    pair.pass(60 * SECOND_US);
    expect([pair.client.has('connected'), pair.server.has('connected')]).toEqual([false, false]);
    expect(connection.closeReason).toMatchObject({ kind: 'handshake-timeout' });
  });

  test.each<[string, Partial<LinkOptions>, Partial<LinkOptions>]>([
    ['both ways', narrow, narrow],
    ['to the server', narrow, {}],
    ['to the client', {}, narrow],
  ])('%s is given up by a client that would go there, after probes of full size alone', (_name, up, down) => {
    covers('rfc9000-14-1', 'rfc9000-14.2-4');
    const { pair, sent, connection } = twoHomes(up, 25, down);
    expect(connection.migrate({ from: SECOND })).toBe(true);
    pair.pass(20 * SECOND_US);
    const there = sent.filter(({ from, to }) => from.ip === SECOND.ip || to.ip === SECOND.ip);
    expect(there.length).toBeGreaterThanOrEqual(3);
    expect(there.map(({ bytes }) => bytes.length)).toEqual(there.map(() => 1200));
    expect(pair.client.eventsOf('path').map(({ change }) => change)).toEqual(['failed']);
    sent.length = 0;
    const { id } = pair.client.sendPattern(2000);
    expect(pair.run(() => pair.client.received(id).finished, 10 * SECOND_US)).toBe(true);
    expect(sent.filter(({ from, to }) => from.ip === SECOND.ip || to.ip === SECOND.ip)).toEqual([]);
  });

  test('is left by a server, too, whose client has begun to send from there', () => {
    covers('rfc9000-14.2-4');
    const { pair, sent, connection } = twoHomes({}, 25, narrow);
    expect(connection.migrate({ from: SECOND, atOnce: true })).toBe(true);
    pair.client.sendPattern(500);
    pair.pass(20 * SECOND_US);
    expect(sent.some(({ to }) => to.ip === SECOND.ip)).toBe(true);
    sent.length = 0;
    const { id } = pair.client.sendPattern(2000);
    expect(pair.run(() => pair.client.received(id).finished, 10 * SECOND_US)).toBe(true);
    expect(sent.filter(({ to }) => to.ip === SECOND.ip)).toEqual([]);
  });
});

describe('a datagram of a size that should not be closes nothing', () => {
  const limit = { transport: { maxUdpPayloadBytes: 1200 } };

  test('at a server', () => {
    covers('rfc9000-14-4');
    const attacker = attackServer(createServer(limit), { silentFrom: Level.Handshake });
    for (const bytes of [60, 400, 1199]) attacker.send(Level.Initial, concatBytes(PING, PADDING), { bytes });
    for (let length = 0; length < 40; length++) attacker.deliver(new Uint8Array(length).fill(0x43));
    attacker.finish();
    attacker.send(APP, concatBytes(PING, new Uint8Array(1400)));
    expect(attacker.complete).toBe(true);
    expect(attacker.victim.connection(0)!.statistics().state).toBe('confirmed');
  });

  test('at a client', () => {
    covers('rfc9000-14-4');
    const client = createClient(limit);
    const attacker = attackClient(client, { silentFrom: Level.Handshake });
    // RFC 9000 §14.1 wants these of a server in 1200 bytes.
    for (let i = 0; i < 3; i++) attacker.send(Level.Initial, concatBytes(PING, PADDING));
    for (let length = 0; length < 40; length++) attacker.deliver(new Uint8Array(length).fill(0x43));
    expect(client.connection(0)!.closeReason).toBeUndefined();

    const other = createClient(limit);
    const complete = attackClient(other);
    complete.send(APP, concatBytes(PING, new Uint8Array(1400)));
    complete.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING));
    expect(other.connection(0)!.statistics().state).toBe('confirmed');
  });
});

const CLOSING: readonly [string, () => Attacker][] = [
  ['server', () => attackServer(createServer())],
  ['client', () => attackClient(createClient())],
  [
    'server in the middle of a handshake',
    () => attackServer(createServer(), { silentFrom: Level.Handshake }),
  ],
  [
    'client in the middle of a handshake',
    () => attackClient(createClient(), { silentFrom: Level.Handshake }),
  ],
];

test.each(CLOSING)(
  'a %s that closes answers with three times what comes at most, in all',
  (_name, attack) => {
    covers('rfc9000-10.2.1-5');
    const attacker = attack();
    attacker.victim.connection(0)!.close(7, 'x'.repeat(250));
    attacker.pump();
    let [came, left, answers] = [0, 0, 0];
    for (let i = 0; i < 300; i++) {
      // It must not matter whether it opens: keys may be gone.
      const noise = concatBytes(
        Uint8Array.of(0x41),
        attacker.destination,
        new Uint8Array(13 + (i % 20)).fill(i),
      );
      came += noise.length;
      attacker.victim.incomingPacket(
        noise,
        i % 2 === 0 ? attacker.address : ELSEWHERE,
        SERVER,
        0,
        0,
        attacker.nowUs,
      );
      for (const { bytes } of drain(attacker)) {
        left += bytes.length;
        answers++;
        expect(left).toBeLessThanOrEqual(3 * came);
      }
      attacker.nowUs += 100;
    }
    expect(answers).toBeGreaterThan(0);
  },
);

import { describe, expect, test } from '@jest/globals';
import { seededCrypto } from '@tsquic/testing/seeded';
import { concatBytes, toHex } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { ConnectionOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import type { Drop } from '../src/packet/drop.ts';
import { resetToken } from '../src/packet/stateless-reset.ts';
import { encodeParameters } from '../src/parameters/parameters.ts';
import { Attacker, PADDING, PING } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  coreOf,
  createClient,
  createServer,
  eventsOf,
  LOUD,
} from './support/contexts.ts';
import { CLIENT, type Exchange, passTime, SERVER, settle } from './support/exchange.ts';
import { frame, streamFrame } from './support/frames.ts';
import { framesOf } from './support/id-frames.ts';
import type { TransportOptions } from '../src/config/transport-options.ts';

const NOW_US = 1_000_000;
const SECOND_US = 1_000_000;
const TO: ConnectionOptions = { to: SERVER, serverName: 'server.test' };
const APP = Level.Application;
const TOKEN = Uint8Array.from({ length: 16 }, (_, i) => 100 + i);

function connected(client: TransportOptions = {}, server: TransportOptions = {}): Exchange {
  const exchange = {
    client: createClient({ transport: client }),
    server: createServer({ transport: server }),
  };
  exchange.client.createConnection(TO, NOW_US);
  settle(exchange, NOW_US);
  return exchange;
}

/** Datagrams that a context sends in this time, heard by nobody. */
function sentWithin(context: QuicContext, fromUs: number, durationUs: number): Uint8Array[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent: Uint8Array[] = [];
  for (let nowUs = fromUs; nowUs <= fromUs + durationUs;) {
    while (context.prepareNextPacket(out, nowUs) > 0) sent.push(out.buffer.slice(0, out.length));
    nowUs += Math.max(1, Math.ceil(context.nextWakeDelay(nowUs, durationUs + 1)));
  }
  return sent;
}

const closedKinds = (context: QuicContext): string[] =>
  eventsOf(context).flatMap((event) => (event.type === 'closed' ? [event.reason.kind] : []));

describe('what comes after the end', () => {
  test('each datagram is dropped once, and counted', () => {
    covers('rfc9000-10.2.1-1');
    const { client, server } = connected();
    const connection = client.connection(0)!;
    connection.close();
    const out = createOutgoingDatagram(new Uint8Array(1500));
    while (client.prepareNextPacket(out, NOW_US) > 0);
    const before = connection.statistics();
    for (let i = 1; i <= 5; i++) {
      server.connection(0)!.openStream()?.write(new Uint8Array(10));
      expect(server.prepareNextPacket(out, NOW_US)).toBeGreaterThan(0);
      client.incomingPacket(out.buffer.slice(0, out.length), SERVER, CLIENT, 0, 0, NOW_US);
      const after = connection.statistics();
      expect([after.packetsDropped - before.packetsDropped, after.packetsReceived]).toEqual([
        i,
        before.packetsReceived,
      ]);
    }
  });
});

describe('a client that rejects the first thing it hears', () => {
  test('says so to the ID that the server chose', () => {
    covers('rfc9000-7.2-4', 'rfc9001-4.4-1');
    const destinations = new Set<string>();
    let serverId = '';
    const exchange: Exchange = {
      client: createClient({
        dangerouslySkipCertificateCheck: false,
        verifier: { verify: () => ({ alert: 48, message: 'nobody is known here' }) },
      }),
      server: createServer(),
      onDatagram(bytes, fromClient) {
        const end = 6 + bytes[5]!;
        if (fromClient && serverId !== '') destinations.add(toHex(bytes.subarray(6, end)));
        else if (!fromClient) serverId = toHex(bytes.subarray(end + 1, end + 1 + bytes[end]!));
      },
    };
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    expect(closedKinds(exchange.client)).toEqual(['transport']);
    expect(closedKinds(exchange.server)).toEqual(['transport']);
    expect([...destinations]).toEqual([serverId]);
  });
});

describe('a peer that acknowledges very late', () => {
  test('makes neither the end nor silence last for hours', () => {
    const server = createServer();
    const attacker = attackServer(server);
    // Ten minutes of small signs of life, and only then an acknowledgement of what was sent at the beginning.
    for (let minute = 0; minute < 30; minute++) attacker.send(APP, PING).pass(20 * SECOND_US);
    const largest = Math.max(
      ...attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number),
    );
    const first = Math.min(...attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number));
    attacker.send(APP, frame(Type.Ack, [first, 0, 0, 0]));
    expect(largest).toBeGreaterThan(first);
    const connection = server.connection(0)!;
    expect(connection.statistics().smoothedRttUs).toBeGreaterThan(60 * SECOND_US);
    connection.close(1);
    const closedUs = attacker.nowUs;
    attacker.pump();
    for (let i = 0; i < 40 && server.connection(0) !== undefined; i++) attacker.pass(SECOND_US);
    expect(server.connection(0)).toBeUndefined();
    expect(attacker.nowUs - closedUs).toBeLessThanOrEqual(31 * SECOND_US);
  });
});

describe('idle timeout', () => {
  test.each([
    [30_000, 5000, 5],
    [5000, 30_000, 5],
    [0, 5000, 5],
    [5000, 0, 5],
  ])('of %i ms here and %i ms there ends silence in silence after %i s', (here, there, seconds) => {
    const exchange = connected({ idleTimeoutMs: here }, { idleTimeoutMs: there });
    const nowUs = passTime(exchange, NOW_US, SECOND_US);
    sentWithin(exchange.client, nowUs, (seconds - 2) * SECOND_US);
    expect(exchange.client.connection(0)!.closeReason).toBeUndefined();
    const last = sentWithin(exchange.client, nowUs + (seconds - 2) * SECOND_US, 3 * SECOND_US);
    expect(closedKinds(exchange.client)).toEqual(['idle-timeout']);
    expect(last).toEqual([]);
    expect(exchange.client.connection(0)).toBeUndefined();
    expect(exchange.client.nextWakeTime()).toBe(Infinity);
  });

  test('0 on both sides is none', () => {
    const exchange = connected({ idleTimeoutMs: 0 }, { idleTimeoutMs: 0 });
    passTime(exchange, NOW_US, 3_000_000 * SECOND_US);
    expect(exchange.client.connection(0)!.closeReason).toBeUndefined();
    expect(exchange.client.nextWakeTime()).toBe(Infinity);
  });

  test('is never shorter than three probe timeouts', () => {
    covers('rfc9000-10.1-1');
    const attacker = attackServer(createServer({ transport: { idleTimeoutMs: 1, initialRttUs: 200_000 } }), {
      silentFrom: Level.Handshake,
    });
    const startUs = attacker.nowUs;
    const ptoUs = 200_000 + 4 * 100_000;
    attacker.pass(3 * ptoUs - 1000);
    const { victim } = attacker;
    expect(closedKinds(victim)).toEqual([]);
    attacker.pass(SECOND_US);
    expect(attacker.nowUs - startUs).toBeGreaterThan(3 * ptoUs);
    expect(closedKinds(victim)).toEqual(['idle-timeout']);
  });

  test('a packet that is only sent to us restarts it; one that is forged does not', () => {
    const server = createServer({ transport: { idleTimeoutMs: 2000 } });
    const attacker = attackServer(server);
    for (let i = 0; i < 5; i++) attacker.pass(1_500_000).send(APP, PING);
    expect(server.connection(0)!.closeReason).toBeUndefined();
    for (let i = 0; i < 5; i++) {
      const forged = attacker.packet(APP, PING);
      forged[forged.length - 1]! ^= 1;
      attacker.pass(700_000).deliver(forged);
    }
    expect(closedKinds(server)).toEqual(['idle-timeout']);
  });

  test('keep-alive holds a connection, with one packet for each interval', () => {
    const exchange = connected({ idleTimeoutMs: 3000, keepAliveMs: 1000 });
    const before = exchange.client.connection(0)!.statistics().packetsSent;
    passTime(exchange, NOW_US, 100 * SECOND_US);
    expect(exchange.client.connection(0)!.closeReason).toBeUndefined();
    expect(exchange.client.connection(0)!.statistics().packetsSent - before).toBeLessThanOrEqual(105);
  });

  test('keep-alive does not flood a peer that is silent', () => {
    const exchange = connected({ idleTimeoutMs: 20_000, keepAliveMs: 1000 });
    const nowUs = passTime(exchange, NOW_US, SECOND_US / 2);
    const sent = sentWithin(exchange.client, nowUs, 30 * SECOND_US);
    expect(closedKinds(exchange.client)).toEqual(['idle-timeout']);
    expect(sent.length).toBeLessThan(80);
  });

  test('a handshake that takes too long ends', () => {
    const client = createClient({ transport: { handshakeTimeoutMs: 3000 } });
    client.createConnection(TO, NOW_US);
    sentWithin(client, NOW_US, 2_900_000);
    expect(closedKinds(client)).toEqual([]);
    sentWithin(client, NOW_US + 2_900_000, SECOND_US);
    expect(closedKinds(client)).toEqual(['handshake-timeout']);
    expect(client.nextWakeTime()).toBe(Infinity);
  });
});

describe('CONNECTION_CLOSE', () => {
  const closes = (attacker: Attacker): [Level, number, number, number][] =>
    attacker.seen.flatMap(({ level, frames }) =>
      frames
        .filter(({ type }) => type === Type.ConnectionClose || type === Type.ApplicationClose)
        .map(({ type, values, data }): [Level, number, number, number] => [
          level,
          type,
          values[0]!,
          data.length,
        ]),
    );

  test('of an application before the handshake is over hides its words', () => {
    covers('rfc9000-10.2.3-6', 'rfc9000-10.2.3-7', 'rfc9000-10.2.3-3', 'rfc9000-10.2.3-5');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    server.close(7, 'a secret');
    attacker.pump();
    const seen = closes(attacker);
    expect(seen).toContainEqual([Level.Initial, Type.ConnectionClose, 0x0c, 0]);
    expect(seen).toContainEqual([Level.Handshake, Type.ConnectionClose, 0x0c, 0]);
    expect(seen.filter(([level, type]) => level !== APP && type === Type.ApplicationClose)).toEqual([]);
  });

  test('of a client that is not confirmed comes at both levels', () => {
    covers('rfc9000-10.2.3-4');
    const client = createClient();
    const attacker = attackClient(client);
    client.close(7, 'text');
    attacker.pump();
    expect(closes(attacker)).toEqual([
      [Level.Handshake, Type.ConnectionClose, 0x0c, 0],
      [APP, Type.ApplicationClose, 7, 4],
    ]);
  });

  test('after confirmation comes in 1-RTT packets only', () => {
    covers('rfc9000-10.2.3-1', 'rfc9000-10.3-2', 'rfc9001-4.9.2-1');
    const server = createServer();
    const attacker = attackServer(server);
    server.close(7, 'x'.repeat(5000));
    attacker.pump();
    expect(closes(attacker)).toEqual([[APP, Type.ApplicationClose, 7, expect.any(Number)]]);
    expect(closes(attacker)[0]![3]).toBeGreaterThan(200);
  });

  test('after confirmation comes in 1-RTT packets only, from a client as well', () => {
    covers('rfc9000-10.2.3-1');
    const client = createClient();
    const attacker = attackClient(client);
    attacker.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING));
    client.close(7, 'text');
    attacker.pump();
    expect(closes(attacker)).toEqual([[APP, Type.ApplicationClose, 7, 4]]);
  });

  test('from the peer: one packet says that it was heard, and nothing is sent any more', () => {
    covers('rfc9000-10.2.2-1', 'rfc9000-10.2.2-2', 'rfc9000-10.2.2-3');
    const server = createServer();
    const attacker = attackServer(server);
    attacker.send(APP, streamFrame(0, 0, PING));
    server.connection(0)!.stream(0)!.write(new Uint8Array(5000));
    attacker.deliver(attacker.packet(APP, frame(Type.ApplicationClose, [9, 2], Uint8Array.of(104, 105))));
    const before = attacker.received.datagrams;
    for (let i = 0; i < 20; i++) attacker.send(APP, PING).pass(10_000);
    for (let i = 0; i < 20; i++)
      attacker.send(APP, frame(Type.ApplicationClose, [9, 2], Uint8Array.of(104, 105))).pass(10_000);
    attacker.pass(60 * SECOND_US);
    expect(attacker.received.datagrams).toBe(before + 1);
    expect(closes(attacker)).toEqual([[APP, Type.ConnectionClose, 0, 0]]);
    const events = eventsOf(server);
    expect(events.at(-1)).toMatchObject({
      type: 'closed',
      reason: { kind: 'application', code: 9, text: 'hi', remote: true },
    });
    expect(server.nextWakeTime()).toBe(Infinity);
  });

  describe('from another address of the peer', () => {
    const ELSEWHERE = { ip: '198.51.100.9', port: 999 };
    const CLOSE = frame(Type.ApplicationClose, [9, 2], Uint8Array.of(104, 105));

    /** Has the attacker move, and returns what comes there, once for each packet. */
    function moved(answersChallenge: boolean, ...payloads: readonly Uint8Array[]) {
      const server = createServer();
      const attacker = attackServer(server);
      const out = createOutgoingDatagram(new Uint8Array(1500));
      const came = payloads.map((payload) => {
        attacker.deliver(attacker.packet(APP, payload), ELSEWHERE);
        const before = attacker.seen.length;
        while (server.prepareNextPacket(out, attacker.nowUs) > 0)
          if (out.to.ip === ELSEWHERE.ip) attacker.take(out.buffer.slice(0, out.length));
        const types = attacker.seen.slice(before).flatMap(({ frames }) => frames.map(({ type }) => type));
        for (const { data } of attacker.framesOf(Type.PathChallenge))
          if (answersChallenge)
            attacker.deliver(attacker.packet(APP, frame(Type.PathResponse, [], data)), ELSEWHERE);
        return types.filter((type) => type === Type.PathChallenge || type === Type.ConnectionClose);
      });
      const [end] = eventsOf(server).slice(-1);
      expect(end).toMatchObject({ type: 'closed', reason: { kind: 'application', code: 9, remote: true } });
      attacker.pass(60 * SECOND_US);
      expect([server.connection(0), server.nextWakeTime()]).toEqual([undefined, Infinity]);
      return came;
    }

    test('has no answer as the first packet from there: nothing begins a path without PATH_CHALLENGE', () => {
      covers('rfc9000-9.3-2', 'rfc9000-10.2.1-7');
      expect(moved(false, CLOSE)).toEqual([[]]);
    });

    test('has none either before PATH_CHALLENGE is answered', () => {
      covers('rfc9000-9.3-2', 'rfc9000-10.2.1-7');
      expect(moved(false, PING, CLOSE)).toEqual([[Type.PathChallenge], []]);
    });

    test('is answered there once the address is validated', () => {
      covers('rfc9000-10.2.2-2');
      expect(moved(true, PING, CLOSE)).toEqual([[Type.PathChallenge], [Type.ConnectionClose]]);
    });
  });

  test('frames behind it, in its own packet, change nothing', () => {
    const server = createServer();
    const attacker = attackServer(server);
    attacker.send(
      APP,
      concatBytes(frame(Type.ConnectionClose, [0, 0, 0]), streamFrame(0, 0, PING), frame(0x21)),
    );
    expect(eventsOf(server).at(-1)).toMatchObject({
      type: 'closed',
      reason: { kind: 'transport', code: 0, remote: true },
    });
    expect(attacker.closeCode).toBe(TransportCode.NoError);
  });

  test.each([
    ['Initial', Level.Initial],
    ['Handshake', Level.Handshake],
  ])('in %s packets is answered there', (_name, level) => {
    covers('rfc9000-10.2.2-2', 'rfc9000-10.2.3-6');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    for (let i = 0; i < 5; i++)
      attacker.send(level, concatBytes(frame(Type.ConnectionClose, [0x128, 0, 0]), PADDING));
    attacker.pass(60 * SECOND_US);
    expect(closes(attacker)).toEqual([[level, Type.ConnectionClose, 0, 0]]);
    expect(closedKinds(server)).toEqual(['transport']);
  });

  test('of a server is answered by a client that has heard more of it', () => {
    const client = createClient();
    const attacker = attackClient(client);
    attacker.send(Level.Handshake, concatBytes(frame(Type.ConnectionClose, [0x128, 0, 0]), PADDING));
    attacker.pass(60 * SECOND_US);
    expect(closes(attacker)).toEqual([[Level.Handshake, Type.ConnectionClose, 0, 0]]);
  });

  test('that meets one of ours is not answered', () => {
    covers('rfc9000-10.2.2-4');
    const server = createServer();
    const attacker = attackServer(server);
    server.connection(0)!.close(7);
    attacker.pump();
    const before = attacker.received.datagrams;
    for (let i = 0; i < 100; i++) attacker.send(APP, frame(Type.ConnectionClose, [0, 0, 0])).pass(1000);
    expect(attacker.received.datagrams).toBe(before);
    attacker.send(APP, PING);
    expect([attacker.received.datagrams, server.connection(0)!.statistics().state]).toEqual([
      before,
      'draining',
    ]);
  });

  test.each([0, 1, 2, 3, 5, 100])(
    'of both sides at once, after %i round trips: no more than four datagrams each',
    (rounds) => {
      covers('rfc9000-10.2.1-1');
      let datagrams = 0;
      const exchange = { ...connected(), onDatagram: () => void datagrams++ };
      const { client, server } = exchange;
      let nowUs = NOW_US;
      for (let i = 0; i < rounds; i++) nowUs = passTime(exchange, nowUs, 10_000);
      datagrams = 0;
      client.connection(0)!.close(1);
      server.connection(0)!.close(2);
      passTime(exchange, nowUs, 60 * SECOND_US);
      expect(datagrams).toBeLessThanOrEqual(8);
      expect([client.connection(0), server.connection(0)]).toEqual([undefined, undefined]);
    },
  );

  test('goes where the last packet came from, no more than three times its size', () => {
    const server = createServer();
    const attacker = attackServer(server);
    server.connection(0)!.close(7, 'x'.repeat(200));
    attacker.pump();
    const elsewhere = { ip: '198.51.100.9', port: 999 };
    for (const length of [30, 100, 100, 100]) {
      const packet = attacker.packet(APP, concatBytes(PING, new Uint8Array(length)));
      server.incomingPacket(packet, elsewhere, SERVER, 0, 0, attacker.nowUs);
      const out = createOutgoingDatagram(new Uint8Array(1500));
      while (server.prepareNextPacket(out, attacker.nowUs) > 0) {
        expect(out.to).toEqual(elsewhere);
        expect(out.length).toBeLessThanOrEqual(3 * packet.length);
      }
    }
  });

  test.each([
    ['closing', covers('rfc9000-10.2-1', 'rfc9000-10.2-4'), frame(0x21)],
    ['draining', covers('rfc9000-10.2-1', 'rfc9000-10.2-3'), frame(Type.ConnectionClose, [0, 0, 0])],
  ])('%s lasts three probe timeouts, then nothing is left', (_name, _ids, payload) => {
    const server = createServer();
    const attacker = attackServer(server);
    attacker.pass(500_000);
    const { smoothedRttUs, rttVarianceUs } = server.connection(0)!.statistics();
    // The attacker's max_ack_delay is the default. RFC 9002 §6.2.1, RFC 9000 §18.2
    const ptoUs = smoothedRttUs + Math.max(4 * rttVarianceUs, 1000) + 25_000;
    attacker.send(APP, payload);
    attacker.pass(3 * ptoUs - 1000);
    expect(server.connection(0)).toBeDefined();
    attacker.pass(3 * ptoUs + 200_000);
    expect(server.connection(0)).toBeUndefined();
    expect(server.nextWakeTime()).toBe(Infinity);
  });

  test('that cannot be sent for want of room leaves with the next datagram that makes some', () => {
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    server.connection(0)!.close(5);
    attacker.pump();
    const before = attacker.received.datagrams;
    attacker.send(Level.Initial, PING);
    expect(attacker.received.datagrams).toBeGreaterThan(before);
  });
});

describe('CONNECTION_CLOSE and the amplification limit', () => {
  test.each([18, 19, 20, 21, 22, 24, 30])('what %d bytes make no room for is not forgotten', (bytes) => {
    covers('rfc9000-10.3-2');
    const server = createServer();
    const crypto = seededCrypto(3);
    const attacker = new Attacker({ victim: server, crypto, isClient: true, silentFrom: Level.Handshake });
    // With the longest ID the shortest packet is longer than what looks like room enough.
    Object.assign(attacker, { source: new Uint8Array(20).fill(8) });
    attacker.connect().pass(5 * SECOND_US);
    const { amplification } = coreOf(server).parts.paths.active;
    expect(amplification.room).toBeLessThan(48);
    amplification.onSent(amplification.room);
    server.connection(0)!.close(5);
    const noise = (length: number): Uint8Array =>
      concatBytes(Uint8Array.of(0x41), attacker.destination, new Uint8Array(length - 9));
    // Of what comes while closing, the first and the second are to be answered, and the third is not.
    for (const length of [9, bytes - 9, 100]) {
      attacker.deliver(noise(length));
      attacker.pump();
    }
    expect(attacker.closeCode).toBe(0x0c);
  });
});

test('a datagram that comes while closing counts once for the amplification limit', () => {
  covers('rfc9000-10.2.1-7', 'rfc9000-8.1-2');
  const server = createServer();
  const crypto = seededCrypto(3);
  const attacker = new Attacker({ victim: server, crypto, isClient: true, silentFrom: Level.Handshake });
  attacker.connect().pass(5 * SECOND_US);
  const { amplification } = coreOf(server).parts.paths.active;
  amplification.onSent(amplification.room);
  server.connection(0)!.close(5);
  const before = attacker.received.bytes;
  let came = 0;
  for (const length of [12, 12, 12, 12, 200]) {
    attacker.deliver(concatBytes(Uint8Array.of(0x41), attacker.destination, new Uint8Array(length - 9)));
    attacker.pump();
    came += length;
    expect(attacker.received.bytes - before).toBeLessThanOrEqual(3 * came);
  }
  expect(attacker.closeCode).toBe(0x0c);
});

describe('stateless reset', () => {
  const KEY = new Uint8Array(32).fill(3);

  test('a server that lost its state ends the connection with a reset that looks like a packet', () => {
    covers('rfc9000-10.3-8', 'rfc9000-10.3.1-5', 'rfc9000-10.3.3-1', 'rfc9000-10.3-6');
    const client = createClient();
    const before = { client, server: createServer({ resetKey: KEY }) };
    client.createConnection(TO, NOW_US);
    settle(before, NOW_US);
    eventsOf(client);
    const restarted = createServer({ resetKey: KEY }, 77);
    client.connection(0)!.openStream()!.write(new Uint8Array(3000));
    const [packet] = sentWithin(client, NOW_US + 1000, 0);
    restarted.incomingPacket(packet!, CLIENT, SERVER, 0, 0, NOW_US);
    const [reset, ...more] = sentWithin(restarted, NOW_US, 0);
    expect(more).toEqual([]);
    expect(reset![0]! >> 6).toBe(1);
    expect(reset!.length).toBeGreaterThanOrEqual(21);
    expect(reset!.length).toBeLessThan(packet!.length);
    client.incomingPacket(reset!, SERVER, CLIENT, 0, 0, NOW_US + 2000);
    expect(closedKinds(client)).toEqual(['stateless-reset']);
    expect(sentWithin(client, NOW_US + 2000, 60 * SECOND_US)).toEqual([]);
    expect(client.nextWakeTime()).toBe(Infinity);
  });

  test.each([
    ['before the last change of keys', 1, 'stateless-reset'],
    ['before the one before that', 2, undefined],
  ])('a token that was told %s', (_when, changes, end) => {
    covers('rfc9000-10.3-1');
    const keys = Array.from({ length: changes + 1 }, (_, index) => new Uint8Array(32).fill(index + 1));
    const before = { client: createClient(), server: createServer({ resetKey: keys[0]! }) };
    const connection = before.client.createConnection(TO, NOW_US);
    settle(before, NOW_US);
    const server = createServer({ resetKey: keys[0]! }, 77);
    for (const resetKey of keys.slice(1)) server.rotateKeys({ resetKey });
    connection.openStream()!.write(new Uint8Array(100));
    passTime({ client: before.client, server }, NOW_US + 1000, 10 * SECOND_US);
    expect(connection.closeReason?.kind).toBe(end);
  });

  test('a token is told the same again, whatever became of its key', () => {
    covers('rfc9000-10.3-1');
    // NEW_CONNECTION_ID frames that are lost are repeated after the change of keys.
    const exchange = { client: createClient(), server: createServer({ resetKey: KEY }) };
    exchange.client.createConnection(TO, NOW_US);
    settle(exchange, NOW_US);
    const { localIds } = coreOf(exchange.server).parts;
    localIds.renew();
    const told = framesOf(localIds).map(({ data }) => toHex(data.subarray(-16)));
    const crypto = seededCrypto(1);
    const others = localIds.active.slice(-4);
    expect(told).toEqual(others.map(({ connectionId }) => toHex(resetToken(crypto, KEY, connectionId))));
    exchange.server.rotateKeys({ resetKey: new Uint8Array(32).fill(4) });
    for (const { sequence } of others) localIds.onLost(sequence);
    expect(framesOf(localIds).map(({ data }) => toHex(data.subarray(-16)))).toEqual(told);
  });

  test('two endpoints without state: each answer is shorter, until there is none', () => {
    covers('rfc9000-10.3.3-1', 'rfc9000-10.3-5');
    const [a, b] = [createServer({}, 5), createServer({}, 6)];
    let datagram = new Uint8Array(60).fill(0x41);
    const lengths: number[] = [];
    for (let i = 0; i < 50; i++) {
      const target = i % 2 === 0 ? a : b;
      target.incomingPacket(datagram, CLIENT, SERVER, 0, 0, NOW_US + i * SECOND_US);
      const [reset] = sentWithin(target, NOW_US + i * SECOND_US, 0);
      if (reset === undefined) break;
      expect(reset.length).toBeLessThan(datagram.length);
      if (datagram.length <= 43) expect(reset.length).toBe(datagram.length - 1);
      lengths.push(reset.length);
      datagram = reset as Uint8Array<ArrayBuffer>;
    }
    expect(lengths.length).toBeGreaterThan(3);
    expect(lengths.length).toBeLessThan(45);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(21);
  });

  test('no more than ten a second', () => {
    const server = createServer();
    for (let i = 0; i < 1000; i++)
      server.incomingPacket(new Uint8Array(100).fill(0x40 + (i % 60)), CLIENT, SERVER, 0, 0, NOW_US + i);
    expect(sentWithin(server, NOW_US + 1000, 0)).toHaveLength(10);
    server.incomingPacket(new Uint8Array(100).fill(0x41), CLIENT, SERVER, 0, 0, NOW_US + 2 * SECOND_US);
    expect(sentWithin(server, NOW_US + 2 * SECOND_US, 0)).toHaveLength(1);
  });

  test('tokens differ by ID and by key', () => {
    covers('rfc9000-10.3.2-1', 'rfc9000-10.3.2-5');
    const crypto = seededCrypto(1);
    const ids = [1, 2, 3].map((fill) => new Uint8Array(8).fill(fill));
    const tokens = ids.map((id) => resetToken(crypto, KEY, id).join());
    const others = ids.map((id) => resetToken(crypto, TOKEN, id).join());
    expect(new Set([...tokens, ...others]).size).toBe(6);
    expect(resetToken(crypto, KEY, ids[0]!).join()).toBe(tokens[0]);
  });

  /** A client whose server gave a token, and another for an ID that is not in use. */
  function withToken(): { client: QuicContext; attacker: Attacker; dropped: Drop[] } {
    const dropped: Drop[] = [];
    const onPacketDropped = (connection: number, drop: Drop): void =>
      void (connection === -1 && dropped.push(drop));
    const client = createClient({ tracer: { ...LOUD, onPacketDropped } });
    const attacker = attackClient(client, {
      parameters: (parameters) => encodeParameters({ ...parameters, statelessResetToken: TOKEN }, 1),
    });
    attacker.send(APP, frame(Type.HandshakeDone));
    expect(eventsOf(client).map(({ type }) => type)).toContain('confirmed');
    return { client, attacker, dropped };
  }
  const SPARE = TOKEN.map((byte) => byte + 50);
  const endingIn = (first: readonly number[] | Uint8Array, token: Uint8Array): Uint8Array =>
    concatBytes(Uint8Array.from(first), new Uint8Array(30).fill(9), token);

  test.each<[string, string, (attacker: Attacker) => Uint8Array]>([
    ['to nobody', covers('rfc9000-10.3.1-2'), () => endingIn([0x41], TOKEN)],
    [
      'of the least length',
      covers('rfc9000-10.3.1-2'),
      () => concatBytes(Uint8Array.of(0x41, 1, 2, 3, 4), TOKEN),
    ],
    ['without the fixed bit', covers('rfc9000-10.3-9'), () => endingIn([0x01], TOKEN)],
    ['with a long header', covers('rfc9000-10.3-9'), () => endingIn([0xc1, 0, 0, 0, 1, 4, 4], TOKEN)],
    ['of a version nobody speaks', covers('rfc9000-10.3-9'), () => endingIn([0xc1, 7, 7, 7, 7, 4, 4], TOKEN)],
    [
      'to the ID of the connection',
      covers('rfc9000-10.3.1-2'),
      (attacker) => endingIn([0x41, ...attacker.destination], TOKEN),
    ],
  ])('a datagram %s that ends in the token is one', (_name, _ids, make) => {
    const { client, attacker, dropped } = withToken();
    attacker.deliver(make(attacker));
    expect(closedKinds(client)).toEqual(['stateless-reset']);
    // It was understood: nobody hears of a stray datagram as well.
    expect(dropped).toEqual([]);
    expect(sentWithin(client, attacker.nowUs, SECOND_US)).toEqual([]);
  });

  test.each<[string, string, Uint8Array]>([
    ['in a token of an ID that is not in use', covers('rfc9000-10.3.1-3'), endingIn([0x41], SPARE)],
    [
      'in all but the last bit of the token',
      covers(),
      endingIn(
        [0x41],
        TOKEN.map((byte, i) => (i === 15 ? byte ^ 1 : byte)),
      ),
    ],
    ['in the token, but is too short', covers(), concatBytes(Uint8Array.of(0x41, 1, 2, 3), TOKEN)],
    ['in zeros', covers(), endingIn([0x41], new Uint8Array(16))],
  ])('a datagram that ends %s is none', (_name, _ids, bytes) => {
    const { client, attacker } = withToken();
    const spare = concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(6), SPARE);
    attacker.send(APP, frame(Type.NewConnectionId, [1, 0], spare));
    attacker.deliver(bytes);
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('the token of a retired ID counts no more, that of the next does', () => {
    covers('rfc9000-10.3.1-3');
    const { client, attacker } = withToken();
    const spare = concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(6), SPARE);
    attacker.send(APP, frame(Type.NewConnectionId, [1, 1], spare));
    attacker.deliver(endingIn([0x41], TOKEN));
    expect(client.connection(0)!.closeReason).toBeUndefined();
    attacker.deliver(endingIn([0x41], SPARE));
    expect(closedKinds(client)).toEqual(['stateless-reset']);
  });

  test('a client, and a server that knows the connection, send none', () => {
    covers('rfc9000-11-4');
    const client = createClient();
    client.incomingPacket(endingIn([0x41], TOKEN), SERVER, CLIENT, 0, 0, NOW_US);
    expect(sentWithin(client, NOW_US, 0)).toEqual([]);
    const server = createServer();
    const attacker = attackServer(server);
    const forged = attacker.packet(APP, concatBytes(PING, new Uint8Array(100)));
    forged[50]! ^= 1;
    attacker.deliver(forged);
    expect(sentWithin(server, attacker.nowUs, 0)).toEqual([]);
  });
});

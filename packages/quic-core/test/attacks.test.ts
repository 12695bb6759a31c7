import { describe, expect, test } from '@jest/globals';
import { seededCrypto } from '@tsquic/testing/seeded';
import { concatBytes } from '@tsquic/bytes';
import { createRandom, createTestIdentity } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { Drop } from '../src/packet/drop.ts';
import { Attacker, PING } from './support/attacker.ts';
import {
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
  LOUD,
} from './support/contexts.ts';
import { cryptoFrame, frame, streamFrame } from './support/frames.ts';

const APP = Level.Application;
const BYTE = Uint8Array.of(1);
const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;

/** As many of the frames that `make` gives as a packet holds, in packets. */
function packed(count: number, perPacket: number, make: (index: number) => Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < count; at += perPacket)
    payloads.push(
      concatBytes(...Array.from({ length: Math.min(perPacket, count - at) }, (_, i) => make(at + i))),
    );
  return payloads;
}

/** An ACK of one range. */
function ack(lowest: number, largest: number): Uint8Array {
  return frame(Type.Ack, [largest, 0, 0, largest - lowest]);
}

describe('what a peer can make us store', () => {
  test('100,000 PATH_CHALLENGEs: a handful of answers', () => {
    const attacker = attackServer(createServer());
    const payloads = packed(100_000, 125, (i) => frame(Type.PathChallenge, [], new Uint8Array(8).fill(i)));
    for (const payload of payloads) attacker.deliver(attacker.packet(APP, payload));
    attacker.pump();
    expect(attacker.framesOf(Type.PathResponse).length).toBeLessThanOrEqual(8);
    expect(attacker.framesOf(Type.PathResponse).length).toBeGreaterThan(0);
    expect(attacker.closeCode).toBeUndefined();
  });

  const stuffing = (sequence: number): Uint8Array => {
    const id = new Uint8Array(25);
    id[0] = 8;
    id.fill(sequence & 0xff, 1);
    id[2] = sequence >> 8;
    return frame(Type.NewConnectionId, [sequence, sequence], id);
  };

  test('NEW_CONNECTION_ID that retires all before it, with no time to tell: CONNECTION_ID_LIMIT_ERROR', () => {
    const attacker = attackServer(createServer());
    for (const payload of packed(100, 20, (i) => stuffing(i + 1)))
      attacker.deliver(attacker.packet(APP, payload));
    attacker.pump();
    expect(attacker.closeCode).toBe(Code.ConnectionIdLimit);
  });

  test('the same slowly, never acknowledged: bounded by what may be in flight', () => {
    const attacker = attackServer(createServer());
    let sent = 0;
    while (attacker.closeCode === undefined && sent < 10_000) attacker.send(APP, stuffing(++sent));
    expect(attacker.closeCode).toBe(Code.ConnectionIdLimit);
    expect(sent).toBeLessThan(1000);
  });

  test('CRYPTO in single bytes with gaps, before the handshake: CRYPTO_BUFFER_EXCEEDED', () => {
    const attacker = new Attacker({ victim: createServer(), crypto: seededCrypto(7), isClient: true });
    for (let i = 0; i < 8; i++)
      attacker.send(
        Level.Initial,
        concatBytes(...packed(150, 150, (j) => cryptoFrame(2 * (150 * i + j) + 1, BYTE))),
      );
    expect(attacker.closeCode).toBe(Code.CryptoBufferExceeded);
  });

  test('out-of-order CRYPTO of 4096 bytes is kept, and acknowledged', () => {
    covers('rfc9000-7.5-1');
    const attacker = new Attacker({ victim: createServer(), crypto: seededCrypto(7), isClient: true });
    for (let at = 4; at < 4100; at += 1024)
      attacker.send(Level.Initial, cryptoFrame(at, new Uint8Array(1024)));
    expect(attacker.closeCode).toBeUndefined();
    expect(attacker.framesOf(Type.Ack, Level.Initial).at(-1)?.values).toEqual([0, 3]);
  });

  test('every other byte of a stream: the gaps are bounded', () => {
    const attacker = attackServer(createServer());
    for (const payload of packed(10_000, 150, (i) => streamFrame(0, 2 * i + 1, BYTE)))
      attacker.deliver(attacker.packet(APP, payload));
    attacker.pump();
    expect(attacker.closeCode).toBe(Code.InternalError);
  });

  test('20,000 streams opened and reset: the limit holds, and MAX_STREAMS comes in batches', () => {
    const server = createServer();
    const attacker = attackServer(server);
    let limit = 100;
    let rounds = 0;
    for (let opened = 0; opened < 20_000;) {
      const batch = packed(limit - opened, 100, (i) => frame(Type.ResetStream, [4 * (opened + i) + 2, 0, 0]));
      for (const payload of batch) attacker.deliver(attacker.packet(APP, payload));
      opened = limit;
      expect(++rounds).toBeLessThan(1000);
      eventsOf(server);
      attacker.pass(20_000);
      const { number } = attacker.seen.at(-1)!;
      attacker.send(APP, ack(number, number));
      limit = attacker.framesOf(Type.MaxStreamsUni).at(-1)!.values[0]!;
      expect(limit).toBeLessThanOrEqual(opened + 100);
    }
    expect(attacker.closeCode).toBeUndefined();
    expect(attacker.framesOf(Type.MaxStreamsUni).length).toBeLessThan(20_000 / 25);
    expect(server.connection(0)!.stream(2)).toBeUndefined();
  });

  test('every second packet number: the ranges of an ACK are bounded', () => {
    const attacker = attackServer(createServer());
    for (let number = 10; number < 8000; number += 2)
      attacker.deliver(attacker.packet(APP, PING, { number }));
    attacker.pump();
    const ranges = attacker.framesOf(Type.Ack, APP).map(({ values }) => values.length / 2);
    expect(Math.max(...ranges)).toBeLessThanOrEqual(64);
    expect(attacker.closeCode).toBeUndefined();
  });

  test('10,000 1-RTT packets before the handshake is complete: ten are kept, none is read', () => {
    let kept = 0;
    const onPacketBuffered = (): void => void kept++;
    const server = createServer({ tracer: { ...LOUD, onPacketBuffered } });
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    for (let i = 0; i < 10_000; i++) attacker.deliver(attacker.packet(APP, streamFrame(0, 0, BYTE)));
    expect(kept).toBe(10);
    expect(eventsOf(server).map(({ type }) => type)).toEqual(['accepted']);
  });

  test('1-RTT data is not read before the handshake is complete', () => {
    covers('rfc9001-5.7-1', 'rfc9001-5.7-2');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    attacker.send(APP, streamFrame(0, 0, BYTE));
    expect(eventsOf(server).map(({ type }) => type)).toEqual(['accepted']);
    attacker.finish();
    expect(eventsOf(server).map(({ type }) => type)).toContain('stream-readable');
  });

  test('packets of 64 KiB before their keys: what is kept stays small', () => {
    let kept = 0;
    const onPacketBuffered = (_id: number, bytes: number): void => void (kept += bytes);
    const server = createServer({ tracer: { ...LOUD, onPacketBuffered } });
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    for (let i = 0; i < 20; i++)
      attacker.deliver(attacker.packet(APP, concatBytes(PING, new Uint8Array(6000))));
    expect(kept).toBeLessThanOrEqual(16_384);
    expect(kept).toBeGreaterThan(0);
  });

  test('an Initial with packets for others behind it: one connection, nothing kept', () => {
    const drops: Drop[] = [];
    const server = createServer({
      tracer: { ...LOUD, onPacketDropped: (_id: number, drop: Drop): void => void drops.push(drop) },
    });
    const attacker = new Attacker({ victim: server, crypto: seededCrypto(7), isClient: true });
    const foreign = { destination: new Uint8Array(8).fill(9) };
    attacker.deliver(
      concatBytes(
        attacker.packet(Level.Initial, PING),
        attacker.packet(Level.Initial, PING, foreign),
        attacker.packet(Level.Initial, PING),
      ),
    );
    expect(eventsOf(server)).toHaveLength(1);
    expect(drops).toEqual([Drop.ForeignConnectionId]);
  });

  test('2000 spoofed clients: half-open connections stay below the threshold, the rest gets Retry, and all expire', () => {
    const random = createRandom(11);
    const server = createServer({ retry: 64 });
    let accepted = 0;
    let nowUs = 0;
    for (let i = 0; i < 2000; i++) {
      const address = { ip: `198.51.100.${random.integer(250)}`, port: 1000 + i };
      const attacker = new Attacker({
        victim: server,
        crypto: seededCrypto(1000 + i),
        isClient: true,
        address,
      });
      attacker.deliver(attacker.packet(Level.Initial, PING));
      attacker.pump();
      accepted += eventsOf(server).filter(({ type }) => type === 'accepted').length;
      nowUs = attacker.nowUs;
    }
    expect(accepted).toBe(64);
    const late = new Attacker({ victim: server, crypto: seededCrypto(9), isClient: true });
    late.nowUs = nowUs;
    late.pass(31_000_000);
    expect(eventsOf(server).filter(({ type }) => type === 'closed')).toHaveLength(64);
    expect(server.nextWakeTime()).toBe(Infinity);
    late.connect();
    expect(late.complete).toBe(true);
  });
});

describe('acknowledgements that lie', () => {
  /** A server that sends as much as it may, and an attacker who acknowledges all it has seen. */
  function downloading(seed: number): Attacker {
    const server = createServer({}, seed);
    const attacker = attackServer(server);
    attacker.send(APP, streamFrame(0, 0, BYTE));
    server.connection(0)!.stream(0)!.write(new Uint8Array(900_000));
    return attacker.pump();
  }
  const numbers = (attacker: Attacker): number[] =>
    attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number);

  test('all numbers, skipped ones too: found out', () => {
    const attacker = downloading(21);
    const [first] = numbers(attacker);
    for (let i = 0; i < 400 && attacker.closeCode === undefined; i++) {
      const largest = numbers(attacker).at(-1)!;
      attacker.nowUs += 20_000;
      attacker.send(APP, ack(first!, largest));
    }
    expect(attacker.closeCode).toBe(Code.ProtocolViolation);
    expect(numbers(attacker).length).toBeLessThan(2 * 256);
  });

  test('a number that comes next', () => {
    const attacker = downloading(22);
    const largest = numbers(attacker).at(-1)!;
    attacker.send(APP, ack(largest + 1, largest + 1));
    expect(attacker.closeCode).toBe(Code.ProtocolViolation);
  });

  test('a delay of 2^53: the round trip is not below what was measured', () => {
    const server = createServer();
    const attacker = attackServer(server, {}, 23);
    attacker.send(APP, streamFrame(0, 0, BYTE)).pass(30_000);
    server.connection(0)!.stream(0)!.write(BYTE);
    attacker.pump();
    attacker.nowUs += 50_000;
    const largest = numbers(attacker).at(-1)!;
    attacker.send(APP, frame(Type.Ack, [largest, 2 ** 52, 0, 0]));
    const { smoothedRttUs, minRttUs } = server.connection(0)!.statistics();
    expect(Number.isFinite(smoothedRttUs)).toBe(true);
    expect(smoothedRttUs).toBeGreaterThanOrEqual(minRttUs);
  });
});

describe('what a stranger can do', () => {
  test('Initials in small datagrams are dropped, each of them', () => {
    covers('rfc9000-14.1-4');
    const server = createServer();
    const attacker = new Attacker({ victim: server, crypto: seededCrypto(7), isClient: true });
    const small = attacker.packet(Level.Initial, PING, { bytes: 1199 });
    expect(small).toHaveLength(1199);
    attacker.deliver(small);
    attacker.deliver(
      concatBytes(
        attacker.packet(Level.Initial, PING, { bytes: 500 }),
        attacker.packet(Level.Initial, PING, { bytes: 600 }),
      ),
    );
    expect(eventsOf(server)).toEqual([]);
    attacker.deliver(attacker.packet(Level.Initial, PING, { bytes: 1200 }));
    expect(eventsOf(server).map(({ type }) => type)).toEqual(['accepted']);
  });

  test('a small Initial to a connection that exists is dropped as well', () => {
    covers('rfc9000-14.1-4');
    const server = createServer();
    const attacker = attackServer(server, { silentFrom: Level.Handshake });
    const before = attacker.seen.length;
    attacker.send(Level.Initial, PING, { bytes: 300 });
    expect(attacker.seen).toHaveLength(before);
  });

  test('a reset token of zeros ends nothing where none was given', () => {
    const client = createClient();
    const attacker = attackClient(client);
    attacker.send(APP, frame(Type.HandshakeDone));
    const reset = new Uint8Array(40);
    reset[0] = 0x41;
    attacker.deliver(reset);
    attacker.deliver(concatBytes(Uint8Array.of(0x41), attacker.destination, new Uint8Array(40)));
    expect(client.connection(0)!.closeReason).toBeUndefined();
  });

  test('a closing connection answers a flood ever more rarely', () => {
    covers('rfc9000-10.2.1-1', 'rfc9000-11.1-2');
    const attacker = attackServer(createServer());
    attacker.send(APP, frame(0x21));
    const before = attacker.received.datagrams;
    for (let i = 0; i < 1000; i++) attacker.send(APP, PING);
    // The first, the second, the fourth and so on, up to the 512th.
    expect(attacker.received.datagrams - before).toBe(10);
  });

  const chain = (bytes: number) => {
    const crypto = seededCrypto(31);
    return { crypto, identity: createTestIdentity(crypto, bytes) };
  };

  test.each([
    [
      'that says hello and no more',
      covers('rfc9000-8-1', 'rfc9000-8.1-2', 'rfc9000-10.2.1-7'),
      Level.Handshake,
    ],
    ['whose hello never ends', covers('rfc9000-8-1', 'rfc9000-8.1-2', 'rfc9000-14.1-6'), Level.Initial],
  ] as const)('an address %s gets three times what it sent, at every step', (_name, _ids, silentFrom) => {
    const server = createServer(chain(20_000));
    const attacker = new Attacker({ victim: server, crypto: seededCrypto(8), isClient: true, silentFrom });
    const check = (): void => expect(attacker.received.bytes).toBeLessThanOrEqual(3 * attacker.sent.bytes);
    if (silentFrom === Level.Initial)
      attacker.deliver(attacker.packet(Level.Initial, cryptoFrame(0, Uint8Array.of(1, 0, 2, 0))));
    else attacker.connect();
    check();
    for (let i = 0; i < 20; i++) {
      attacker.pass(200_000);
      check();
      if (i % 5 === 0) attacker.send(Level.Initial, PING);
      check();
    }
    attacker.send(Level.Initial, frame(0x21));
    check();
    for (let i = 0; i < 20; i++) {
      attacker.send(Level.Initial, PING);
      check();
    }
    attacker.pass(60_000_000);
    check();
  });

  test('every byte that comes for the connection counts, whether or not it can be opened', () => {
    covers('rfc9000-8.1-3');
    const server = createServer(chain(20_000));
    const attacker = new Attacker({
      victim: server,
      crypto: seededCrypto(8),
      isClient: true,
      silentFrom: Level.Handshake,
    });
    attacker.connect();
    for (const length of [100, 500, 1400]) {
      const before = attacker.received.bytes;
      // All that was allowed is used up but for a packet that did not fit.
      expect(3 * attacker.sent.bytes - before).toBeLessThan(100);
      attacker.deliver(concatBytes(Uint8Array.of(0x41), attacker.destination, new Uint8Array(length - 9)));
      attacker.pump();
      expect(attacker.received.bytes - before).toBeGreaterThan(3 * length - 100);
      expect(attacker.received.bytes).toBeLessThanOrEqual(3 * attacker.sent.bytes);
    }
  });

  test('a silent peer for 30 days, with no idle timeout: bounded wake-ups and packets', () => {
    const server = createServer({ transport: { idleTimeoutMs: 0 } });
    const attacker = attackServer(server, {
      parameters: (parameters) => void (parameters.maxIdleTimeoutMs = 0),
    });
    attacker.send(APP, streamFrame(0, 0, BYTE)).pass(1_000_000);
    server.connection(0)!.stream(0)!.write(new Uint8Array(100_000));
    attacker.pump();
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const untilUs = attacker.nowUs + 30 * DAY_US;
    let wakes = 0;
    let datagrams = 0;
    for (let nowUs = attacker.nowUs; nowUs < untilUs; wakes++) {
      while (server.prepareNextPacket(out, nowUs) > 0) datagrams++;
      nowUs += Math.ceil(server.nextWakeDelay(nowUs, DAY_US));
    }
    expect(wakes).toBeLessThan((30 * DAY_US) / MINUTE_US + 100);
    expect(datagrams).toBeLessThan(2 * wakes);
    expect(server.connection(0)!.closeReason).toBeUndefined();
  });
});

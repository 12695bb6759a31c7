import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type PairOptions } from '@tsquic/simulator';
import { encodeParameters } from '../src/parameters/parameters.ts';
import { Level } from '@tsquic/tls13';
import type { QuicStream } from '../src/context/handles.ts';
import type { Attacker } from './support/attacker.ts';
import { attackServer, createServer, eventsOf } from './support/contexts.ts';
import { ackFrame, streamFrame } from './support/frames.ts';

const APP = Level.Application;
const BYTE = Uint8Array.of(1);
const KIB = 1024;
const MIB = 1024 * KIB;
const MS = 1000;
const SECOND = 1_000_000;
const FLOOR = 4 * KIB;
const AHEAD = 64 * KIB;
const CHUNK = new Uint8Array(MIB);

/** Write until nothing is taken; returns how much was. */
function fill(stream: QuicStream): number {
  let bytes = 0;
  for (let taken = stream.write(CHUNK); taken > 0; taken = stream.write(CHUNK)) bytes += taken;
  return bytes;
}

/** A client that allows streams `data` bytes and the connection `all`. */
function greedy(victim: ReturnType<typeof createServer>, data: number, all: number, seed = 3): Attacker {
  const { address } = { address: { ip: '192.0.2.66', port: 6000 + seed } };
  return attackServer(
    victim,
    {
      address,
      parameters: (parameters) => {
        parameters.initialMaxData = all;
        parameters.initialMaxStreamDataBidiLocal = data;
        parameters.initialMaxStreamDataBidiRemote = data;
        parameters.initialMaxStreamDataUni = data;
        return encodeParameters(parameters, 1);
      },
    },
    seed,
  );
}

/** Open streams of the attacker, which the victim's program answers. */
function openStreams(attacker: Attacker, count: number, from = 0): QuicStream[] {
  for (let i = from; i < from + count; i++) attacker.send(APP, streamFrame(4 * i, 0, BYTE));
  eventsOf(attacker.victim);
  const connection = attacker.victim.connection(attacker.connectionId)!;
  return Array.from({ length: count }, (_, i) => connection.stream(4 * (from + i))!);
}

/** Acknowledge all that came. */
function acknowledge(attacker: Attacker): void {
  const numbers = attacker.seen.filter(({ level }) => level === APP).map(({ number }) => number);
  attacker.seen.length = 0;
  attacker.send(APP, ackFrame(numbers.sort((a, b) => a - b)));
}

describe('what is taken from a program is bounded', () => {
  test('a window that late ACKs inflated, and ninety-nine streams that may send nothing', () => {
    const server = createServer();
    const attacker = greedy(server, 2 ** 40, 2 ** 40);
    const [download] = openStreams(attacker, 1);
    let taken = 0;
    // What comes is acknowledged late, and all at once: the window doubles with each round trip of this length.
    const windowBytes = (): number => server.connection(0)!.statistics().congestionWindowBytes;
    for (let round = 0; round < 20 && windowBytes() < 4 * MIB; round++) {
      taken += fill(download!);
      attacker.pass(20 * MS);
      acknowledge(attacker);
    }
    expect(windowBytes()).toBeGreaterThanOrEqual(4 * MIB);
    expect(taken).toBeGreaterThan(4 * MIB);
    // Nothing of what is taken from now on is acknowledged.
    taken = fill(download!);
    attacker.pass(20 * MS);
    const streams = openStreams(attacker, 99, 1);
    for (let round = 0; round < 5; round++) for (const stream of streams) taken += fill(stream);
    expect(taken).toBeGreaterThan(2 * MIB);
    expect(taken).toBeLessThan(48 * MIB + 100 * FLOOR);
  });

  test('streams that may not send take little ahead, and no more', () => {
    const attacker = greedy(createServer(), 0, 2 ** 40);
    for (const stream of openStreams(attacker, 10)) expect(fill(stream)).toBeLessThanOrEqual(AHEAD);
  });

  test.each([64 * KIB, MIB])(
    'a connection holds no more than %i bytes, and as the last of its own each stream 4 KiB',
    (maxSendBufferBytes) => {
      const attacker = greedy(createServer({ transport: { maxSendBufferBytes } }), 2 ** 40, 2 ** 40);
      const streams = openStreams(attacker, 50);
      let taken = 0;
      for (let round = 0; round < 3; round++) for (const stream of streams) taken += fill(stream);
      expect(taken).toBeLessThanOrEqual(maxSendBufferBytes + 50 * FLOOR);
      expect(taken).toBeGreaterThan(maxSendBufferBytes / 2);
      // Whoever comes last gets something as well.
      const [late] = openStreams(attacker, 1, 50);
      expect(fill(late!)).toBeGreaterThanOrEqual(Math.min(FLOOR, maxSendBufferBytes / 101));
    },
  );

  test('all connections together', () => {
    const server = createServer({ maxTotalSendBufferBytes: MIB });
    let taken = 0;
    for (let i = 0; i < 20; i++) {
      const attacker = greedy(server, 2 ** 40, 2 ** 40, 100 + i);
      attacker.connectionId = i;
      const [stream] = openStreams(attacker, 1);
      const bytes = fill(stream!);
      expect(bytes).toBeGreaterThanOrEqual(FLOOR);
      taken += bytes;
    }
    expect(taken).toBeLessThanOrEqual(MIB + 20 * FLOOR);
    // What ended holds nothing of the pool.
    server.close();
    const attacker = greedy(server, 2 ** 40, 2 ** 40, 200);
    attacker.pass(20 * SECOND);
    const after = greedy(server, 2 ** 40, 2 ** 40, 201);
    after.connectionId = 21;
    const [stream] = openStreams(after, 1);
    expect(fill(stream!)).toBeGreaterThanOrEqual(256 * KIB);
  });

  test('a source is not asked for what would have to be kept beyond the bound', () => {
    const maxSendBufferBytes = 256 * KIB;
    const server = createServer({ transport: { maxSendBufferBytes } });
    const attacker = greedy(server, 2 ** 40, 2 ** 40);
    const [stream] = openStreams(attacker, 1);
    let made = 0;
    stream!.setSource((room) => {
      made += room.length;
      return { bytes: room.length, fin: false };
    });
    const first = attacker.seen.length;
    attacker.pump();
    const skipped = attacker.seen[first]!.number;
    for (let round = 0; round < 200; round++) {
      attacker.pass(20 * MS);
      // All but the first packet of data, in whichever packet it comes again.
      const numbers = attacker.seen
        .filter(
          ({ level, frames }) =>
            level === APP && !frames.some(({ type, values }) => type >= 8 && type < 16 && values[1] === 0),
        )
        .map(({ number }) => number)
        .filter((number) => number !== skipped)
        .sort((a, b) => a - b);
      attacker.send(APP, ackFrame(numbers.slice(-400)));
    }
    expect(made).toBeGreaterThan(maxSendBufferBytes / 4);
    expect(made).toBeLessThanOrEqual(maxSendBufferBytes);
    expect(attacker.closeCode).toBeUndefined();
  });
});

describe('nobody starves', () => {
  const pairWith = (options: Partial<PairOptions>) =>
    createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      link: { delayUs: 10 * MS, bytesPerSecond: 1_000_000 },
      ...options,
    });

  test.each([1, 2, 3])('one stream goes on while eighty others may not: seed %i', (seed) => {
    const pair = pairWith({
      seed,
      clientHost: { reads: () => false },
      client: {
        transport: {
          streamWindowBytes: 20_000,
          maxStreamWindowBytes: 20_000,
          connectionWindowBytes: 8 * MIB,
        },
      },
      server: { transport: { maxSendBufferBytes: 512 * KIB } },
    });
    for (let i = 0; i < 80; i++) pair.server.sendPattern(200_000, { unidirectional: true });
    pair.pass(5 * SECOND);
    const { id } = pair.server.sendPattern(300_000, { unidirectional: true });
    const into = new Uint8Array(65_536);
    let bytes = 0;
    const isDone = (): boolean => {
      const stream = pair.client.connection.stream(id);
      for (let length = stream?.read(into) ?? 0; length > 0; length = stream!.read(into)) bytes += length;
      return bytes === 300_000;
    };
    expect(pair.run(isDone, 10 * SECOND)).toBe(true);
  });

  test.each([16 * KIB, 100_000, MIB])(
    'a hundred streams share a bound of %i bytes, and all arrive',
    (maxSendBufferBytes) => {
      const pair = pairWith({ seed: 4, server: { transport: { maxSendBufferBytes } } });
      const ids = Array.from(
        { length: 100 },
        () => pair.server.sendPattern(50_000, { unidirectional: true }).id,
      );
      expect(pair.run(() => ids.every((id) => pair.client.received(id).finished), 120 * SECOND)).toBe(true);
      expect(ids.every((id) => pair.client.received(id).isPattern)).toBe(true);
    },
  );

  test('sources, too', () => {
    const pair = pairWith({ seed: 5, server: { transport: { maxSendBufferBytes: 16 * KIB } } });
    const ids = Array.from({ length: 40 }, () => {
      const stream = pair.server.connection.openStream({ unidirectional: true })!;
      let left = 50_000;
      stream.setSource((room) => {
        const bytes = Math.min(left, room.length);
        left -= bytes;
        return { bytes, fin: left === 0 };
      });
      return stream.id;
    });
    expect(pair.run(() => ids.every((id) => pair.client.received(id).finished), 120 * SECOND)).toBe(true);
  });

  test('a path is filled as before by one stream, and the window has a maximum', () => {
    const seconds = [32 * MIB, 100_000].map((maxCongestionWindowBytes) => {
      const pair = pairWith({
        seed: 6,
        link: { delayUs: 25 * MS, bytesPerSecond: 10_000_000 },
        server: { transport: { maxCongestionWindowBytes } },
      });
      const began = pair.world.nowUs;
      const { id } = pair.server.sendPattern(5_000_000, { unidirectional: true });
      let most = 0;
      const isDone = (): boolean => {
        most = Math.max(most, pair.server.connection.statistics().bytesInFlight);
        return pair.client.received(id).finished;
      };
      expect(pair.run(isDone, 60 * SECOND)).toBe(true);
      expect(most).toBeLessThanOrEqual(maxCongestionWindowBytes);
      return (pair.world.nowUs - began) / SECOND;
    });
    expect(seconds[0]).toBeLessThan(1.2);
    // 100 kB a round trip of 50 ms.
    expect(seconds[1]).toBeGreaterThan(2.3);
  });
});

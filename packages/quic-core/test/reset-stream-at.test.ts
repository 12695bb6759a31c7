import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair, type PairOptions } from '@tsquic/simulator';
import { usageCode } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import type { QuicEvent } from '../src/events.ts';
import { FrameType } from '../src/frame/rules.ts';
import {
  attackClient,
  attackServer,
  coreOf,
  createClient,
  createServer,
  eventsOf,
} from './support/contexts.ts';
import { frame, type SeenFrame, streamFrame } from './support/frames.ts';
import { serverScene, type ServerScene } from './support/server-scene.ts';
import type { TransportParameters } from '../src/parameters/parameters.ts';

const APP = Level.Application;
const MS = 1000;
const SECOND = 1_000_000;
const CODE = 77;

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
const DATA = bytesOf(20_000);
/** Types: stream, code, final size, reliable size. */
const resetAt = (...values: readonly number[]): Uint8Array => frame(FrameType.ResetStreamAt, values);
const resetStream = (...values: readonly number[]): Uint8Array => frame(FrameType.ResetStream, values);

function readAll(connection: QuicConnection, id: number): Uint8Array {
  const into = new Uint8Array(100_000);
  let length = 0;
  const stream = connection.stream(id);
  for (let more = 1; more > 0 && stream !== undefined; length += more)
    more = stream.read(into.subarray(length));
  return into.slice(0, length);
}

describe.each(['client', 'server'] as const)('what a %s receives', (role) => {
  const isServer = role === 'server';
  /** The stream that the peer of the victim opens first, of both ways and of one. */
  const [BIDI, UNI] = isServer ? [0, 2] : [1, 3];

  function scene(options: Partial<QuicContextOptions> = {}) {
    const victim = isServer ? createServer(options) : createClient(options);
    const attacker = isServer ? attackServer(victim) : attackClient(victim);
    attacker.pass(100 * MS);
    eventsOf(victim);
    const connection = victim.connection(0)!;
    const ends = (): QuicEvent[] => eventsOf(victim).filter(({ type }) => type === 'stream-reset');
    return { victim, attacker, connection, ends };
  }

  test.each([BIDI, UNI])('stream %i: the reliable bytes first, then the reset, once', (id) => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(id, 0, DATA.subarray(0, 60)));
    attacker.send(APP, resetAt(id, CODE, 100, 50));
    expect(ends()).toEqual([]);
    expect(connection.stream(id)!.readableBytes).toBe(50);
    expect(readAll(connection, id)).toEqual(DATA.subarray(0, 50));
    expect(ends()).toEqual([
      { type: 'stream-reset', connection: 0, streamId: id, code: CODE, reliableSize: 50 },
    ]);
    attacker.send(APP, resetAt(id, CODE, 100, 50));
    attacker.send(APP, resetStream(id, CODE, 100));
    attacker.send(APP, streamFrame(id, 60, DATA.subarray(60, 100)));
    expect(ends()).toEqual([]);
    expect(attacker.closeCode).toBeUndefined();
  });

  test.each([
    ['RESET_STREAM alone', [resetStream(BIDI, CODE, 60)]],
    ['RESET_STREAM after it', [resetAt(BIDI, CODE, 60, 50), resetStream(BIDI, CODE, 60)]],
  ])('%s promises no bytes', (_name, frames) => {
    const { attacker, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 40)));
    for (const bytes of frames) attacker.send(APP, bytes);
    expect(ends()).toMatchObject([{ code: CODE, reliableSize: 0 }]);
  });

  test('it may come before the bytes that it lets arrive, and these in any order', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, resetAt(BIDI, CODE, 300, 200));
    expect(connection.stream(BIDI)!.readableBytes).toBe(0);
    attacker.send(APP, streamFrame(BIDI, 150, DATA.subarray(150, 300)));
    attacker.send(APP, streamFrame(BIDI, 100, DATA.subarray(100, 170)));
    expect(readAll(connection, BIDI)).toHaveLength(0);
    expect(ends()).toEqual([]);
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 120)));
    expect(readAll(connection, BIDI)).toEqual(DATA.subarray(0, 200));
    expect(ends()).toHaveLength(1);
  });

  test('what was read already may be all of it', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 60)));
    readAll(connection, BIDI);
    attacker.send(APP, resetAt(BIDI, CODE, 60, 60));
    expect(ends()).toHaveLength(1);
  });

  test('all bytes of the stream are no clean end', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 60)));
    attacker.send(APP, resetAt(BIDI, CODE, 60, 60));
    const stream = connection.stream(BIDI)!;
    expect(readAll(connection, BIDI)).toHaveLength(60);
    expect(stream.finished).toBe(false);
    expect(ends()).toHaveLength(1);
  });

  test('a stream whose end and bytes have all come ends as it would have', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 60), true));
    attacker.send(APP, resetAt(BIDI, CODE, 60, 10));
    const stream = connection.stream(BIDI)!;
    expect(readAll(connection, BIDI)).toHaveLength(60);
    expect(stream.finished).toBe(true);
    expect(ends()).toEqual([]);
  });

  test('after the end of the stream, while bytes of it are missing', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 50, DATA.subarray(50, 60), true));
    attacker.send(APP, resetAt(BIDI, CODE, 60, 20));
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 30)));
    expect(readAll(connection, BIDI)).toEqual(DATA.subarray(0, 20));
    expect(ends()).toHaveLength(1);
  });

  test('smaller sizes count, larger ones do not, in whichever order they come', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 100)));
    for (const size of [80, 40, 90, 40]) attacker.send(APP, resetAt(BIDI, CODE, 100, size));
    expect(readAll(connection, BIDI)).toEqual(DATA.subarray(0, 40));
    expect(ends()).toHaveLength(1);
  });

  test('a smaller size may end a stream at once', () => {
    const { attacker, connection, ends } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 50)));
    readAll(connection, BIDI);
    attacker.send(APP, resetAt(BIDI, CODE, 100, 80));
    expect(ends()).toEqual([]);
    attacker.send(APP, resetAt(BIDI, CODE, 100, 50));
    expect(ends()).toHaveLength(1);
  });

  test.each([
    ['RESET_STREAM', () => resetStream(BIDI, CODE, 100)],
    ['a reliable size of zero', () => resetAt(BIDI, CODE, 100, 0)],
  ])('%s drops what was not read', (_what, payload) => {
    for (const first of [undefined, resetAt(BIDI, CODE, 100, 80)]) {
      const { attacker, connection, ends } = scene();
      attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 50)));
      if (first !== undefined) attacker.send(APP, first);
      attacker.send(APP, payload());
      expect(ends()).toHaveLength(1);
      expect(readAll(connection, BIDI)).toHaveLength(0);
    }
  });

  test.each([
    ['more reliable bytes than there are', [resetAt(BIDI, 1, 10, 11)], TransportCode.FrameEncoding],
    ['beyond the limit of the stream', [resetAt(BIDI, 1, 1001, 0)], TransportCode.FlowControl],
    [
      'beyond the limit of the connection',
      [resetAt(BIDI, 1, 1000, 10), resetAt(BIDI + 4, 1, 1000, 10), resetAt(BIDI + 8, 1, 1, 0)],
      TransportCode.FlowControl,
    ],
    ['another final size', [resetAt(BIDI, 1, 100, 50), resetAt(BIDI, 1, 101, 50)], TransportCode.FinalSize],
    [
      'another one in RESET_STREAM',
      [resetAt(BIDI, 1, 100, 50), resetStream(BIDI, 1, 99)],
      TransportCode.FinalSize,
    ],
    [
      'another one by an end',
      [resetAt(BIDI, 1, 100, 50), streamFrame(BIDI, 0, DATA.subarray(0, 99), true)],
      TransportCode.FinalSize,
    ],
    [
      'another one than the end had',
      [streamFrame(BIDI, 90, DATA.subarray(0, 10), true), resetAt(BIDI, 1, 101, 50)],
      TransportCode.FinalSize,
    ],
    [
      'bytes beyond the final size',
      [resetAt(BIDI, 1, 100, 50), streamFrame(BIDI, 100, DATA.subarray(0, 1))],
      TransportCode.FinalSize,
    ],
    [
      'less than came already',
      [streamFrame(BIDI, 0, DATA.subarray(0, 100)), resetAt(BIDI, 1, 99, 50)],
      TransportCode.FinalSize,
    ],
    ['another code', [resetAt(BIDI, 1, 100, 50), resetAt(BIDI, 2, 100, 40)], TransportCode.StreamState],
    [
      'another code in RESET_STREAM',
      [resetAt(BIDI, 1, 100, 50), resetStream(BIDI, 2, 100)],
      TransportCode.StreamState,
    ],
    [
      'another code than RESET_STREAM had',
      [resetStream(BIDI, 1, 100), resetAt(BIDI, 2, 100, 0)],
      TransportCode.StreamState,
    ],
    ['a stream that we never opened', [resetAt(isServer ? 1 : 0, 1, 0, 0)], TransportCode.StreamState],
    ['a stream that only we send on', [resetAt(isServer ? 3 : 2, 1, 0, 0)], TransportCode.StreamState],
    ['a stream beyond their number', [resetAt(BIDI + 4 * 100, 1, 0, 0)], TransportCode.StreamLimit],
    ['a frame that is cut short', [resetAt(BIDI, 1, 10)], TransportCode.FrameEncoding],
  ])('is an error: %s', (_what, payloads, code) => {
    const { attacker } = scene({
      transport: {
        streamWindowBytes: 1000,
        maxStreamWindowBytes: 1000,
        connectionWindowBytes: 2000,
        maxConnectionWindowBytes: 2000,
      },
    });
    for (const payload of payloads) {
      expect(attacker.closeCode).toBeUndefined();
      attacker.send(APP, payload);
    }
    expect(attacker.closeCode).toBe(code);
  });

  test('is an unknown frame where it was not offered', () => {
    const { attacker } = scene({ transport: { reliableReset: false } });
    attacker.send(APP, resetAt(BIDI, 1, 10, 5));
    expect(attacker.closeCode).toBe(TransportCode.FrameEncoding);
  });

  test('credit comes back for all of the stream, read or not', () => {
    const { attacker, connection } = scene({
      transport: {
        streamWindowBytes: 1000,
        maxStreamWindowBytes: 1000,
        connectionWindowBytes: 2000,
        maxConnectionWindowBytes: 2000,
      },
    });
    for (let i = 0; i < 20; i++) {
      const id = BIDI + 4 * i;
      attacker.send(APP, streamFrame(id, 0, DATA.subarray(0, 300)));
      attacker.send(APP, resetAt(id, CODE, 1000, 200));
      expect(readAll(connection, id)).toHaveLength(200);
      attacker.pass(1100 * MS);
    }
    expect(attacker.closeCode).toBeUndefined();
  });

  test('a program that has stopped the stream, before or after, hears of no reset, and holds nothing', () => {
    for (const before of [true, false]) {
      const { attacker, connection, ends, victim } = scene();
      attacker.send(APP, streamFrame(UNI, 0, DATA.subarray(0, 50)));
      const stream = connection.stream(UNI)!;
      if (before) stream.stopSending(5);
      attacker.send(APP, resetAt(UNI, CODE, 100, 80));
      if (!before) stream.stopSending(5);
      expect(connection.stream(UNI)).toBeUndefined();
      expect(ends()).toEqual([]);
      expect(coreOf(victim).parts.flow.receiving.consumed).toBe(100);
      attacker.send(APP, streamFrame(UNI, 50, DATA.subarray(50, 100)));
      expect(attacker.closeCode).toBeUndefined();
    }
  });

  test('what came before the end of the connection can be read, as far as it was promised', () => {
    const { attacker, connection } = scene();
    attacker.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 60)));
    attacker.send(APP, resetAt(BIDI, CODE, 100, 50));
    connection.close();
    attacker.pump();
    expect(readAll(connection, BIDI)).toEqual(DATA.subarray(0, 50));
  });

  test('gaps beyond the reliable size are forgotten', () => {
    const { attacker, victim } = scene();
    for (let i = 0; i < 30; i++) attacker.send(APP, streamFrame(BIDI, 10 + 2 * i, DATA.subarray(0, 1)));
    const gaps = (): number =>
      (coreOf(victim).parts.streams.receiving as unknown as { readonly gapCount: number }).gapCount;
    expect(gaps()).toBe(30);
    attacker.send(APP, resetAt(BIDI, CODE, 100, 20));
    expect(gaps()).toBe(5);
    attacker.send(APP, resetStream(BIDI, CODE, 100));
    expect(gaps()).toBe(0);
  });
});

describe('what is sent', () => {
  interface Sending extends ServerScene {
    /** Frames of these types since the last call. */
    frames(...types: readonly number[]): SeenFrame[];
  }

  /** A scene whose client allows the frame, unless told otherwise. */
  function scene(limits: Readonly<Partial<TransportParameters>> = {}): Sending {
    const { packets, ...rest } = serverScene({}, { resetStreamAt: true, ...limits });
    return {
      ...rest,
      packets,
      frames(...types) {
        const wanted = (type: number): boolean =>
          types.includes(type) || (type >= 8 && type < 16 && types.includes(8));
        return packets().flatMap(({ frames }) => frames.filter(({ type }) => wanted(type)));
      },
    };
  }

  const { ResetStream, ResetStreamAt, Stream } = FrameType;

  test('the frame follows the last byte that it lets arrive; nothing beyond is sent', () => {
    const { connection, frames } = scene();
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 2000));
    expect(stream.resetAt(CODE, 1500)).toBe(true);
    const seen = frames(Stream, ResetStreamAt, ResetStream);
    const data = seen.filter(({ type }) => type < 16);
    expect(Math.max(...data.map((one) => one.values[1]! + one.data.length))).toBe(1500);
    expect(seen.at(-1)).toMatchObject({ type: ResetStreamAt, values: [stream.id, CODE, 1500, 1500] });
  });

  test('its final size is all that was sent', () => {
    const { connection, frames } = scene();
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 2000));
    frames();
    stream.resetAt(CODE, 100);
    expect(frames(ResetStreamAt)).toMatchObject([{ values: [stream.id, CODE, 2000, 100] }]);
  });

  test('an end that was said stands, and is said no more', () => {
    const { connection, frames, client, acknowledge } = scene();
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 2000), true);
    const before = client.seen.length;
    frames();
    stream.resetAt(CODE, 100);
    const numbers = client.seen.slice(before).map(({ number }) => number);
    expect(frames(ResetStreamAt)).toMatchObject([{ values: [stream.id, CODE, 2000, 100] }]);
    // Of what is lost, only what is reliable is sent again, and no end with it.
    acknowledge(numbers);
    client.pass(500 * MS);
    const again = frames(Stream);
    expect(again.length).toBeGreaterThan(0);
    for (const { type, values, data } of again) {
      expect(type & 1).toBe(0);
      expect(values[1]! + data.length).toBeLessThanOrEqual(100);
    }
  });

  test('is over when the frame and the reliable bytes are acknowledged, in either order', () => {
    for (const late of ['frame', 'data'] as const) {
      const { connection, frames, client, acknowledge, server } = scene();
      const stream = connection.openStream({ unidirectional: true })!;
      stream.write(DATA.subarray(0, 500));
      frames();
      const dataPacket = client.seen.at(-1)!.number;
      stream.resetAt(CODE, 300);
      client.pump();
      const framePacket = client.seen.at(-1)!.number;
      expect(framePacket).toBe(dataPacket + 1);
      acknowledge([late === 'frame' ? framePacket : dataPacket]);
      expect(connection.stream(stream.id)).toBeDefined();
      client.pass(SECOND);
      acknowledge();
      expect(connection.stream(stream.id)).toBeUndefined();
      expect(eventsOf(server)).toContainEqual({
        type: 'stream-released',
        connection: 0,
        streamId: stream.id,
      });
    }
  });

  test('where all reliable bytes have arrived, only the frame is left', () => {
    const { connection, frames, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.write(DATA.subarray(0, 500));
    frames();
    acknowledge();
    stream.resetAt(CODE, 300);
    expect(frames(ResetStreamAt, Stream)).toHaveLength(1);
    acknowledge();
    expect(connection.stream(stream.id)).toBeUndefined();
  });

  test('a smaller size replaces the first; its acknowledgement counts, that of the first does not', () => {
    const { connection, frames, client, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.write(DATA.subarray(0, 500));
    frames();
    acknowledge();
    stream.resetAt(CODE, 300);
    client.pump();
    stream.resetAt(CODE + 1, 200);
    client.pump();
    const second = client.seen.at(-1)!;
    expect(second.frames).toMatchObject([{ type: ResetStreamAt, values: [stream.id, CODE, 500, 200] }]);
    acknowledge([second.number]);
    expect(connection.stream(stream.id)).toBeDefined();
    expect(frames(ResetStreamAt)).toHaveLength(2);
    client.pass(SECOND);
    const again = frames(ResetStreamAt);
    expect(again.length).toBeGreaterThan(0);
    for (const { values } of again) expect(values).toEqual([stream.id, CODE, 500, 200]);
    stream.resetAt(CODE, 400);
    expect(frames(ResetStreamAt)).toEqual([]);
    acknowledge();
    expect(connection.stream(stream.id)).toBeUndefined();
  });

  test('RESET_STREAM after it keeps the code and the final size', () => {
    const { connection, frames, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.write(DATA.subarray(0, 500));
    frames();
    stream.resetAt(CODE, 300);
    frames();
    stream.reset(5);
    expect(frames(ResetStream, ResetStreamAt)).toMatchObject([
      { type: ResetStream, values: [stream.id, CODE, 500] },
    ]);
    stream.resetAt(CODE, 100);
    expect(frames(ResetStream, ResetStreamAt)).toEqual([]);
    acknowledge();
    expect(connection.stream(stream.id)).toBeUndefined();
  });

  test('STOP_SENDING makes it RESET_STREAM with the same code, and is told', () => {
    const { connection, frames, client, server } = scene();
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 500));
    frames();
    stream.resetAt(CODE, 300);
    frames();
    client.send(APP, frame(FrameType.StopSending, [stream.id, 9]));
    expect(frames(ResetStream)).toMatchObject([{ values: [stream.id, CODE, 500] }]);
    expect(eventsOf(server)).toContainEqual({
      type: 'stream-stopped',
      connection: 0,
      streamId: stream.id,
      code: 9,
    });
    client.send(APP, frame(FrameType.StopSending, [stream.id, 9]));
    expect(frames(ResetStream)).toEqual([]);
    expect(client.closeCode).toBeUndefined();
  });

  test.each([
    ['stream', { initialMaxStreamDataBidiRemote: 100 }, FrameType.StreamDataBlocked],
    ['connection', { initialMaxData: 100, initialMaxStreamDataBidiRemote: 200 }, FrameType.DataBlocked],
  ])('waits for credit of the %s, and says so', (_whose, limits, blocked) => {
    const { connection, frames, client } = scene(limits);
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 500));
    stream.resetAt(CODE, 300);
    expect(frames(ResetStreamAt)).toEqual([]);
    client.send(APP, frame(FrameType.MaxData, [1000]));
    client.send(APP, frame(FrameType.MaxStreamData, [stream.id, 200]));
    expect(frames(ResetStreamAt)).toEqual([]);
    expect(client.seen.some((packet) => packet.frames.some(({ type }) => type === blocked))).toBe(true);
    client.send(APP, frame(FrameType.MaxStreamData, [stream.id, 300]));
    expect(frames(ResetStreamAt)).toMatchObject([{ values: [stream.id, CODE, 300, 300] }]);
    expect(coreOf(client.victim).parts.flow.sending.used).toBe(300);
  });

  test('gives back the memory of what is not reliable', () => {
    const { connection, client } = scene({ initialMaxData: 0 });
    const stream = connection.openStream()!;
    stream.write(DATA);
    const { memory } = coreOf(client.victim).parts.streams.sending;
    expect(memory.heldBytes).toBe(DATA.length);
    stream.resetAt(CODE, 1000);
    expect(memory.heldBytes).toBe(1000);
    stream.resetAt(CODE, 10);
    expect(memory.heldBytes).toBe(10);
    stream.reset(CODE);
    expect(memory.heldBytes).toBe(0);
  });

  test('a source is asked no more', () => {
    const { connection, frames } = scene();
    const stream = connection.openStream()!;
    let asked = 0;
    stream.setSource((room) => {
      if (++asked === 2) stream.resetAt(CODE, 10);
      return { bytes: Math.min(room.length, 2000), fin: false };
    });
    frames();
    expect(asked).toBe(2);
    expect(stream.resetAt(CODE, 5)).toBe(true);
  });

  test('a peer that does not understand it gets none, and the program hears that', () => {
    const { connection, frames } = scene({ resetStreamAt: false });
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 500));
    expect(stream.resetAt(CODE, 300)).toBe(false);
    expect(frames(ResetStream, ResetStreamAt)).toEqual([]);
    expect(stream.write(DATA.subarray(0, 10))).toBe(10);
    expect(stream.resetAt(CODE, 0)).toBe(true);
    expect(frames(ResetStream, ResetStreamAt)).toMatchObject([{ type: ResetStream }]);
  });

  test('misuse, and calls that come too late', () => {
    const { connection, frames, acknowledge, client } = scene();
    const stream = connection.openStream()!;
    stream.write(DATA.subarray(0, 100));
    expect(usageCode(() => stream.resetAt(CODE, 101))).toBe('invalid-option');
    for (const bad of [-1, 0.5, Number.NaN, Infinity, 2 ** 53])
      expect(usageCode(() => stream.resetAt(CODE, bad))).toBe('invalid-option');
    for (const bad of [-1, 2 ** 53]) expect(usageCode(() => stream.resetAt(bad, 10))).toBe('invalid-option');
    const done = connection.openStream()!;
    done.write(DATA.subarray(0, 10), true);
    frames();
    acknowledge();
    expect(done.delivered).toBe(true);
    expect(done.resetAt(CODE, 5)).toBe(true);
    expect(done.delivered).toBe(true);
    stream.resetAt(CODE, 10);
    expect(usageCode(() => stream.write(DATA))).toBe('not-writable');
    expect(stream.resetAt(CODE, 50)).toBe(true);
    client.send(APP, streamFrame(2, 0, DATA.subarray(0, 5)));
    expect(connection.stream(2)!.resetAt(CODE, 3)).toBe(true);
    connection.close();
    expect(stream.resetAt(CODE, 1)).toBe(false);
  });
});

describe('between two of ours', () => {
  const pairOf = (seed: number, options: Partial<PairOptions> = {}): Pair =>
    createConnectedPair({ createCrypto: (random) => createNodeProvider({ random }), seed, ...options });

  test.each(['reset', 'stopped'] as const)('both count the same bytes of a stream that was %s', (how) => {
    const pair = pairOf(1, { clientHost: { reads: () => false }, serverHost: { reads: () => false } });
    expect([pair.client.connection.takesResetAt, pair.server.connection.takesResetAt]).toEqual([true, true]);
    const sent = pair.client.connection.openStream({ unidirectional: true })!;
    expect([sent.write(DATA), sent.sentBytes, sent.receivedBytes]).toEqual([DATA.length, 0, 0]);
    expect(pair.run(() => pair.server.connection.stream(sent.id) !== undefined, SECOND)).toBe(true);
    const received = pair.server.connection.stream(sent.id)!;
    pair.pass(SECOND / 100);
    if (how === 'reset') sent.resetAt(CODE, 5);
    else received.stopSending(CODE);
    if (how === 'reset') received.read(new Uint8Array(5));
    pair.pass(SECOND);
    if (how === 'reset') received.read(new Uint8Array(5));
    expect(sent.sentBytes).toBeGreaterThan(0);
    expect(received.receivedBytes).toBe(sent.sentBytes);
    // The stream is forgotten, and what it used stays known.
    expect(pair.server.connection.stream(sent.id)).toBeUndefined();
  });

  test('a peer that does not offer RESET_STREAM_AT does not take it', () => {
    const pair = pairOf(1, { server: { transport: { reliableReset: false } } });
    expect([pair.client.connection.takesResetAt, pair.server.connection.takesResetAt]).toEqual([false, true]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('with losses and reordering, in both directions: seed %i', (seed) => {
    const pair = pairOf(seed, {
      link: {
        delayUs: 10 * MS,
        jitter: { kind: 'uniform', upToUs: 15 * MS },
        loss: { kind: 'random', rate: 0.1 },
        bytesPerSecond: 500_000,
      },
    });
    for (const [from, to] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      const streams = [0, 1, 2, 3].map((i) => {
        const stream = from.connection.openStream({ unidirectional: i % 2 === 0 })!;
        stream.write(DATA);
        return stream;
      });
      pair.pass(seed * 7 * MS);
      streams.forEach((stream, i) => expect(stream.resetAt(CODE, 4000 * i + 1)).toBe(true));
      pair.pass(20 * MS);
      streams[3]!.resetAt(CODE, 6000);
      const isTold = (): boolean =>
        streams.every(({ id }) => to.eventsOf('stream-reset').some(({ streamId }) => streamId === id));
      expect(pair.run(isTold, 60 * SECOND)).toBe(true);
      streams.forEach(({ id }, i) => {
        const size = i === 3 ? 6000 : 4000 * i + 1;
        const got = to.received(id).bytes();
        expect(got.length).toBeGreaterThanOrEqual(size);
        expect(got).toEqual(DATA.subarray(0, got.length));
      });
      expect(to.eventsOf('stream-reset').every(({ code }) => code === CODE)).toBe(true);
    }
    pair.pass(10 * SECOND);
    for (const peer of [pair.client, pair.server]) expect(peer.connection.closeReason).toBeUndefined();
  });
});

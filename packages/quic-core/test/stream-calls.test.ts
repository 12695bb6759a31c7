import { describe, expect, test } from '@jest/globals';
import { usageCode } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import type { TransportOptions } from '../src/config/transport-options.ts';
import type { QuicContext } from '../src/context/context.ts';
import { TransportCode } from '../src/errors/transport-error.ts';
import { FrameType } from '../src/frame/rules.ts';
import { coreOf, eventsOf } from './support/contexts.ts';
import { ackFrame, frame, streamFrame } from './support/frames.ts';
import { serverScene, type ServerScene } from './support/server-scene.ts';

const APP = Level.Application;
const SECOND = 1_000_000;
const KIB = 1024;
const MIB = 1024 * KIB;
const DATA = new Uint8Array(100 * KIB);
/** The first streams of the client, both ways and one way. */
const BIDI = 0;
const UNI = 2;

interface Scene extends ServerScene {
  /** Values of frames of a type since the last call. */
  frames(type: number): (readonly number[])[];
}

function scene(transport: TransportOptions = {}, limits: Readonly<Record<string, number>> = {}): Scene {
  const { packets, ...rest } = serverScene(transport, {
    initialMaxData: 64 * MIB,
    initialMaxStreamDataUni: 8 * MIB,
    initialMaxStreamDataBidiLocal: 8 * MIB,
    initialMaxStreamDataBidiRemote: 8 * MIB,
    ...limits,
  });
  return {
    ...rest,
    packets,
    frames: (type) =>
      packets().flatMap(({ frames }) =>
        frames.filter((one) => one.type === type).map(({ values }) => values),
      ),
  };
}

const writables = (server: QuicContext): number =>
  eventsOf(server).filter(({ type }) => type === 'stream-writable').length;

describe('high-water marks', () => {
  test('bound what is not sent, and say when half of it is left', () => {
    const { connection, server, client } = scene({}, { initialMaxStreamDataUni: 0 });
    const stream = connection.openStream({ unidirectional: true })!;
    stream.setHighWaterMark(10_000);
    expect(stream.write(DATA)).toBe(10_000);
    expect([stream.writtenBytes, stream.unsentBytes, stream.unacknowledgedBytes]).toEqual([
      10_000, 10_000, 10_000,
    ]);
    expect(stream.write(DATA)).toBe(0);
    client.send(APP, frame(FrameType.MaxStreamData, [stream.id, 4000]));
    expect(stream.unsentBytes).toBe(6000);
    expect(writables(server)).toBe(0);
    client.send(APP, frame(FrameType.MaxStreamData, [stream.id, 5000]));
    expect(writables(server)).toBe(1);
    expect(stream.unacknowledgedBytes).toBe(10_000);
    expect(stream.write(DATA)).toBe(5000);
  });

  test('bound what is not acknowledged', () => {
    const { connection, server, client, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.setHighWaterMark(Infinity, 5000);
    expect(stream.write(DATA)).toBe(5000);
    client.pump();
    expect(stream.unsentBytes).toBe(0);
    expect(stream.write(DATA)).toBe(0);
    expect(writables(server)).toBe(0);
    acknowledge();
    expect(writables(server)).toBe(1);
    expect(stream.unacknowledgedBytes).toBe(0);
    expect(stream.write(DATA)).toBe(5000);
    client.pump();
    expect([stream.acknowledgedBytes, stream.unacknowledgedBytes]).toEqual([5000, 5000]);
    stream.reset(7);
    expect([stream.acknowledgedBytes, stream.unacknowledgedBytes]).toEqual([5000, 0]);
  });

  test('a write that was taken whole, and filled more than half, is followed by an event as well', () => {
    const { connection, server, client, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.setHighWaterMark(1000);
    expect(stream.write(DATA.subarray(0, 400))).toBe(400);
    client.pump();
    acknowledge();
    expect(writables(server)).toBe(0);
    expect(stream.write(DATA.subarray(0, 600))).toBe(600);
    client.pump();
    expect(writables(server)).toBe(1);
  });

  test('raised or taken away, they let a program go on that waits', () => {
    for (const mark of [50_000, Infinity]) {
      const { connection, server, client } = scene({}, { initialMaxStreamDataUni: 0 });
      const stream = connection.openStream({ unidirectional: true })!;
      stream.setHighWaterMark(100);
      expect(stream.write(DATA)).toBe(100);
      stream.setHighWaterMark(mark);
      client.pump();
      expect(writables(server)).toBe(1);
    }
  });

  test('lowered below what is held, they take nothing until it is less', () => {
    const { connection, client, acknowledge } = scene();
    const stream = connection.openStream({ unidirectional: true })!;
    stream.write(DATA.subarray(0, 5000));
    stream.setHighWaterMark(Infinity, 1000);
    expect(stream.write(DATA)).toBe(0);
    client.pump();
    acknowledge();
    expect(stream.write(DATA)).toBe(1000);
  });

  test('misuse, and calls that come too late', () => {
    const { connection, client } = scene();
    const stream = connection.openStream()!;
    for (const bad of [0, -1, Number.NaN])
      for (const call of [() => stream.setHighWaterMark(bad), () => stream.setHighWaterMark(5, bad)])
        expect(usageCode(call)).toBe('invalid-option');
    client.send(APP, streamFrame(UNI, 0, DATA.subarray(0, 5)));
    const incoming = connection.stream(UNI)!;
    incoming.setHighWaterMark(5);
    expect([incoming.writtenBytes, incoming.unacknowledgedBytes, incoming.acknowledgedBytes]).toEqual([
      0, 0, 0,
    ]);
    connection.close();
    stream.setHighWaterMark(5);
    expect(stream.unsentBytes).toBe(0);
  });
});

describe('credit that the program grants', () => {
  const WINDOWS = {
    streamWindowBytes: 1000,
    maxStreamWindowBytes: 1000,
    connectionWindowBytes: 3000,
    maxConnectionWindowBytes: 3000,
  };

  test('is announced at once, beyond the window, and never taken back', () => {
    const { client, connection, frames } = scene(WINDOWS);
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 100)));
    const stream = connection.stream(BIDI)!;
    stream.grant(5000);
    expect(frames(FrameType.MaxStreamData)).toEqual([[BIDI, 5000]]);
    stream.grant(2000);
    stream.grant(5000);
    stream.setManualCredit(true);
    stream.setManualCredit(false);
    expect(frames(FrameType.MaxStreamData)).toEqual([]);
    connection.grant(20_000);
    expect(frames(FrameType.MaxData)).toEqual([[20_000]]);
    client.send(APP, streamFrame(BIDI, 100, DATA.subarray(0, 4900)));
    expect(client.closeCode).toBeUndefined();
    client.send(APP, streamFrame(BIDI, 5000, DATA.subarray(0, 1)));
    expect(client.closeCode).toBe(TransportCode.FlowControl);
  });

  test('counts from what was read', () => {
    const { client, connection, frames } = scene(WINDOWS);
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 200)));
    const stream = connection.stream(BIDI)!;
    stream.read(new Uint8Array(150));
    frames(FrameType.MaxStreamData);
    stream.grant(4000);
    expect(frames(FrameType.MaxStreamData)).toEqual([[BIDI, 4150]]);
  });

  test('is all there is, where it is asked for: reading opens none', () => {
    const { client, connection, frames, acknowledge } = scene(WINDOWS);
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 10)));
    const stream = connection.stream(BIDI)!;
    stream.setManualCredit(true);
    connection.setManualCredit(true);
    client.send(APP, streamFrame(BIDI, 10, DATA.subarray(0, 990)));
    expect(stream.read(new Uint8Array(5000))).toBe(1000);
    client.send(APP, frame(FrameType.StreamDataBlocked, [BIDI, 1000]));
    client.send(APP, frame(FrameType.DataBlocked, [3000]));
    client.pass(2 * SECOND);
    expect(frames(FrameType.MaxStreamData)).toEqual([]);
    stream.grant(10);
    expect(frames(FrameType.MaxStreamData)).toEqual([[BIDI, 1010]]);
    acknowledge();
    client.send(APP, streamFrame(BIDI, 1000, DATA.subarray(0, 10)));
    expect(stream.read(new Uint8Array(5000))).toBe(10);
    client.pass(2 * SECOND);
    expect(frames(FrameType.MaxStreamData)).toEqual([]);
    stream.setManualCredit(false);
    expect(frames(FrameType.MaxStreamData)).toEqual([[BIDI, 2010]]);
  });

  test('of the connection, too', () => {
    const { client, connection, frames } = scene(WINDOWS);
    connection.setManualCredit(true);
    for (const id of [0, 4, 8]) {
      client.send(APP, streamFrame(id, 0, DATA.subarray(0, 1000)));
      connection.stream(id)!.read(new Uint8Array(1000));
    }
    client.send(APP, frame(FrameType.DataBlocked, [3000]));
    client.pass(2 * SECOND);
    expect(frames(FrameType.MaxData)).toEqual([]);
    connection.grant(100);
    expect(frames(FrameType.MaxData)).toEqual([[3100]]);
    connection.setManualCredit(false);
    expect(frames(FrameType.MaxData)).toEqual([[6000]]);
  });

  test('is said again when it is lost', () => {
    const { client, connection, frames } = scene(WINDOWS);
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 10)));
    const stream = connection.stream(BIDI)!;
    stream.setManualCredit(true);
    stream.grant(3000);
    expect(frames(FrameType.MaxStreamData)).toEqual([[BIDI, 3000]]);
    client.pass(SECOND);
    const again = frames(FrameType.MaxStreamData);
    expect(again.length).toBeGreaterThan(0);
    for (const values of again) expect(values).toEqual([BIDI, 3000]);
  });

  test('is not given to who has ended, or was asked to stop', () => {
    const { client, connection, frames } = scene(WINDOWS);
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 10), true));
    const ended = connection.stream(BIDI)!;
    client.send(APP, streamFrame(UNI, 0, DATA.subarray(0, 10)));
    const stopped = connection.stream(UNI)!;
    stopped.stopSending(1);
    for (const stream of [ended, stopped, connection.openStream({ unidirectional: true })!])
      stream.grant(5000);
    expect(frames(FrameType.MaxStreamData)).toEqual([]);
  });

  test('misuse, and calls that come too late', () => {
    const { connection, frames } = scene(WINDOWS);
    const stream = connection.openStream()!;
    for (const bad of [-1, 0.5, Number.NaN, Infinity, 2 ** 53])
      for (const call of [() => stream.grant(bad), () => connection.grant(bad)])
        expect(usageCode(call)).toBe('invalid-option');
    connection.grant(Number.MAX_SAFE_INTEGER);
    expect(frames(FrameType.MaxData)).toEqual([[Number.MAX_SAFE_INTEGER]]);
    connection.close();
    for (const target of [stream, connection]) {
      target.grant(5);
      target.setManualCredit(true);
    }
  });
});

test('what is written to a stream is a Uint8Array', () => {
  const { connection } = scene();
  const stream = connection.openStream()!;
  for (const data of ['text', [1, 2], new ArrayBuffer(1), undefined])
    expect(usageCode(() => stream.write(data as unknown as Uint8Array, true))).toBe('invalid-option');
  expect(stream.writtenBytes).toBe(0);
  expect(stream.write(Uint8Array.of(1), true)).toBe(1);
});

describe('discard', () => {
  test('says RESET_STREAM and STOP_SENDING; what comes is dropped, credited, and told to nobody', () => {
    const { client, connection, frames, server } = scene({
      streamWindowBytes: 1000,
      maxStreamWindowBytes: 1000,
      connectionWindowBytes: 2000,
      maxConnectionWindowBytes: 2000,
    });
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 100)));
    const stream = connection.stream(BIDI)!;
    stream.write(DATA.subarray(0, 50));
    client.pump();
    eventsOf(server);
    stream.discard(7);
    client.pump();
    const sent = client.seen.at(-1)!.frames;
    expect(sent).toContainEqual(
      expect.objectContaining({ type: FrameType.ResetStream, values: [BIDI, 7, 50] }),
    );
    expect(sent).toContainEqual(expect.objectContaining({ type: FrameType.StopSending, values: [BIDI, 7] }));
    client.send(APP, streamFrame(BIDI, 100, DATA.subarray(0, 900)));
    client.send(APP, frame(FrameType.StopSending, [BIDI, 3]));
    expect(stream.readableBytes).toBe(0);
    expect(stream.read(new Uint8Array(10))).toBe(0);
    expect(coreOf(server).parts.flow.receiving.consumed).toBe(1000);
    expect(frames(FrameType.MaxData)).toEqual([[3000]]);
    expect(eventsOf(server)).toEqual([]);
    client.send(APP, frame(FrameType.ResetStream, [BIDI, 9, 1000]));
    const numbers = client.seen.filter(({ level }) => level === APP).map(({ number }) => number);
    client.send(APP, ackFrame([...new Set(numbers)].sort((a, b) => a - b)));
    expect(eventsOf(server)).toEqual([{ type: 'stream-released', connection: 0, streamId: BIDI }]);
    expect(client.closeCode).toBeUndefined();
  });

  test('of a stream of one way, of one that is half over, twice, and after the end', () => {
    const { client, connection, server } = scene();
    const outgoing = connection.openStream({ unidirectional: true })!;
    outgoing.write(DATA.subarray(0, 10));
    client.send(APP, streamFrame(UNI, 0, DATA.subarray(0, 10)));
    const incoming = connection.stream(UNI)!;
    client.send(APP, streamFrame(BIDI, 0, DATA.subarray(0, 10), true));
    const answered = connection.stream(BIDI)!;
    answered.read(new Uint8Array(10));
    eventsOf(server);
    for (const stream of [outgoing, incoming, answered]) {
      stream.discard();
      stream.discard(5);
    }
    client.pump();
    const sent = client.seen.flatMap(({ frames }) => frames);
    expect(sent.filter(({ type }) => type === FrameType.ResetStream).map(({ values }) => values[0])).toEqual(
      expect.arrayContaining([outgoing.id, BIDI]),
    );
    expect(sent.filter(({ type }) => type === FrameType.StopSending).map(({ values }) => values)).toEqual([
      [UNI, 0],
    ]);
    for (const bad of [-1, 2 ** 53, 0.5])
      expect(usageCode(() => outgoing.discard(bad))).toBe('invalid-option');
    connection.close();
    outgoing.discard();
    expect(client.closeCode).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import fc from 'fast-check';
import { caught, covers } from '@tsquic/testing';
import { PacketWriter } from '../packet/writer.ts';
import { DeliveryLog } from '../facts/delivery-log.ts';
import { CryptoStream } from './crypto-stream.ts';
import { ConnectionVersion } from '../version/connection-version.ts';
import { VERSION_1 } from '../version/versions.ts';

const SEED = 9000_75;
const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const exceeded = expect.objectContaining({ name: 'TransportError', code: 0x0d });

/** A frame with `data[from, to)`. */
function receive(stream: CryptoStream, data: Uint8Array, from: number, to: number): void {
  stream.onFrame({ offset: from, dataAt: from, dataEnd: to }, data);
}

describe('receiving', () => {
  test('only what came before in full is a repetition, not what fills a gap', () => {
    const data = bytesOf(100);
    const stream = new CryptoStream(Level.Initial, 16_384);
    const arrive = (from: number, to: number): boolean =>
      stream.onFrame({ offset: from, dataAt: from, dataEnd: to }, data);
    // A browser's hello comes in pieces, the last one first; then one piece comes twice, and an empty one.
    const seen = [
      arrive(60, 100),
      arrive(0, 20),
      arrive(20, 60),
      arrive(20, 60),
      arrive(70, 70),
      arrive(0, 100),
    ];
    expect(seen).toEqual([false, false, false, true, false, true]);
    const early = new CryptoStream(Level.Initial, 16_384);
    const ahead = [
      [50, 60],
      [50, 60],
      [55, 65],
      [52, 64],
    ] as const;
    expect(
      ahead.map(([dataAt, dataEnd]) => early.onFrame({ offset: dataAt, dataAt, dataEnd }, data)),
    ).toEqual([false, true, false, true]);
  });

  test('any order, any overlap: TLS gets the bytes once and in order', () => {
    const data = bytesOf(3000);
    const pieces = fc.array(fc.tuple(fc.nat({ max: 2999 }), fc.integer({ min: 0, max: 400 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pieces, (list) => {
        const stream = new CryptoStream(Level.Initial, 16_384);
        const taken: Uint8Array[] = [];
        for (const [from, length] of [
          ...list,
          ...Array.from({ length: 30 }, (_, i) => [i * 100, 100] as const),
        ]) {
          receive(stream, data, from, Math.min(from + length, data.length));
          const next = stream.take();
          if (next !== undefined) taken.push(next);
        }
        expect(concatBytes(...taken)).toEqual(data);
        expect(stream.take()).toBeUndefined();
        expect(stream.hasGap).toBe(false);
        expect(stream.receivedEnd).toBe(data.length);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('at least 4096 bytes may come before those due', () => {
    covers('rfc9000-7.5-1');
    for (const limit of [16_384, 65_536]) {
      const stream = new CryptoStream(Level.Handshake, limit);
      const data = bytesOf(limit);
      receive(stream, data, limit - 4096, limit);
      expect(stream.take()).toBeUndefined();
      receive(stream, data, 0, limit - 4096);
      expect(stream.take()).toEqual(data);
    }
  });

  test('more than is allowed ahead ends the connection', () => {
    covers('rfc9000-7.5-3', 'rfc9000-19.6-1');
    const stream = new CryptoStream(Level.Initial, 16_384);
    const data = new Uint8Array(100);
    expect(caught(() => stream.onFrame({ offset: 16_384, dataAt: 0, dataEnd: 1 }, data))).toEqual(exceeded);
    const huge = { offset: Number.MAX_SAFE_INTEGER, dataAt: 0, dataEnd: 100 };
    expect(caught(() => stream.onFrame(huge, data))).toEqual(exceeded);
  });

  test('what was taken makes room again', () => {
    const stream = new CryptoStream(Level.Application, 100);
    const data = bytesOf(1000);
    for (let at = 0; at < 1000; at += 100) {
      receive(stream, data, at, at + 100);
      expect(stream.take()).toEqual(data.slice(at, at + 100));
    }
  });

  test('so does a peer that sends it in very many pieces', () => {
    const stream = new CryptoStream(Level.Initial, 16_384);
    const data = bytesOf(2000);
    const sendPieces = (): void => {
      for (let at = 1; at < 2000; at += 2) receive(stream, data, at, at + 1);
    };
    expect(caught(sendPieces)).toEqual(exceeded);
  });
});

describe('sending', () => {
  /** What one packet of `room` bytes takes of the stream. */
  function write(stream: CryptoStream, room: number): { offset: number; bytes: Uint8Array }[] {
    const writer = new PacketWriter();
    const log = new DeliveryLog();
    const id = new Uint8Array(8);
    const fields = {
      version: new ConnectionVersion(VERSION_1),
      destinationId: id,
      pathId: 0,
      sourceId: id,
      token: new Uint8Array(0),
    };
    writer.reset(new Uint8Array(2000), room);
    if (!writer.begin(Level.Handshake, 0, -1, fields, 0, log)) throw new Error('no room for a packet');
    stream.write(writer);
    return Array.from({ length: log.head }, (_, i) => {
      expect(log.valueAt(i, 0)).toBe(Level.Handshake);
      const [offset, end] = [log.valueAt(i, 1), log.valueAt(i, 2)];
      // Every frame's data stands at the end of what is written so far, the last one's at the very end.
      const { frames } = writer;
      const isLast = i === log.head - 1;
      return {
        offset,
        bytes: isLast
          ? frames.buffer.slice(frames.position - (end - offset), frames.position)
          : new Uint8Array(end - offset),
      };
    });
  }

  test('goes on where it stopped, and repeats what was lost first, at its own level', () => {
    const stream = new CryptoStream(Level.Handshake, 100);
    const data = bytesOf(3000);
    expect(stream.hasData).toBe(false);
    stream.send(data);
    const [first] = write(stream, 1000);
    expect(first!.offset).toBe(0);
    expect(first!.bytes).toEqual(data.slice(0, first!.bytes.length));
    const [second] = write(stream, 1000);
    expect(second!.offset).toBe(first!.bytes.length);
    const rest = [...write(stream, 1200), ...write(stream, 1200)];
    expect(stream.hasData).toBe(false);
    expect(rest.at(-1)!.offset + rest.at(-1)!.bytes.length).toBe(3000);

    stream.onAcked(0, 500);
    stream.onLost(0, first!.bytes.length);
    stream.send(bytesOf(10));
    const [again, fresh] = write(stream, 1200);
    expect(again).toMatchObject({ offset: 500 });
    expect(again!.bytes).toHaveLength(first!.bytes.length - 500);
    expect(fresh).toMatchObject({ offset: 3000, bytes: bytesOf(10) });
    expect(stream.hasData).toBe(false);
  });
});

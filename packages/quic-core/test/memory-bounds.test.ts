import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { TransportCode } from '../src/errors/transport-error.ts';
import { FrameType } from '../src/frame/rules.ts';
import type { Attacker } from './support/attacker.ts';
import { attackServer, createServer, eventsOf } from './support/contexts.ts';
import { frame, streamFrame } from './support/frames.ts';
import { heldBy } from './support/live-bytes.ts';

const APP = Level.Application;
const BYTE = Uint8Array.of(1);
const KIB = 1024;
const WINDOW_BYTES = 512 * KIB;
/** What a hundred streams of each kind cost without a byte in them, and the harness. */
const STREAMS_BYTES = 700 * KIB;

/** An attacker who keeps nothing of what he sees. */
function forget(attacker: Attacker): Attacker {
  attacker.seen.length = 0;
  return attacker;
}

/** Deliver frames, as many to a packet as fit. */
function deliver(attacker: Attacker, frames: Iterable<Uint8Array>): void {
  let payload: Uint8Array[] = [];
  let bytes = 0;
  for (const one of frames) {
    if (bytes + one.length > 1100) {
      attacker.deliver(attacker.packet(APP, concatBytes(...payload)));
      payload = [];
      bytes = 0;
    }
    payload.push(one);
    bytes += one.length;
  }
  attacker.deliver(attacker.packet(APP, concatBytes(...payload)));
}

/** Bytes with gaps between them, `count` on each of the streams. */
function* gaps(ids: readonly number[], count: number, step: number): Iterable<Uint8Array> {
  for (const id of ids) for (let i = 0; i < count; i++) yield streamFrame(id, i * step + 1, BYTE);
}

const IDS = Array.from({ length: 200 }, (_, i) => (i < 100 ? 4 * i : 4 * (i - 100) + 2));

describe('what lies unread costs no more than about twice its window', () => {
  const shapes: readonly (readonly [name: string, ids: number, count: number, step: number])[] = [
    ['every other byte of two hundred streams', 200, 20, 2],
    ['as many gaps as there may be, on one stream', 1, 4095, 60],
    ['the same on forty streams', 40, 100, 2],
    ['two streams filled at their ends', 2, 2, WINDOW_BYTES / 4 - 10],
    ['two hundred streams with one byte far ahead', 200, 1, 2600],
  ];
  test.each(shapes)('%s', (_, ids, count, step) => {
    const bytes = heldBy((run) => {
      const server = createServer({}, 10 + run);
      const attacker = attackServer(server);
      deliver(attacker, gaps(IDS.slice(0, ids), count, step));
      if (ids === 200 && count === 1)
        deliver(
          attacker,
          IDS.map((id) => streamFrame(id, 2600, BYTE)),
        );
      expect(attacker.pump().closeCode).toBeUndefined();
      eventsOf(server);
      return [server, forget(attacker)];
    });
    expect(bytes).toBeLessThan(2 * WINDOW_BYTES + STREAMS_BYTES);
  });

  test('gaps on many streams are bounded together', () => {
    const attacker = attackServer(createServer());
    deliver(attacker, gaps(IDS.slice(0, 100), 50, 2));
    expect(attacker.pump().closeCode).toBe(TransportCode.InternalError);
  });

  test('streams that were read hold nothing, while the connection goes on', () => {
    const bytes = heldBy((run) => {
      const server = createServer({}, 20 + run);
      const attacker = attackServer(server);
      const into = new Uint8Array(65_536);
      for (const id of IDS) {
        deliver(
          attacker,
          Array.from({ length: 60 }, (_, i) => streamFrame(id, 1000 * i, new Uint8Array(1000))),
        );
        const stream = server.connection(0)!.stream(id)!;
        while (stream.read(into) > 0);
        attacker.nowUs += 1000;
        forget(attacker.pump());
      }
      eventsOf(server);
      return [server, attacker];
    });
    expect(bytes).toBeLessThan(WINDOW_BYTES + STREAMS_BYTES);
  });
});

describe('a connection that ended holds its end and no more', () => {
  /** A server's connection that sends, receives with gaps, and has packets in flight; then `end` happens. */
  const ended = (end: (attacker: Attacker, server: ReturnType<typeof createServer>) => void): number =>
    heldBy((run) => {
      const server = createServer({}, 30 + run);
      const attacker = attackServer(server);
      deliver(attacker, gaps(IDS.slice(0, 40), 100, 120));
      const connection = server.connection(0)!;
      const streams = IDS.slice(0, 40).map((id) => connection.stream(id)!);
      for (const stream of streams) stream.write(new Uint8Array(100_000));
      attacker.pump();
      end(attacker, server);
      attacker.pump();
      eventsOf(server);
      expect(connection.closeReason).toBeDefined();
      return [server, forget(attacker), streams];
    });

  test.each<[string, Parameters<typeof ended>[0]]>([
    ['the peer closes', (attacker) => attacker.send(APP, frame(FrameType.ConnectionClose, [0, 0, 0]))],
    ['the peer breaks a rule', (attacker) => attacker.send(APP, frame(0x21))],
    ['the program closes', (_, server) => server.connection(0)!.close()],
    ['nobody is heard any more', (attacker) => attacker.pass(200_000_000)],
  ])('%s', (_, end) => {
    expect(ended(end)).toBeLessThan(250 * KIB);
  });

  test('what arrived before can be read after it', () => {
    const server = createServer();
    const attacker = attackServer(server);
    const data = Uint8Array.from({ length: 3000 }, (_, i) => i);
    deliver(attacker, [
      streamFrame(0, 0, data.subarray(0, 1000)),
      streamFrame(0, 1000, data.subarray(1000, 2000)),
      streamFrame(0, 2100, data.subarray(2100)),
    ]);
    const stream = server.connection(0)!.stream(0)!;
    const into = new Uint8Array(5000);
    expect(stream.read(into.subarray(0, 500))).toBe(500);
    attacker.send(APP, frame(FrameType.ApplicationClose, [0, 0]));
    attacker.pump();
    expect(stream.readableBytes).toBe(1500);
    expect(stream.read(into)).toBe(1500);
    expect([...into.subarray(0, 1500)]).toEqual([...data.subarray(500, 2000)]);
    expect(stream.finished).toBe(false);
  });
});

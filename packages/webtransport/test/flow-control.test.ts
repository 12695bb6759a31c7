import { describe, expect, test } from '@jest/globals';
import { CapsuleType } from '@tsquic/webtransport/session';
import { Scene, StreamLog } from './scene.ts';

/** Limits that are reached soon, at both ends. */
const SMALL = { sessionWindowBytes: 20_000, maxSessionStreams: 4 };

/** Write everything, as room comes. */
class Feeder extends StreamLog {
  left: number;

  constructor(bytes: number) {
    super(undefined);
    this.left = bytes;
  }

  feed(): void {
    while (this.left > 0) {
      const piece = new Uint8Array(Math.min(this.left, 3000)).fill(0x61);
      const taken = this.stream!.write(piece, piece.length === this.left);
      this.left -= taken;
      if (taken < piece.length) return;
    }
  }

  override onWritable(): void {
    this.feed();
  }
}

describe('flow control of a session', () => {
  test('lets more through than the window holds, as it is read', () => {
    const scene = new Scene({ client: SMALL, server: SMALL });
    const { client, server } = scene.open();
    const feeders = [new Feeder(150_000), new Feeder(150_000)];
    for (const feeder of feeders) {
      feeder.stream = client.session!.openStream(true, feeder);
      feeder.feed();
    }
    scene.run(() => server.streams.length === 2 && server.streams.every(({ told }) => told.includes('end')));
    expect(server.streams.map(({ bytes }) => bytes.length)).toEqual([150_000, 150_000]);
  });

  test('holds back what nobody reads', () => {
    const scene = new Scene({ client: SMALL, server: SMALL });
    const { client, server } = scene.open();
    server.reads = false;
    const feeder = new Feeder(100_000);
    feeder.stream = client.session!.openStream(true, feeder);
    feeder.feed();
    scene.pass(500_000);
    expect(feeder.left).toBe(80_000);
    expect(server.streams[0]!.stream!.readableBytes).toBe(20_000);
    server.streams[0]!.read();
    scene.pass(500_000);
    // Credit is announced by halves of the window, and at once where the peer has none.
    expect(feeder.left).toBe(65_000);
  });

  test.each(['reset by the sender', 'stopped by the receiver'] as const)(
    'streams %s use no credit',
    (how) => {
      const scene = new Scene({ client: SMALL, server: SMALL });
      const { client, server } = scene.open();
      server.reads = false;
      for (let i = 0; i < 30; i++) {
        const feeder = new Feeder(100_000);
        feeder.stream = client.session!.openStream(i % 2 === 0, feeder);
        scene.run(
          () => (feeder.stream ??= client.session!.openStream(i % 2 === 0, feeder)) !== undefined,
          'a stream',
        );
        feeder.feed();
        if (i % 3 > 0) scene.run(() => server.streams.length > i, `stream ${i}`);
        if (how === 'reset by the sender' || i % 3 === 0) feeder.stream!.reset(1);
        if (i % 3 === 0) scene.run(() => server.streams.length > i, `stream ${i}`);
        server.streams[i]!.stream!.stopSending(2);
        server.streams[i]!.stream!.reset(2);
        feeder.stream!.stopSending(2);
        scene.pass(100_000);
      }
      scene.pass(500_000);
      server.reads = true;
      const last = new Feeder(60_000);
      last.stream = client.session!.openStream(true, last);
      scene.run(
        () => (last.stream ??= client.session!.openStream(true, last)) !== undefined,
        'the last stream',
      );
      last.feed();
      scene.run(() => server.streams.at(-1)!.told.includes('end'), 'its end');
      expect(server.streams.at(-1)!.bytes.length).toBe(60_000);
      expect([client.ends, server.ends]).toEqual([[], []]);
    },
  );

  test('streams are opened as others end', () => {
    const scene = new Scene({ client: SMALL, server: SMALL });
    const { client, server } = scene.open();
    const open = Array.from({ length: 4 }, () => scene.send(client, false, 'a', true));
    expect(client.session!.openStream(false, {})).toBeUndefined();
    // The limit of streams of one way is another.
    scene.send(client, true, 'b');
    scene.run(() => server.streams.length === 5);
    for (const stream of server.streams)
      if (!stream.stream!.unidirectional) stream.stream!.write(new Uint8Array(0), true);
    scene.run(() => client.told.includes('bidi available'), 'more streams');
    expect(open.every(({ told }) => told.includes('end'))).toBe(true);
    expect(client.session!.openStream(false, {})).toBeDefined();
  });

  test('is off where one side does not ask for it: its capsules mean nothing', () => {
    const scene = new Scene({ client: { dialects: ['07'] }, server: SMALL });
    const { client, server } = scene.open();
    server.reads = false;
    expect(scene.requests[0]!.head.protocol).toBe('webtransport');
    for (let i = 0; i < 10; i++) scene.send(client, true, 'x'.repeat(5000));
    scene.run(() => server.streams.length === 10);
    const connect = scene.clientEngine.stream(0)!;
    connect.write(Uint8Array.of(0x99, 0x0b, 0x4d, 0x3d, 1, 0));
    scene.pass(100_000);
    expect(CapsuleType.MaxData).toBe(0x190b4d3d);
    expect([client.ends, server.ends]).toEqual([[], []]);
  });
});

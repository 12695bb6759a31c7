import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatagramOutcome, QuicDatagrams } from 'tsquic';
import { takeEvents } from 'tsquic/events';
import { type ConnectedPair, connectedPair, dial, HOST, serve } from './endpoints.ts';
import { VirtualNetwork } from './virtual-network.ts';

const TAKES = { transport: { maxDatagramFrameBytes: 65_535 } };

let pair: ConnectedPair;
beforeAll(async () => {
  pair = await connectedPair(TAKES, TAKES);
  await pair.client.ready;
});
afterAll(() => pair.close());

async function next({ readable }: QuicDatagrams): Promise<Uint8Array | undefined> {
  const reader = readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value;
}

describe.each(['client', 'server'] as const)('datagrams of the %s', (side) => {
  const ends = (): [QuicDatagrams, QuicDatagrams] => {
    const { client, server } = pair;
    return side === 'client' ? [client.datagrams, server.datagrams] : [server.datagrams, client.datagrams];
  };

  test('come as chunks of a web stream, empty ones too', async () => {
    const [sender, receiver] = ends();
    const writer = sender.writable.getWriter();
    for (const size of [3, 0, 1000]) {
      await writer.write(new Uint8Array(size).fill(size));
      expect(await next(receiver)).toEqual(new Uint8Array(size).fill(size));
    }
    writer.releaseLock();
  });

  test('go and come by plain calls', async () => {
    const [sender, receiver] = ends();
    const outcomes: DatagramOutcome[] = [];
    await new Promise<void>((resolve) => {
      const onOutcome = (outcome: DatagramOutcome): void => {
        outcomes.push(outcome);
        resolve();
      };
      expect(sender.send(Uint8Array.of(1, 2), { onOutcome })).toBe(true);
    });
    expect(outcomes).toEqual(['acknowledged']);
    expect(receiver.receive()).toEqual(Uint8Array.of(1, 2));
    expect(receiver.receive()).toBeUndefined();
  });

  test('made while packets are built', async () => {
    const [sender, receiver] = ends();
    let made = 0;
    sender.setSource((room) => {
      if (made === 3) return undefined;
      room[0] = made++;
      return { bytes: 1 };
    });
    for (const expected of [0, 1, 2]) expect(await next(receiver)).toEqual(Uint8Array.of(expected));
  });

  test('of another size than fits are refused, and dropped by the stream', async () => {
    const [sender] = ends();
    expect(sender.maxDatagramSize).toBeGreaterThan(1100);
    const tooLarge = new Uint8Array(sender.maxDatagramSize + 1);
    expect(sender.send(tooLarge)).toBe(false);
    const writer = sender.writable.getWriter();
    await writer.write(tooLarge);
    writer.releaseLock();
  });

  test('that are too old are not sent', async () => {
    const [sender, receiver] = ends();
    const outcome = await new Promise((resolve) => {
      expect(sender.send(Uint8Array.of(1), { maxAge: 0, onOutcome: resolve })).toBe(true);
    });
    expect(outcome).toBe('expired');
    expect(receiver.receive()).toBeUndefined();
  });

  test.each([
    ['maxAge', { maxAge: -1 }],
    ['maxAge', { maxAge: 'now' as unknown as number }],
    ['onOutcome', { onOutcome: 5 as unknown as () => void }],
    ['priority', { priority: 5 } as object],
  ])('with an option %s that is none are a mistake', (_name, options) => {
    const [sender] = ends();
    expect(() => sender.send(new Uint8Array(1), options)).toThrow(
      expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }),
    );
  });

  test.each([
    ['incomingMaxAge', [null, 5, 0.5], [-1, Number.NaN]],
    ['outgoingMaxAge', [null, 5, 0.5], [-1, Number.NaN]],
    ['incomingHighWaterMark', [1, 7, Infinity], [-1, Number.NaN]],
    ['outgoingHighWaterMark', [1, 7, Infinity], [-1, Number.NaN]],
  ] as const)('%s takes what WebTransport takes', (name, good, bad) => {
    const [sender] = ends();
    const before = sender[name];
    for (const value of good) {
      (sender as unknown as Record<string, unknown>)[name] = value;
      expect(sender[name]).toBe(value);
    }
    for (const value of bad)
      expect(() => {
        (sender as unknown as Record<string, unknown>)[name] = value;
      }).toThrow(RangeError);
    (sender as unknown as Record<string, unknown>)[name] = 0;
    expect(sender[name]).toBe(name.endsWith('Age') ? null : 1);
    (sender as unknown as Record<string, unknown>)[name] = before;
  });
});

test('those that wait to be read are bounded by the mark, the oldest go', async () => {
  const { client, server } = pair;
  const { datagrams } = server;
  datagrams.incomingHighWaterMark = 3;
  for (let i = 0; i < 10; i++) {
    const told = new Promise((resolve) => client.datagrams.send(Uint8Array.of(i), { onOutcome: resolve }));
    expect(await told).toBe('acknowledged');
  }
  const read: number[] = [];
  for (let data = datagrams.receive(); data !== undefined; data = datagrams.receive()) read.push(data[0]!);
  expect(read).toEqual([7, 8, 9]);
  datagrams.incomingHighWaterMark = 1024;
});

test('those of the stream that wait too long are dropped at their time, whatever else happens', async () => {
  const network = new VirtualNetwork();
  const { clock, unixTimeAtZeroUs } = network;
  const shared = {
    clock,
    unixTimeAtZeroUs,
    transport: { ...TAKES.transport, maxCongestionWindowBytes: 2400 },
  };
  const listener = await serve(undefined, { ...shared, socket: network.openPort('192.0.2.2') });
  const socket = network.openPort('192.0.2.1');
  const dialled = dial(listener, { ...shared, host: '192.0.2.2', servername: HOST, socket });
  const connection = await network.until(dialled);
  const { datagrams } = connection;
  await network.until(connection.ready);
  // The window is full, nobody hears, and no probe is due in the next milliseconds.
  network.isCut = true;
  const { writable } = await connection.openStream();
  void writable.getWriter().write(new Uint8Array(100_000));
  await network.pass(1000);
  datagrams.outgoingMaxAge = 5;
  const writer = datagrams.writable.getWriter();
  await writer.write(Uint8Array.of(0));
  const begunUs = clock.nowUs();
  await network.until(writer.write(Uint8Array.of(1)));
  expect(clock.nowUs() - begunUs).toBe(5001);
  expect(datagrams.statistics().sent).toBe(0);
  // Another age counts for those that wait, too.
  datagrams.outgoingMaxAge = null;
  void writer.write(Uint8Array.of(2));
  const waits = writer.write(Uint8Array.of(3));
  const againUs = clock.nowUs();
  datagrams.outgoingMaxAge = 2;
  await network.until(waits);
  expect(clock.nowUs() - againUs).toBe(2001);
  // A higher mark lets the write resolve that waits.
  datagrams.outgoingMaxAge = null;
  void writer.write(Uint8Array.of(4));
  const held = writer.write(Uint8Array.of(5));
  await network.pass(1);
  const raisedUs = clock.nowUs();
  datagrams.outgoingHighWaterMark = 5;
  await network.until(held);
  expect(clock.nowUs()).toBe(raisedUs);
  await network.until(Promise.all([connection.close(), listener.close()]));
  expect(network.armed).toBe(0);
});

test('datagrams have a priority among streams', () => {
  const { datagrams } = pair.client;
  expect(datagrams.priority).toBe(8);
  datagrams.priority = 3;
  expect(datagrams.priority).toBe(3);
  for (const none of [-1, 256, 0.5, '3' as unknown as number])
    expect(() => (datagrams.priority = none)).toThrow(
      expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }),
    );
  datagrams.priority = 8;
});

test('a chunk that is no bytes is a TypeError', async () => {
  const other = await connectedPair(TAKES, TAKES);
  const writer = other.client.datagrams.writable.getWriter();
  await expect(writer.write('text' as unknown as Uint8Array)).rejects.toMatchObject({
    name: 'TypeError',
    code: 'ERR_QUIC_INVALID_CHUNK',
  });
  expect(() => other.client.datagrams.send('text' as unknown as Uint8Array)).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_QUIC_INVALID_CHUNK' }),
  );
  expect(other.client.datagrams.statistics()).toMatchObject({ sent: 0, waitingOutgoing: 0 });
  await other.close();
});

test('a peer that takes none is told by the size', async () => {
  const other = await connectedPair(TAKES, {});
  await other.client.ready;
  expect(other.client.datagrams.maxDatagramSize).toBe(0);
  expect(other.client.datagrams.send(new Uint8Array(0))).toBe(false);
  await other.close();
});

describe('the end of the connection', () => {
  test('ends the reading when it was in good order, and fails the writing', async () => {
    const { client, server, close } = await connectedPair(TAKES, TAKES);
    const read = next(server.datagrams);
    const writer = server.datagrams.writable.getWriter();
    await client.close();
    expect(await read).toBeUndefined();
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_QUIC_APPLICATION' });
    expect(server.datagrams.send(new Uint8Array(1))).toBe(false);
    expect(server.datagrams.maxDatagramSize).toBe(0);
    // Who asks for the first time now finds an end as well.
    expect(await next(client.datagrams)).toBeUndefined();
    await close();
  });

  test('with a code fails neither program that does not look', async () => {
    const { client, server, close } = await connectedPair(TAKES, TAKES);
    const read = next(server.datagrams);
    await client.close({ code: 7 });
    await expect(server.closed).resolves.toMatchObject({ code: 7 });
    expect(await read).toBeUndefined();
    await close();
  });
});

test('who takes the events over hears of datagrams', async () => {
  const { client, server, close } = await connectedPair(TAKES, TAKES);
  const heard = new Promise<Uint8Array | undefined>((resolve) => {
    takeEvents(server, ({ handle }) => ({ onDatagramReadable: () => resolve(handle.datagrams.receive()) }));
  });
  expect(client.datagrams.send(Uint8Array.of(42))).toBe(true);
  expect(await heard).toEqual(Uint8Array.of(42));
  await close();
});

import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type OpenStreamOptions,
  type QuicConnection,
  type QuicSendGroup,
  type QuicStream,
  QuicStreamError,
} from 'tsquic';
import { type ConnectedPair, connectedPair, dial, HOST, receive, send, serve } from './endpoints.ts';
import { VirtualNetwork } from './virtual-network.ts';

let pair: ConnectedPair | undefined;

afterEach(async () => {
  await pair?.close();
  pair = undefined;
});

async function open(): Promise<ConnectedPair> {
  pair = await connectedPair();
  return pair;
}

async function nextStream(connection: QuicConnection): Promise<QuicStream> {
  for await (const stream of connection) return stream;
  throw new Error('no stream came');
}

test('a priority is an option, a property and a call', async () => {
  const { client } = await open();
  expect((await client.openStream()).priority).toBe(8);
  const stream = await client.openStream({ priority: 3 });
  expect(stream.priority).toBe(3);
  stream.setPriority({ urgency: 1, incremental: true });
  expect(stream.priority).toBe(4);
  expect((await client.openStream({ priority: { urgency: 3 } })).priority).toBe(9);
});

test.each<object>([
  { priority: -1 },
  { priority: 256 },
  { priority: 'high' },
  { priority: { urgency: 8 } },
  { highWaterMark: 0 },
  { highWaterMark: 1.5 },
])('openStream refuses %j, and opens none', async (options) => {
  const { client } = await open();
  await expect(client.openStream(options)).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
  expect((await client.openStream()).id).toBe(0);
});

test('setPriority refuses what is none', async () => {
  const { client } = await open();
  const stream = await client.openStream();
  for (const priority of [300, { urgency: -1 }])
    expect(() => stream.setPriority(priority)).toThrow(
      expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }),
    );
});

test('desiredSize counts down from the high-water mark, and QUIC holds no more than that', async () => {
  const { client } = await open();
  const stream = await client.openStream({ unidirectional: true, highWaterMark: 5000 });
  const writer = stream.writable.getWriter();
  expect(writer.desiredSize).toBe(5000);
  // Nothing leaves before this turn ends: the first write fills QUIC and waits there with the rest.
  void writer.write(new Uint8Array(9000));
  expect(writer.desiredSize).toBe(-4000);
  await Promise.resolve();
  expect(stream.bytesWritten).toBeLessThanOrEqual(5000);
  await writer.ready;
  expect(writer.desiredSize).toBeGreaterThan(0);
  await writer.close();
  expect(stream.bytesWritten).toBe(9000);
});

test('resetAt lets the first bytes arrive, then tells of the reset', async () => {
  const { client, server } = await open();
  const stream = await client.openStream({ unidirectional: true });
  const writer = stream.writable.getWriter();
  await writer.write(Uint8Array.from({ length: 3000 }, (_, i) => i & 0xff));
  expect(stream.bytesWritten).toBe(3000);
  expect(() => stream.resetAt(3001)).toThrow(expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }));
  expect(stream.resetAt(1000, new QuicStreamError(7))).toBe(true);
  await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ errorCode: 7 });
  const reader = (await nextStream(server)).readable.getReader();
  let length = 0;
  const readAll = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      expect(value[0]).toBe(length & 0xff);
      length += value.length;
    }
  };
  await expect(readAll()).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_RESET', errorCode: 7 });
  expect(length).toBeGreaterThanOrEqual(1000);
  expect(stream.resetAt(500)).toBe(true);
});

test('resetAt does nothing where the other side does not understand it', async () => {
  pair = await connectedPair({}, { transport: { reliableReset: false } });
  const stream = await pair.client.openStream({ unidirectional: true });
  const writer = stream.writable.getWriter();
  await writer.write(new Uint8Array(100));
  expect(stream.resetAt(50)).toBe(false);
  await writer.close();
});

describe('sendOrder', () => {
  const prioritiesOf = (streams: readonly QuicStream[]): number[] => streams.map(({ priority }) => priority);

  test('has higher numbers of a group first, and groups side by side', async () => {
    const { client, close } = await connectedPair();
    const open = (sendOrder: number, sendGroup: QuicSendGroup | null = null): Promise<QuicStream> =>
      client.openStream({ sendOrder, sendGroup });
    const [left, right] = [client.createSendGroup(), client.createSendGroup()];
    const streams = await Promise.all([
      open(5),
      open(-7),
      open(5),
      open(2 ** 40),
      open(3, left),
      open(9, left),
      open(1, right),
    ]);
    // 2^40, then both 5, then -7; 9 then 3; 1.
    expect(prioritiesOf(streams)).toEqual([10, 12, 10, 8, 10, 8, 8]);
    expect(streams.map(({ sendOrder }) => sendOrder)).toEqual([5, -7, 5, 2 ** 40, 3, 9, 1]);
    expect(streams.map(({ sendGroup }) => sendGroup)).toEqual([null, null, null, null, left, left, right]);
    const [first, , third, fourth, , sixth] = streams as [QuicStream, ...QuicStream[]];
    fourth!.destroy();
    sixth!.sendOrder = 2;
    third!.sendGroup = right;
    await expect(fourth!.closed).rejects.toBeDefined();
    while (first.priority !== 8) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(prioritiesOf(streams).filter((_, index) => index !== 3)).toEqual([8, 10, 8, 8, 10, 10]);
    await close();
  });

  test('gives way to a priority, and gives it back', async () => {
    const { client, close } = await connectedPair();
    const [high, low] = [await client.openStream(), await client.openStream({ priority: 3 })];
    high.sendOrder = 2;
    low.sendOrder = 1;
    expect(prioritiesOf([high, low])).toEqual([8, 10]);
    high.setPriority(77);
    expect([high.sendOrder, ...prioritiesOf([high, low])]).toEqual([null, 77, 8]);
    low.sendOrder = null;
    expect(low.priority).toBe(3);
    await close();
  });

  test('of more numbers than there are priorities has the lowest take turns', async () => {
    const { client, close } = await connectedPair({}, { transport: { maxBidirectionalStreams: 200 } });
    const streams: QuicStream[] = [];
    for (let sendOrder = 0; sendOrder < 150; sendOrder++)
      streams.push(await client.openStream({ sendOrder }));
    const priorities = prioritiesOf(streams).reverse();
    expect(priorities.slice(0, 124)).toEqual(Array.from({ length: 124 }, (_, rank) => 8 + 2 * rank));
    expect(new Set(priorities.slice(123))).toEqual(new Set([254]));
    await close();
  });

  test('may change while streams are sent', async () => {
    const network = new VirtualNetwork();
    const { clock, unixTimeAtZeroUs } = network;
    const shared = { clock, unixTimeAtZeroUs };
    const over: string[] = [];
    const listener = await serve(
      async (connection) => {
        for await (const stream of connection)
          void receive(stream.readable).then((text) => over.push(`${text[0]}${text.length}`));
      },
      { ...shared, socket: network.openPort('192.0.2.2') },
    );
    const socket = network.openPort('192.0.2.1');
    const client = await network.until(
      dial(listener, { ...shared, host: '192.0.2.2', servername: HOST, socket }),
    );
    await network.until(client.ready);
    const streams: QuicStream[] = [];
    const sent: Promise<void>[] = [];
    for (const [sendOrder, name] of ['a', 'b', 'c'].entries()) {
      const stream = await client.openStream({ sendOrder, unidirectional: true });
      streams.push(stream);
      sent.push(send(stream.writable, name.repeat(200_000)));
    }
    // The one that was last is first now.
    streams[0]!.sendOrder = 3;
    await network.until(Promise.all(sent));
    expect(over).toEqual(['a200000', 'c200000', 'b200000']);
    await network.until(Promise.all([client.close(), listener.close()]));
  });

  test('of wrong kinds is a mistake', async () => {
    const { client, server, close } = await connectedPair();
    const wrong: unknown = expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' });
    for (const options of [{ sendOrder: 0.5 }, { sendGroup: {} }, { sendOrder: 1, priority: 2 }])
      await expect(client.openStream(options as OpenStreamOptions)).rejects.toEqual(wrong);
    const stream = await client.openStream();
    expect(() => (stream.sendOrder = Number.NaN)).toThrow(wrong as Error);
    expect(() => (stream.sendGroup = server.createSendGroup())).toThrow(wrong as Error);
    expect([stream.sendOrder, stream.sendGroup]).toEqual([null, null]);
    await close();
  });
});

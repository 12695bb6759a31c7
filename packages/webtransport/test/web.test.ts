import process from 'node:process';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WebTransport, WebTransportError } from '@tsquic/webtransport';
import { bytes, Endpoints, rejection, send, textOf } from './endpoints.ts';

let endpoints: Endpoints;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await endpoints?.end();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onUnhandled);
  if (unhandled.length > 0) throw new Error('a rejection was not handled', { cause: unhandled[0] });
});

async function take<T>(readable: ReadableStream<T>): Promise<T> {
  const reader = readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value!;
}

describe('a session', () => {
  test('carries streams of every kind both ways', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    expect([client.reliability, server.reliability, client.protocol]).toEqual([
      'supports-unreliable',
      'supports-unreliable',
      '',
    ]);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      await send(await from.createUnidirectionalStream(), 'one way');
      expect(await textOf(await take(to.incomingUnidirectionalStreams))).toBe('one way');
      const stream = await from.createBidirectionalStream();
      await send(stream.writable, 'there');
      const other = await take(to.incomingBidirectionalStreams);
      expect(await textOf(other.readable)).toBe('there');
      await send(other.writable, 'back');
      expect(await textOf(stream.readable)).toBe('back');
      expect(await stream.writable.getStats()).toEqual({
        bytesWritten: 5,
        bytesSent: 5,
        bytesAcknowledged: 5,
      });
      expect(await stream.readable.getStats()).toEqual({ bytesReceived: 4, bytesRead: 4 });
    }
  });

  test('opens streams that wait as soon as the connection has room for them again', async () => {
    const transport = { maxUnidirectionalStreams: 10, maxBidirectionalStreams: 10 };
    endpoints = await Endpoints.begin({}, undefined, { transport });
    const [client, server] = await endpoints.open();
    const wanted = Array.from({ length: 40 }, (_, index) => `stream ${index}`);
    const waiting = { waitUntilAvailable: true };
    const both = wanted.map(async (text) => {
      const stream = await client.createBidirectionalStream(waiting);
      await send(stream.writable, text);
      return textOf(stream.readable);
    });
    const one = wanted.map(async (text) => send(await client.createUnidirectionalStream(waiting), text));
    const oneWay: string[] = [];
    const readers = [
      server.incomingBidirectionalStreams.getReader(),
      server.incomingUnidirectionalStreams.getReader(),
    ] as const;
    for (let index = 0; index < wanted.length; index++) {
      const { readable, writable } = (await readers[0].read()).value!;
      void readable.pipeTo(writable);
      oneWay.push(await textOf((await readers[1].read()).value!));
    }
    expect(await Promise.all(both)).toEqual(wanted);
    await Promise.all(one);
    expect(oneWay.sort()).toEqual([...wanted].sort());
  });

  test('carries datagrams both ways', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    expect(client.datagrams.maxDatagramSize).toBeGreaterThan(1000);
    const writer = client.datagrams.createWritable().getWriter();
    const legacy = server.datagrams.writable.getWriter();
    await writer.write(bytes('ping'));
    expect(await take(server.datagrams.readable)).toEqual(bytes('ping'));
    await legacy.write(bytes('pong').buffer as ArrayBuffer);
    expect(await take(client.datagrams.readable)).toEqual(bytes('pong'));
    // One that is too large is dropped.
    await writer.write(new Uint8Array(70_000));
    expect(await rejection(writer.write('text' as never))).toBeInstanceOf(TypeError);
  });

  test('keeps the newest datagrams, as many and as long as the program says', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const { datagrams } = client;
    datagrams.incomingHighWaterMark = 2;
    const writer = server.datagrams.createWritable().getWriter();
    const dropped = async (): Promise<number> => (await client.getStats()).datagrams.droppedIncoming;
    let last = 0;
    while ((await dropped()) < 20) await writer.write(Uint8Array.of(++last));
    const reader = datagrams.readable.getReader();
    expect((await reader.read()).value![0]).toBeGreaterThan(15);
    datagrams.incomingMaxAge = 1;
    await writer.write(Uint8Array.of(200));
    while ((await client.getStats()).datagrams.expiredIncoming === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      void reader.read();
      await writer.write(Uint8Array.of(201));
    }
    expect(() => (datagrams.incomingMaxAge = -1)).toThrow(RangeError);
    expect(() => (datagrams.outgoingHighWaterMark = Number.NaN)).toThrow(RangeError);
    [datagrams.outgoingMaxAge, datagrams.incomingMaxAge] = [0, null];
    expect([datagrams.outgoingMaxAge, datagrams.incomingMaxAge]).toEqual([null, null]);
  });

  test('carries megabytes, at the pace of the reader', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const stream = await client.createUnidirectionalStream();
    const writer = stream.getWriter();
    const sent = (async () => {
      for (let i = 0; i < 24; i++) {
        await writer.ready;
        void writer.write(new Uint8Array(65_536).fill(i));
      }
      await writer.close();
    })();
    const incoming = await take(server.incomingUnidirectionalStreams);
    const reader = incoming.getReader({ mode: 'byob' });
    let count = 0;
    let view = new Uint8Array(50_000);
    for (;;) {
      const { value, done } = await reader.read(view);
      if (done) break;
      for (const byte of value)
        if (byte !== Math.floor(count++ / 65_536)) throw new Error(`byte ${count} is wrong`);
      view = new Uint8Array(value.buffer as ArrayBuffer);
    }
    expect(count).toBe(24 * 65_536);
    await sent;
  });

  test.each(['client', 'server'] as const)('is closed by the %s', async (side) => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const stream = await client.createBidirectionalStream();
    const info = { closeCode: 7, reason: 'bye' };
    (side === 'client' ? client : server).close(info);
    expect(await client.closed).toEqual(info);
    expect(await server.closed).toEqual(info);
    expect((await client.incomingUnidirectionalStreams.getReader().read()).done).toBe(true);
    const error = await rejection(stream.readable.getReader().read());
    expect(error).toMatchObject({ name: 'WebTransportError', source: 'session', streamErrorCode: null });
    expect(await rejection(client.createBidirectionalStream())).toMatchObject({ name: 'InvalidStateError' });
    expect(() => server.createSendGroup()).toThrow(/ended/);
    expect(client.explain()).toMatchObject({ state: 'closed', summary: expect.stringContaining('7: bye') });
    client.close();
  });

  test('is asked to come to its end', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    server.drain();
    await client.draining;
    expect(client.explain().state).toBe('connected');
  });

  test('tells codes of streams', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const stream = await client.createBidirectionalStream();
    await stream.writable.getWriter().write(bytes('x'));
    const other = await take(server.incomingBidirectionalStreams);
    const reader = other.readable.getReader();
    await reader.read();
    void stream.writable.abort(new WebTransportError('', { streamErrorCode: 42 })).catch(() => {});
    void stream.readable.cancel(new WebTransportError('', { streamErrorCode: 43 }));
    // The writer holds the stream: it is given up there.
    const sending = await client.createUnidirectionalStream();
    const writer = sending.getWriter();
    await writer.write(bytes('y'));
    void writer.abort(new WebTransportError('', { streamErrorCode: 42 }));
    const receiving = (await take(server.incomingUnidirectionalStreams)).getReader();
    const read = (async () => {
      for (;;) if ((await receiving.read()).done) return;
    })();
    expect(await rejection(read)).toMatchObject({ source: 'stream', streamErrorCode: 42 });
    const back = other.writable.getWriter();
    expect(await rejection(back.closed)).toMatchObject({ source: 'stream', streamErrorCode: 43 });
  });

  test('orders what is sent', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const group = client.createSendGroup();
    const stream = await client.createUnidirectionalStream({ sendOrder: 5, sendGroup: group });
    expect([stream.sendOrder, stream.sendGroup]).toEqual([5, group]);
    stream.sendOrder = 1.9;
    expect(stream.sendOrder).toBe(1);
    stream.sendGroup = null;
    expect(stream.sendGroup).toBeNull();
    const foreign = server.createSendGroup();
    expect(() => (stream.sendGroup = foreign)).toThrow(/another session/);
    expect(await rejection(client.createUnidirectionalStream({ sendGroup: foreign }))).toMatchObject({
      name: 'InvalidStateError',
    });
    stream.sendGroup = group;
    await stream.getWriter().write(bytes('abc'));
    expect((await group.getStats()).bytesWritten).toBe(3);
  });

  test('agrees on a protocol, and has fields of its own', async () => {
    const asked: unknown[] = [];
    endpoints = await Endpoints.begin({
      protocols: ['two', 'three'],
      accept: ({ url, path, origin, headers, protocols, dialect }) => {
        asked.push({
          path,
          origin,
          cookie: headers.get('x-mine'),
          protocols,
          dialect,
          host: new URL(url).hostname,
        });
        return true;
      },
    });
    const client = endpoints.client(
      { protocols: ['one', 'two'], headers: { 'x-mine': 'a' } },
      '/chat?room=1',
    );
    await client.ready;
    expect(client.protocol).toBe('two');
    expect(asked).toEqual([
      {
        path: '/chat',
        origin: undefined,
        cookie: 'a',
        protocols: ['one', 'two'],
        dialect: '15',
        host: '127.0.0.1',
      },
    ]);
  });

  test('exports keying material that both ends have, and no other session', async () => {
    endpoints = await Endpoints.begin();
    const [client, server] = await endpoints.open();
    const [one, two] = [client, server].map((end) => end.exportKeyingMaterial(32, 'label', bytes('context')));
    expect(one).toEqual(two);
    expect(client.exportKeyingMaterial(32, 'other')).not.toEqual(one);
    expect((await client.getStats()).packetsSent).toBeGreaterThan(0);
  });
});

test.each([
  ['throws', 'a handler of WebTransport failed: planted', 1],
  ['waits for a peer that leaves', undefined, 3],
])('a handler that %s', async (how, warning, closeCode) => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  endpoints = await Endpoints.begin({}, async (session) => {
    if (how === 'throws') throw new Error('planted');
    await session.createBidirectionalStream();
    const reader = session.incomingUnidirectionalStreams.getReader();
    await reader.read();
    await session.createUnidirectionalStream();
  });
  const [client, server] = await endpoints.open();
  if (how !== 'throws') client.close({ closeCode: 3 });
  expect((await client.closed).closeCode).toBe(closeCode);
  await server.closed;
  await new Promise((resolve) => setImmediate(resolve));
  const warned = warn.mock.calls.map(([message]) => message);
  warn.mockRestore();
  expect(warned).toEqual(warning === undefined ? [] : [warning]);
});

describe('what does not begin', () => {
  test.each([
    ['https://a.example/#', {}, 'SyntaxError'],
    ['https://a.example/#x', {}, 'SyntaxError'],
    ['http://a.example/', {}, 'SyntaxError'],
    ['no url', {}, 'SyntaxError'],
    ['https://a.example/', { protocols: ['a', 'a'] }, 'SyntaxError'],
    ['https://a.example/', { protocols: [''] }, 'SyntaxError'],
    ['https://a.example/', { protocols: ['ä'] }, 'SyntaxError'],
    [
      'https://a.example/',
      { allowPooling: true, serverCertificateHashes: [{ algorithm: 'sha-256', value: new Uint8Array(32) }] },
      'NotSupportedError',
    ],
  ])('%s %j throws', (url, options, name) => {
    expect(() => new WebTransport(url, options)).toThrow(expect.objectContaining({ name }));
  });

  test.each([
    ['an origin of another host', { headers: { origin: 'https://evil.example' } }, {}, '403'],
    ['what accept refuses', {}, { accept: () => 404 }, '404'],
    ['what accept denies', {}, { accept: () => false }, '403'],
    [
      'a program that fails',
      {},
      {
        accept: () => {
          throw new Error('planted');
        },
      },
      '500',
    ],
  ])('%s', async (_name, options, server, status) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    endpoints = await Endpoints.begin(server);
    const client = endpoints.client(options);
    const error = await rejection(client.ready);
    expect(error).toMatchObject({ name: 'WebTransportError', source: 'session' });
    expect(error.message).toContain(status);
    expect(await rejection(client.closed)).toBe(error);
    expect(client.explain()).toMatchObject({ state: 'failed', summary: expect.stringContaining(status) });
    expect(await rejection(client.incomingUnidirectionalStreams.getReader().read())).toBe(error);
    const warned = warn.mock.calls.map(([message]) => message);
    warn.mockRestore();
    expect(warned).toEqual(status === '500' ? ['accept of WebTransport failed: planted'] : []);
    expect(endpoints.lines.length).toBe(status === '500' ? 0 : 1);
  });

  test('a certificate whose hash is another; the server says why', async () => {
    endpoints = await Endpoints.begin();
    const client = endpoints.client({
      serverCertificateHashes: [
        { algorithm: 'sha-512', value: endpoints.hash },
        { algorithm: 'sha-256', value: new Uint8Array(32) },
      ],
    });
    const error = await rejection(client.ready);
    expect(error.message).toContain('none of serverCertificateHashes');
    while (endpoints.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(endpoints.lines[0]).toContain('refused the certificate: TLS alert 46');
  });

  test('one that the program closes at once', async () => {
    endpoints = await Endpoints.begin();
    const client = endpoints.client();
    const stream = client.createUnidirectionalStream();
    client.close();
    expect(await rejection(client.ready)).toMatchObject({ name: 'WebTransportError' });
    expect(await rejection(stream)).toMatchObject({ name: 'InvalidStateError' });
    client.close();
  });

  test('a server that is not there', async () => {
    endpoints = await Endpoints.begin();
    const url = endpoints.url();
    await endpoints.server.close();
    const client = new WebTransport(url, { connection: { transport: { handshakeTimeoutMs: 500 } } });
    expect(await rejection(client.closed)).toMatchObject({ name: 'WebTransportError', source: 'session' });
  });
});

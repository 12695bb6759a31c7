import { expect, test } from '@jest/globals';
import type { Http3Tracer } from '@tsquic/http3';
import type { Tracer } from '@tsquic/quic-core';
import { type Http3Extension, type Http3Session } from 'tsquic/http3';
import { ask, Scene } from './scene.ts';

test('a handler answers requests, several at once', async () => {
  const scene = await Scene.create(async (request) => {
    const { method, url } = request;
    return new Response(`${method} ${url} ${await request.text()}`, { headers: { 'x-a': 'b' } });
  });
  const session = await scene.connect();
  const answers = await scene.until(
    Promise.all([
      ask(session, { path: '/one?two' }),
      ask(session, { method: 'POST', content: 'x'.repeat(300_000) }),
    ]),
  );
  expect(answers[0]).toMatchObject({
    status: 200,
    text: 'GET https://localhost/one?two ',
    fields: { 'x-a': 'b' },
  });
  expect(answers[1]!.text).toHaveLength('POST https://localhost/ '.length + 300_000);
  expect(answers[0]!.fields['date']).toMatch(/GMT$/);
  await scene.until(session.finish());
  await scene.until(scene.server.finish());
});

test('a connection of HTTP/3 carries what an extension adds: CONNECT, streams both ways, datagrams', async () => {
  const log: string[] = [];
  const extension = (name: string): Http3Extension => ({
    settings: new Map([[0x2b60, 7]]),
    ...{ streamTypes: [0x54], bidirectionalTypes: [0x41], datagrams: true },
    onSession: () => ({
      onSettings: (settings) => void log.push(`${name} settings ${settings.get(0x2b60)}`),
      onConnect: (stream, head) => {
        if (head.protocol !== 'test') return undefined;
        stream.respond({ status: 200, fields: [] });
        return {
          onDatagram: () => void stream.sendDatagram(stream.receiveDatagram()!),
          onContent: () => {
            const bytes = new Uint8Array(100);
            stream.write(bytes.subarray(0, stream.read(bytes)));
          },
          onEnd: () => void stream.write(new Uint8Array(0), true),
        };
      },
      onExtensionStream: (stream, type) => {
        const bytes = new Uint8Array(100);
        return {
          onReadable: () => {
            const count = stream.read(bytes);
            log.push(`${name} stream ${type.toString(16)} ${count} ${stream.finished}`);
            if (stream.finished && (stream.id & 2) === 0 && name === 'server')
              stream.write(bytes.subarray(0, count), true);
          },
        };
      },
      onClosed: ({ kind }) => void log.push(`${name} closed ${kind}`),
    }),
  });
  const scene = await Scene.create(() => new Response('page'), { extensions: [extension('server')] });
  const session = await scene.connect({ extensions: [extension('client')] });
  expect((await scene.until(session.settled)).get(0x08)).toBe(1);
  const told: string[] = [];
  const connect = (protocol: string): Promise<string> =>
    scene.until(
      new Promise<string>((resolve) => {
        const head = {
          method: 'CONNECT',
          scheme: 'https',
          authority: 'localhost',
          path: '/',
          protocol,
          fields: [],
        };
        const stream = session.request(
          head,
          {},
          {
            onResponse: ({ status }) => {
              told.push(`status ${status}`);
              if (status !== 200) return resolve('refused');
              stream.sendDatagram(Uint8Array.of(1, 2, 3));
              stream.write(Uint8Array.of(4, 5), true);
            },
            onDatagram: () => void told.push(`datagram ${String(stream.receiveDatagram())}`),
            onContent: () => {
              const bytes = new Uint8Array(10);
              told.push(`content ${String(bytes.subarray(0, stream.read(bytes)))}`);
            },
            onEnd: () => resolve('end'),
          },
        )!;
      }),
    );
  expect(await connect('other')).toBe('refused');
  expect(await connect('test')).toBe('end');
  expect(told).toEqual(['status 501', 'status 200', 'datagram 1,2,3', 'content 4,5']);
  // Streams of the extension, raw and as web streams.
  const uni = session.openStream({ unidirectional: true }, {})!;
  uni.write(Uint8Array.of(0x40, 0x54, 9), true);
  session.wake();
  const bidi = session.webStream(session.openStream({}, {})!);
  const writer = bidi.writable.getWriter();
  void writer.write(Uint8Array.of(0x40, 0x41, 1, 2, 3));
  void writer.close();
  const { value } = await scene.until(bidi.readable.getReader().read());
  expect([...value!]).toEqual([1, 2, 3]);
  // A server opens a stream of the extension, and one of a type that nobody knows.
  const [server] = scene.server.sessions as unknown as Set<Http3Session>;
  const down = server!.openStream({ unidirectional: true }, {})!;
  down.write(Uint8Array.of(0x40, 0x54, 8, 8), true);
  server!.wake();
  expect((await scene.until(ask(session))).text).toBe('page');
  await scene.until(session.close());
  await scene.until(scene.server.close());
  expect(log).toEqual([
    ...['client settings 7', 'server settings 7', 'server stream 54 1 true', 'server stream 41 3 true'],
    ...['client stream 54 2 true', 'client closed application', 'server closed application'],
  ]);
});

test('the tracer of a connection that knows HTTP/3 makes one for each session, unless the program names another', async () => {
  const told: string[] = [];
  const named = (name: string): Http3Tracer => ({
    onFrameCreated: (streamId, { type }) => told.push(`${name} ${streamId} ${type}`),
  });
  const tracer = {
    http3TracerOf: (connection: number, nowUs: () => number) => named(`${connection} at ${nowUs() > 0}`),
  } as Tracer;
  const scene = await Scene.create(() => new Response('x'), { core: { tracer } });
  const first = await scene.connect();
  await scene.until(ask(first));
  const second = await scene.connect({ core: { tracer }, http3: { tracer: named('own') } });
  await scene.until(ask(second));
  const headers = told.filter((line) => line.endsWith(' 0 headers'));
  // Each connection of the server has a number of its own.
  expect(headers).toEqual([
    expect.stringMatching(/^\d+ at true 0 headers$/),
    'own 0 headers',
    expect.stringMatching(/^\d+ at true 0 headers$/),
  ]);
  expect(headers[0]).not.toBe(headers[2]);
  await scene.until(first.close());
  await scene.until(second.close());
  await scene.until(scene.server.close());
});

test.each([true, false])(
  'an extension hears that it may open streams again, unidirectional: %s',
  async (unidirectional) => {
    const reading: Http3Extension = {
      ...{ streamTypes: [0x54], bidirectionalTypes: [0x41] },
      onSession: () => ({
        onExtensionStream: (stream) => ({
          onReadable: () => {
            stream.read(new Uint8Array(100));
            if (!unidirectional && stream.finished) stream.write(new Uint8Array(0), true);
          },
        }),
      }),
    };
    const transport = { maxUnidirectionalStreams: 8, maxBidirectionalStreams: 8 };
    const scene = await Scene.create(() => new Response('page'), { extensions: [reading], transport });
    let opened = 0;
    const told: boolean[] = [];
    const opening: Http3Extension = {
      onSession: (session) => {
        const open = (): void => {
          for (;;) {
            const stream = opened < WANTED ? session.openStream({ unidirectional }, {}) : undefined;
            if (stream === undefined) break;
            stream.write(Uint8Array.of(0x40, unidirectional ? 0x54 : 0x41, opened++), true);
          }
          session.wake();
        };
        return {
          onSettings: open,
          onStreamsAvailable: (which) => {
            told.push(which);
            open();
          },
        };
      },
    };
    const session = await scene.connect({ extensions: [opening] });
    while (opened < WANTED) await scene.network.pass(1000);
    expect(told).toContain(unidirectional);
    await scene.until(session.close());
    await scene.until(scene.server.close());
  },
);

/** More streams than the server allows at once. */
const WANTED = 30;

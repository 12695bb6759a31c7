import { createHash } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expect, test } from '@jest/globals';
import express from 'express';
import { nodeHandler } from 'tsquic/http3';
import { covers } from '@tsquic/testing';
import { watchFaults } from './faults.ts';
import { clientIn, failure } from './fetching.ts';
import { realPair } from './real.ts';
import { Scene } from './scene.ts';

const faults = watchFaults();

test('an application of Express runs unchanged', async () => {
  const app = express();
  app.disable('x-powered-by');
  const finished: string[] = [];
  app.use((req, res, next) => {
    res.once('finish', () => finished.push(`${req.method} ${req.url} ${res.statusCode}`));
    next();
  });
  app.use(express.json());
  app.get(
    '/hello/:name',
    (req, res) =>
      void res.json({ hello: req.params.name, query: req.query, host: req.hostname, secure: req.secure }),
  );
  app.post(
    '/sum',
    (req, res) =>
      void res
        .status(201)
        .set('x-sum', 'yes')
        .send(String((req.body as number[]).reduce((a, b) => a + b, 0))),
  );
  app.get('/moved', (_req, res) => res.redirect('/hello/again'));
  app.get('/fails', () => {
    throw new Error('mine');
  });
  app.get('/cookies', (_req, res) => void res.cookie('a', '1').cookie('b', '2').sendStatus(204));
  app.use(
    (error: Error, _req: unknown, res: express.Response, _next: unknown) =>
      void res.status(500).send(`failed: ${error.message}`),
  );
  const scene = await Scene.create(nodeHandler(app));
  const client = await clientIn(scene);
  const text = async (path: string, init = {}): Promise<string> => {
    const response = await client.get(path, init);
    return `${response.status} ${await scene.until(response.text())}`;
  };
  expect(await text('/hello/you?a=1')).toBe(
    '200 {"hello":"you","query":{"a":"1"},"host":"localhost","secure":true}',
  );
  const json = { 'content-type': 'application/json' };
  expect(await text('/sum', { method: 'POST', body: '[1,2,3]', headers: json })).toBe('201 6');
  expect(await text('/sum', { method: 'POST', body: '[1,2', headers: json })).toMatch(/^500 failed: /);
  expect(await text('/moved')).toMatch(/^200 .*again/);
  expect(await text('/fails')).toBe('500 failed: mine');
  expect(await text('/nowhere')).toMatch(/^404 .*Cannot GET/s);
  expect(await text('/nowhere', { method: 'POST', body: 'x'.repeat(1_000_000) })).toMatch(/^404/);
  expect((await client.get('/cookies')).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/']);
  const cached = await client.get('/hello/you');
  await scene.until(cached.text());
  const again = await client.get('/hello/you', { headers: { 'if-none-match': cached.headers.get('etag')! } });
  expect([again.status, await scene.until(again.text())]).toEqual([304, '']);
  const head = await client.get('/hello/you', { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([
    200,
    cached.headers.get('content-length'),
  ]);
  await client.close();
});

test('what comes by HTTP/1.1 is passed on without the fields of its connection', async () => {
  covers('rfc9114-4.2-5');
  // What an origin of HTTP/1.1 answers, as a gateway has it.
  const fields = {
    connection: 'keep-alive, X-Hop , Close',
    'keep-alive': 'timeout=5',
    'proxy-connection': 'keep-alive',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
    te: 'gzip',
    'x-hop': 'of this connection',
    'x-end': 'of the message',
  };
  const scene = await Scene.create(
    nodeHandler((_req, res) => {
      res.writeHead(200, fields);
      res.addTrailers({ 'x-sum': '1' });
      res.end('x');
    }),
  );
  const client = await clientIn(scene);
  const { headers } = await client.get('/');
  headers.delete('date');
  expect([...headers]).toEqual([['x-end', 'of the message']]);
  await client.close();
});

test('a request has the field host, which HTTP/1.1 needs, from its authority', async () => {
  covers('rfc9114-4.3.1-4');
  const hosts: unknown[] = [];
  const scene = await Scene.create(
    nodeHandler((req, res) => {
      hosts.push(req.headers.host, req.rawHeaders[req.rawHeaders.indexOf('host') + 1]);
      res.end();
    }),
  );
  const session = await scene.connect();
  for (const head of [
    { authority: 'a.example:8443', fields: [] },
    { authority: '', fields: [{ name: 'host', value: 'b.example' }] },
    { authority: 'c.example', fields: [{ name: 'host', value: 'c.example' }] },
  ])
    await scene.until(
      new Promise<void>((resolve) => {
        const target = { method: 'GET', scheme: 'https', path: '/' };
        session.request({ ...target, ...head }, { ends: true }, { onEnd: resolve });
      }),
    );
  expect(hosts).toEqual(['a.example:8443', 'b.example', 'c.example'].flatMap((host) => [host, host]));
  await scene.until(session.close());
  await scene.until(scene.server.close());
});

test('fields are those of node:http, also where a client sends some twice, and so is the asterisk', async () => {
  const seen: unknown[] = [];
  const scene = await Scene.create(
    nodeHandler((req, res) => {
      const { headers, rawHeaders, url } = req;
      seen.push([url, Object.entries(headers), rawHeaders]);
      res.end();
    }),
  );
  const session = await scene.connect();
  const lines = [
    ['authorization', 'first'],
    ['authorization', 'second'],
    ['accept', 'a'],
    ['accept', 'b'],
    ['set-cookie', 'c=1'],
    ['cookie', 'd=2'],
    ['cookie', 'e=3'],
    ['__proto__', 'own'],
    ['content-length', '0'],
    ['content-length', '0'],
  ] as const;
  const head = { method: 'OPTIONS', scheme: 'https', authority: 'localhost', path: '*' };
  const fields = lines.map(([name, value]) => ({ name, value }));
  await scene.until(
    new Promise<void>((resolve) => {
      session.request({ ...head, fields }, { ends: true }, { onEnd: resolve });
    }),
  );
  expect(seen).toEqual([
    [
      '*',
      [
        ['host', 'localhost'],
        ['authorization', 'first'],
        ['accept', 'a, b'],
        ['set-cookie', ['c=1']],
        ['cookie', 'd=2; e=3'],
        ['__proto__', 'own'],
        ['content-length', '0'],
      ],
      [
        ...['host', 'localhost', 'authorization', 'first', 'authorization', 'second'],
        ...['accept', 'a', 'accept', 'b', 'set-cookie', 'c=1', 'cookie', 'd=2; e=3'],
        ...['__proto__', 'own', 'content-length', '0'],
      ],
    ],
  ]);
  await scene.until(session.close());
  await scene.until(scene.server.close());
});

test('content flows through handlers of node:http, both ways and at the pace of the slower side', async () => {
  const listener = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.url === '/hash') {
      const hash = createHash('sha256');
      for await (const chunk of req) hash.update(chunk as Uint8Array);
      res.writeHead(200, 'fine', { 'x-hash': hash.digest('hex') });
      res.end();
    } else if (req.url === '/gzip') {
      res.setHeader('content-encoding', 'gzip');
      await pipeline(req, createGzip(), res);
    } else {
      res.write('trailers ');
      res.addTrailers({ 'x-after': 'yes' });
      res.end(`${req.httpVersion} ${req.headers['x-a']?.toString()} ${req.socket.remoteAddress}`);
    }
  };
  const { get, close } = await realPair(nodeHandler(listener));
  const content = new Uint8Array(3_000_000).map((_, index) => index * index);
  const init = { method: 'POST', body: content };
  const hashed = await get('/hash', init);
  expect(hashed.headers.get('x-hash')).toBe(createHash('sha256').update(content).digest('hex'));
  const unpacked = new Uint8Array(await (await get('/gzip', init)).arrayBuffer());
  expect(Buffer.compare(unpacked, content)).toBe(0);
  expect(await (await get('/', { headers: { 'x-a': 'b' } })).text()).toBe('trailers 3.0 b 127.0.0.1');
  await close();
});

test('handlers of node:http that fail, and clients that leave them, end one request only', async () => {
  const log: string[] = [];
  const listener = (req: IncomingMessage, res: ServerResponse): unknown => {
    const name = req.url!.slice(1);
    req.on('aborted', () => log.push(`${name} aborted`));
    res.on('close', () => log.push(`${name} closed ${res.writableFinished}`));
    if (name === 'throws') throw new Error('thrown');
    if (name === 'rejects') return Promise.reject(new Error('rejected'));
    if (name.startsWith('late')) {
      res.write('half');
      if (name.endsWith('-end')) res.end();
      if (name.startsWith('late-rejects')) return Promise.reject(new Error(name));
      throw new Error(name);
    }
    if (name === 'destroys') return res.destroy(new Error('destroyed'));
    if (name === 'half') {
      res.write('half');
      setImmediate(() => res.destroy(new Error('no other half')));
      return undefined;
    }
    if (name === 'twice') {
      res.end('once');
      res.end('twice');
      res.write('thrice', (error) => log.push(String(error)));
      return undefined;
    }
    if (name === 'bad') return res.writeHead(99).end();
    if (name === 'endless')
      return Readable.from(
        (function* () {
          for (;;) yield new Uint8Array(1000);
        })(),
      ).pipe(res);
    req.resume();
    return undefined;
  };
  const scene = await Scene.create(nodeHandler(listener));
  const client = await clientIn(scene);
  for (const name of ['throws', 'rejects', 'destroys', 'bad'])
    expect((await client.get(`/${name}`)).status).toBe(500);
  expect(faults()).toEqual([
    ...['thrown', 'rejected', 'destroyed'].map((text) => `a handler of requests failed: ${text}`),
    expect.stringContaining('99'),
  ]);
  const half = await failure(client.get('/half').then((response) => scene.until(response.text())));
  expect(half).toMatch(/^TypeError: (fetch failed|the response ended early)/);
  expect(faults()).toEqual(['a handler of requests failed: no other half']);
  // Errors after the head, and after the end, of which the client hears and does not.
  for (const name of ['late-throws', 'late-rejects']) {
    const outcome = failure(client.get(`/${name}`).then((response) => scene.until(response.text())));
    expect(await outcome).toMatch(/^TypeError: (fetch failed|the response ended early)/);
    expect(await scene.until((await client.get(`/${name}-end`)).text())).toBe('half');
    expect(faults()).toEqual([name, `${name}-end`].map((text) => `a handler of requests failed: ${text}`));
  }
  expect(await scene.until((await client.get('/twice')).text())).toBe('once');
  expect(log).toContain('twice closed true');
  expect(log).toContain('Error: write after end');
  for (const name of ['endless', 'never']) {
    const controller = new AbortController();
    const left = failure(client.begin(`/${name}`, { method: 'POST', body: 'x', signal: controller.signal }));
    await scene.network.pass(30_000);
    controller.abort();
    await left;
    await scene.network.pass(30_000);
    expect(log).toContain(`${name} closed false`);
  }
  expect(client.agent.statistics().activeRequests).toBe(0);
  await client.close();
});

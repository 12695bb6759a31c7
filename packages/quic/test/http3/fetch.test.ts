import { gzipSync } from 'node:zlib';
import { expect, jest, test } from '@jest/globals';
import { QuicConnection } from 'tsquic';
import { type Http3RequestInit, trailersOf } from 'tsquic/http3';
import { watchFaults } from './faults.ts';
import { clientIn } from './fetching.ts';
import { Scene } from './scene.ts';

watchFaults();

test('requests of one origin share a connection, and streams go both ways', async () => {
  const scene = await Scene.create(
    (request) => new Response(request.body, { headers: { 'x-method': request.method } }),
  );
  const client = await clientIn(scene);
  const { agent, get } = client;
  const texts = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      get('/', { method: 'POST', body: `content ${index}` }).then((response) => scene.until(response.text())),
    ),
  );
  expect(texts).toEqual(Array.from({ length: 300 }, (_, index) => `content ${index}`));
  expect(scene.server.listener.statistics().accepted).toBe(1);
  const encoder = new TextEncoder();
  let round = 0;
  let pull: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (round > 0) await new Promise<void>((resolve) => (pull = resolve));
      if (round === 3) controller.close();
      else controller.enqueue(encoder.encode(`round ${round++}`));
    },
  });
  const response = await get('/', { method: 'PUT', body, duplex: 'half' });
  expect([response.status, response.ok, response.url, response.redirected, response.type]).toEqual([
    ...[200, true, 'https://localhost/', false, 'basic'],
  ]);
  const reader = response.body!.getReader();
  for (let index = 0; index < 3; index++) {
    const { value } = await scene.until(reader.read());
    expect(new TextDecoder().decode(value)).toBe(`round ${index}`);
    pull?.();
  }
  expect((await scene.until(reader.read())).done).toBe(true);
  expect(agent.statistics()).toEqual({ origins: 1, connections: 1, activeRequests: 0, waitingRequests: 0 });
  await client.close();
});

test('an idle connection lets the program end, until somebody waits for its close', async () => {
  const scene = await Scene.create(() => new Response('here'));
  const client = await clientIn(scene);
  const kept: boolean[] = [];
  const keep = (isKept: boolean) =>
    function told(this: QuicConnection): QuicConnection {
      kept.push(isKept);
      return this;
    };
  const spies = [
    jest.spyOn(QuicConnection.prototype, 'ref').mockImplementation(keep(true)),
    jest.spyOn(QuicConnection.prototype, 'unref').mockImplementation(keep(false)),
  ];
  try {
    const response = await client.get('/');
    expect(await scene.until(response.text())).toBe('here');
    await scene.until(Promise.resolve());
    expect(kept.at(-1)).toBe(false);
    const closed = client.agent.close();
    expect(kept.at(-1)).toBe(true);
    await scene.until(closed);
    expect(kept.at(-1)).toBe(false);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  await client.close();
});

test('redirects, codings, trailers and interim responses', async () => {
  const scene = await Scene.create(async (request, info) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/moved')
      return new Response(null, { status: 302, headers: { location: '/echo#there' } });
    if (pathname === '/kept') return new Response(null, { status: 307, headers: { location: '/echo' } });
    if (pathname === '/loop') return new Response(null, { status: 301, headers: { location: '/loop' } });
    if (pathname === '/away')
      return new Response(null, { status: 301, headers: { location: 'http://localhost/' } });
    if (pathname === '/packed')
      return new Response(gzipSync('packed'), { headers: { 'content-encoding': 'gzip' } });
    info.inform(103, { link: '</style.css>' });
    const text = await request.text();
    const [[name, value] = ['none', '']] = [...(await info.trailers)];
    info.setTrailers(() => ({ 'x-after': `${name} ${value}` }));
    return new Response(`${request.method} ${text} ${request.headers.get('content-type')}`);
  });
  const client = await clientIn(scene);
  const { get } = client;
  const told: string[] = [];
  const moved = await get('/moved', {
    ...{ method: 'POST', body: 'lost' },
    onInterim: (status, headers) => told.push(`${status} ${headers.get('link')}`),
  });
  expect(await scene.until(moved.text())).toBe('GET  null');
  expect([moved.url, moved.redirected]).toEqual(['https://localhost/echo', true]);
  expect(await scene.until(trailersOf(moved)!)).toMatchObject(new Headers({ 'x-after': 'none ' }));
  const kept = await get('/kept', { method: 'POST', body: 'kept', trailers: () => ({ 'x-sum': '7' }) });
  expect(await scene.until(kept.clone().text())).toBe('POST kept text/plain;charset=UTF-8');
  expect((await scene.until(trailersOf(kept)!)).get('x-after')).toBe('x-sum 7');
  expect(told).toEqual(['103 </style.css>']);
  expect((await get('/moved', { redirect: 'manual' })).status).toBe(302);
  const failure = (path: string, init: Http3RequestInit): Promise<unknown> =>
    get(path, init).then(
      () => 'none',
      (error: TypeError) => `${error.name} ${(error.cause as Error).message}`,
    );
  expect(await failure('/moved', { redirect: 'error' })).toMatch(/^TypeError the server redirects/);
  expect(await failure('/loop', {})).toMatch(/^TypeError there are too many redirects/);
  expect(await failure('/away', {})).toMatch(/^TypeError a redirect leads to http:/);
  const stream = new Blob(['once']).stream();
  expect(await failure('/kept', { method: 'POST', body: stream, duplex: 'half' })).toMatch(
    /which was a stream$/,
  );
  expect(await scene.until((await get('/packed')).text())).toBe('packed');
  await client.close();
});

test('early data is for safe methods, and what a server finds too early is sent again', async () => {
  const early: string[] = [];
  const scene = await Scene.create(
    (request, info) => {
      early.push(`${request.method} ${info.isEarly}`);
      return new Response('x');
    },
    { earlyData: true, earlyRequests: 'safe' },
  );
  const client = await clientIn(scene, { earlyData: true, idleMs: 1000 });
  const reconnected = async (): Promise<void> => {
    await scene.network.pass(2_000_000);
    expect(client.agent.statistics().connections).toBe(0);
  };
  const ask = async (method: string): Promise<string> =>
    scene.until((await client.get('/', { method, ...(method === 'GET' ? {} : { body: 'x' }) })).text());
  await ask('GET');
  await reconnected();
  await ask('GET');
  await reconnected();
  await ask('POST');
  expect(early).toEqual(['GET false', 'GET true', 'POST false']);
  expect(client.opened.map(({ earlyData }) => earlyData)).toEqual([undefined, true, true]);
  await scene.until(scene.server.close());
  // A server that wants nothing early.
  const strict: string[] = [];
  scene.server = await scene.serve(
    (request, info) => {
      strict.push(`${request.method} ${info.isEarly}`);
      return new Response('x');
    },
    { earlyData: true, earlyRequests: 'none' },
  );
  const other = await clientIn(scene, { earlyData: true, idleMs: 1000 });
  await scene.until((await other.get('/')).text());
  await scene.network.pass(2_000_000);
  expect(await scene.until((await other.get('/')).text())).toBe('x');
  expect(strict).toEqual(['GET false', 'GET false']);
  await scene.until(client.agent.close());
  await other.close();
});

test('alternatives that an origin names are used, left when they fail or do not serve it, and forgotten', async () => {
  let field = '';
  const scene = await Scene.create(
    () => new Response('origin', field === '' ? {} : { headers: { 'alt-svc': field } }),
  );
  const there = await scene.serve((request) => {
    if (request.url.endsWith('/misdirected')) return new Response(null, { status: 421 });
    return new Response(`alternative ${request.headers.get('alt-used')}`);
  });
  const client = await clientIn(scene, { idleMs: 1000 });
  const get = async (path = '/'): Promise<string> => scene.until((await client.get(path)).text());
  const reconnected = (): Promise<void> => scene.network.pass(2_000_000);
  const { port } = there.address;
  const altSvc = there.altSvc({ maxAge: 60, persist: true });
  expect(altSvc).toBe(`h3=":${port}"; ma=60; persist=1`);
  field = `h2=":1", h3="elsewhere:${port}"; ma=60, h3=":2"`;
  expect(await get()).toBe('origin');
  await reconnected();
  expect(await get()).toBe(`alternative elsewhere:${port}`);
  expect(client.opened.at(-1)).toMatchObject({ host: 'elsewhere', port });
  // It says that it does not serve the origin: the next best does not answer, and the origin does.
  expect(await get('/misdirected')).toBe('origin');
  field = 'clear';
  expect(await get()).toBe('origin');
  await reconnected();
  field = altSvc;
  expect(await get()).toBe('origin');
  client.agent.onNetworkChange();
  await reconnected();
  expect(await get()).toBe(`alternative localhost:${port}`);
  field = '';
  client.agent.onNetworkChange();
  await reconnected();
  await scene.until(there.close());
  expect(await get()).toBe('origin');
  await client.close();
});

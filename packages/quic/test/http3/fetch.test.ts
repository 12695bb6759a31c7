import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import {
  connectHttp3,
  fetch,
  Http3Agent,
  type Http3AgentOptions,
  type Http3RequestInit,
  trailersOf,
} from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import { Scene } from './scene.ts';

/** An agent whose connections go through the scene's network, whatever host the URL names. */
async function agentIn(scene: Scene, options: Http3AgentOptions = {}): Promise<Http3Agent> {
  const { certificatePem: ca } = await certificate();
  return new Http3Agent({
    ...scene.world,
    ca,
    servername: 'localhost',
    connect: (given) =>
      connectHttp3({
        ...given,
        host: '10.0.0.2',
        port: given.host === 'localhost' ? scene.server.address.port : given.port,
        socket: scene.network.openPort('10.0.0.1'),
      }),
    ...options,
  });
}

/** Fetch, and let virtual time pass until there is an answer. */
function fetchIn(scene: Scene, agent: Http3Agent) {
  return (path: string, init: Http3RequestInit = {}): Promise<Response> =>
    scene.until(fetch(path.startsWith('/') ? `https://localhost${path}` : path, { agent, ...init }));
}

async function close(scene: Scene, agent: Http3Agent): Promise<void> {
  await scene.until(agent.close());
  await scene.until(scene.server.close());
}

test('requests of one origin share a connection, and streams go both ways', async () => {
  const scene = await Scene.create(
    (request) => new Response(request.body, { headers: { 'x-method': request.method } }),
  );
  const agent = await agentIn(scene);
  const get = fetchIn(scene, agent);
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
  await close(scene, agent);
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
  const agent = await agentIn(scene);
  const get = fetchIn(scene, agent);
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
  await close(scene, agent);
});

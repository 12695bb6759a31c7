import { expect, test } from '@jest/globals';
import {
  fetch,
  Http3Agent,
  type Http3Handler,
  type Http3Session,
  type Http3RequestInit,
  type ServeOptions,
  trailersOf,
} from 'tsquic/http3';
import { covers } from '@tsquic/testing';
import { watchFaults } from './faults.ts';
import { clientIn, failure, type SceneClient } from './fetching.ts';
import { Scene } from './scene.ts';

const faults = watchFaults();

async function both(
  handler: Http3Handler,
  options: Partial<ServeOptions> = {},
): Promise<[Scene, SceneClient]> {
  const scene = await Scene.create(handler, options);
  return [scene, await clientIn(scene)];
}

const endless = (onCancel?: (reason: unknown) => void): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: (reason) => onCancel?.(reason),
  });

test.each<[string, string, Http3RequestInit]>([
  ['no URL', 'no url', {}],
  ['credentials in the URL', 'https://a:b@localhost/', {}],
  ['a method that is no token', 'https://localhost/', { method: 'a b' }],
  ['CONNECT', 'https://localhost/', { method: 'CONNECT' }],
  ['GET with content', 'https://localhost/', { body: 'x' }],
  ['a stream without duplex', 'https://localhost/', { method: 'POST', body: endless() }],
  ['a field that is none', 'https://localhost/', { headers: { 'a b': 'c' } }],
  ['a signal that is none', 'https://localhost/', { signal: 5 as never }],
])('fetch refuses %s as the platform does', async (_name, url, init) => {
  const ours = await fetch(url, init).catch((error: unknown) => error);
  const platform = await globalThis.fetch(url, init as RequestInit).catch((error: unknown) => error);
  // Each test runs in a realm of its own.
  expect([String(ours), (ours as Error).name]).toEqual([String(ours), (platform as Error).name]);
  expect((ours as Error).name).toBe('TypeError');
});

test('requests leave for https alone, also after a redirect', async () => {
  covers('rfc9114-3.1.2-1');
  const [scene, client] = await both(
    () => new Response(null, { status: 307, headers: { location: 'http://localhost/' } }),
  );
  for (const url of ['http://localhost/', 'ftp://localhost/', 'coap://localhost/'])
    expect(await failure(client.get(url))).toMatch(/the scheme https: alone/);
  expect(client.opened).toEqual([]);
  expect(await failure(client.get('/'))).toMatch(/a redirect leads to http:, not to https:/);
  expect(client.opened).toHaveLength(1);
  await scene.network.pass(10_000);
  await client.close();
});

test('other schemes, integrity and agents that are closed are refused with a TypeError', async () => {
  expect(await failure(fetch('http://localhost/'))).toMatch(
    /^TypeError: fetch failed < Error: HTTP\/3 has the scheme https/,
  );
  expect(await failure(fetch('https://localhost/', { integrity: 'sha256-AAAA' }))).toMatch(
    /^TypeError: .*integrity/,
  );
  const agent = new Http3Agent();
  await agent.close();
  expect(await failure(fetch('https://localhost/', { agent }))).toMatch(
    /^TypeError: fetch failed .*the agent is closed/,
  );
  expect(() => new Http3Agent({ maxConnections: 0 })).toThrow(
    'maxConnections must be an integer from 1 to 1024, not 0',
  );
});

test('a signal ends a request at any point', async () => {
  const seen: string[] = [];
  const [scene, client] = await both(async (request) => {
    request.signal.addEventListener('abort', () => seen.push('aborted'));
    if (request.method === 'POST') await request.text().catch(() => seen.push('body failed'));
    if (request.url.endsWith('/never')) return new Promise<Response>(() => {});
    return new Response(endless());
  });
  const abortError = 'AbortError: This operation was aborted';
  // Before anything; while the connection is opened; when it has just left; while it is answered.
  expect(await failure(client.get('/', { signal: AbortSignal.abort() }))).toBe(abortError);
  for (const us of [0, 500, 1500, 3500, 10_000, 50_000]) {
    const controller = new AbortController();
    const fetched = failure(client.begin('/never', { signal: controller.signal }));
    await scene.network.pass(us);
    controller.abort();
    expect(await scene.until(fetched)).toBe(abortError);
  }
  await scene.network.pass(10_000);
  expect(client.agent.statistics().activeRequests).toBe(0);
  // While content is sent, and while the response is read.
  let cancelled: unknown;
  const sending = new AbortController();
  const reason = new Error('enough');
  const init = { method: 'POST', duplex: 'half' as const, signal: sending.signal };
  const sent = failure(client.begin('/never', { ...init, body: endless((given) => (cancelled = given)) }));
  await scene.network.pass(20_000);
  sending.abort(reason);
  expect(await sent).toBe('Error: enough');
  expect(cancelled).toBe(reason);
  const reading = new AbortController();
  const response = await client.get('/', { signal: reading.signal });
  const reader = response.body!.getReader();
  await scene.until(reader.read());
  reading.abort(reason);
  expect(await scene.until(failure(reader.closed))).toBe('Error: enough');
  await scene.network.pass(20_000);
  expect(seen.filter((line) => line === 'body failed')).toHaveLength(1);
  expect(client.agent.statistics()).toMatchObject({ activeRequests: 0, connections: 1 });
  await client.close();
});

test('a failure of the network is a TypeError with its cause', async () => {
  const scene = await Scene.create(() => new Response('x'));
  const { certificatePem: ca } = await (
    await import('tsquic/certificates')
  ).createSelfSigned({ hosts: ['localhost'] });
  const other = await clientIn(scene, { ca });
  expect(await failure(other.get('/'))).toMatch(/^TypeError: fetch failed < ERR_QUIC_TLS_ALERT/);
  const client = await clientIn(scene);
  scene.network.isCut = true;
  expect(await failure(client.get('/'))).toMatch(/^TypeError: fetch failed < ERR_QUIC_HANDSHAKE_TIMEOUT/);
  scene.network.isCut = false;
  expect((await client.get('/')).status).toBe(200);
  await client.close();
});

test('responses that are reset, cut short or lost with their connection fail, and never silently', async () => {
  const [scene, client] = await both((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/reset') {
      let chunks = 0;
      return new Response(
        new ReadableStream({
          pull: (controller) =>
            chunks++ < 3 ? controller.enqueue(new Uint8Array(10)) : controller.error(new Error('mine')),
        }),
      );
    }
    if (pathname === '/never') return new Promise<Response>(() => {});
    return new Response(endless());
  });
  const reset = await client.get('/reset').catch((error: Error) => error);
  const told = reset instanceof Response ? await scene.until(failure(reset.arrayBuffer())) : String(reset);
  expect(told).toMatch(/^TypeError: (the response ended early|fetch failed)/);
  const cut = await client.get('/endless');
  const reader = cut.body!.getReader();
  await scene.until(reader.read());
  const waiting = failure(client.begin('/never'));
  await scene.network.pass(10_000);
  await scene.until(scene.server.close());
  expect(await scene.until(waiting)).toMatch(/^TypeError: fetch failed < ERR_QUIC_/);
  let end = 'none';
  while (end === 'none') end = await scene.until(failure(reader.read()));
  expect(end).toMatch(/^TypeError: the response ended early < ERR_QUIC_APPLICATION/);
  await scene.until(client.agent.close());
  expect(faults()).toEqual(['a handler of requests failed: mine']);
});

test('an answer that came whole can be read after the connection has ended', async () => {
  const [scene, client] = await both((_request, info) => {
    info.setTrailers(() => ({ 'x-sum': '5' }));
    return new Response('x'.repeat(50_000));
  });
  const response = await client.get('/');
  await scene.network.pass(100_000);
  await scene.until(scene.server.close());
  await scene.network.pass(100_000);
  expect((await scene.until(response.text())).length).toBe(50_000);
  expect((await scene.until(trailersOf(response)!)).get('x-sum')).toBe('5');
  await scene.until(client.agent.close());
});

test('requests that a server does not process go to another connection, with their content', async () => {
  const texts: string[] = [];
  let isGoing = false;
  const [scene, client] = await both(async (request) => {
    texts.push(await request.text());
    return new Response(texts.at(-1));
  });
  expect(await (await client.get('/', { method: 'POST', body: 'first' })).text()).toBe('first');
  const [session] = scene.server.sessions;
  session!.goAway(false);
  session!.goAway(true);
  isGoing = true;
  // The client has not heard of it: these are rejected, and come again.
  const late = Promise.all(
    Array.from({ length: 5 }, (_, index) => client.begin('/', { method: 'POST', body: `late ${index}` })),
  );
  const answers = await scene.until(late.then((all) => Promise.all(all.map((one) => one.text()))));
  expect(answers.toSorted()).toEqual(['late 0', 'late 1', 'late 2', 'late 3', 'late 4']);
  expect(texts).toHaveLength(6);
  expect([isGoing, client.opened.length]).toEqual([true, 2]);
  await scene.network.pass(100_000);
  expect(client.agent.statistics().connections).toBe(1);
  await client.close();
});

test('a connection that ended while it was idle is replaced, for requests that may be carried out twice', async () => {
  const [scene, client] = await both((request) => new Response(request.method));
  await (await client.get('/')).text();
  const [session] = scene.server.sessions;
  // The server forgets the connection and says so in the flight in which the request is under way.
  void session!.close();
  expect(await scene.until((await client.get('/')).text())).toBe('GET');
  await scene.network.pass(10_000);
  const [second] = scene.server.sessions;
  void second!.close();
  expect(await failure(client.get('/', { method: 'POST', body: 'x' }))).toMatch(
    /^TypeError: fetch failed < ERR_QUIC_APPLICATION/,
  );
  expect(client.opened).toHaveLength(2);
  await client.close();
});

test.each([
  ['POST', 1],
  ['PATCH', 1],
  ['GET', 2],
  ['PUT', 2],
  ['DELETE', 2],
])(
  'a request with %s that is lost with its connection, without GOAWAY, is handled %d times',
  async (method, times) => {
    covers('rfc9114-5.4-1');
    const handled: string[] = [];
    const [scene, client] = await both((request) => {
      handled.push(request.method);
      // It was processed, and the answer never leaves.
      if (handled.length === 2) void [...scene.server.sessions][0]!.close(0x102);
      return new Response('x');
    });
    await (await client.get('/', { method: 'OPTIONS' })).text();
    const outcome = await failure(client.get('/', { method }));
    expect(handled.slice(1)).toEqual(Array.from({ length: times }, () => method));
    expect(outcome).toMatch(times === 1 ? /^TypeError: fetch failed < ERR_QUIC_APPLICATION/ : /^none$/);
    await client.close();
  },
);

test('a server that rejects everything is asked four times', async () => {
  // Before a request that comes with the end of the handshake.
  const goes = { onSession: (session: Http3Session) => (session.engine.goAway(true), {}) };
  const scene = await Scene.create(() => new Response('x'), { extensions: [goes] });
  const client = await clientIn(scene);
  expect(await failure(client.get('/'))).toMatch(/^TypeError: fetch failed < ERR_QUIC_/);
  expect(client.opened.length).toBeLessThanOrEqual(5);
  await client.close();
});

test('idle connections are closed, and requests beyond the limit of the server wait', async () => {
  let most = 0;
  let now = 0;
  const releases: (() => void)[] = [];
  const [scene, client] = await both(
    async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => void releases.push(resolve));
      now--;
      return new Response('x');
    },
    { transport: { maxBidirectionalStreams: 3 } },
  );
  const all = Promise.all(
    Array.from({ length: 10 }, () => client.begin('/').then((response) => response.text())),
  );
  const aborted = new AbortController();
  const waiting = failure(client.begin('/', { signal: aborted.signal }));
  await scene.network.pass(20_000);
  expect(client.agent.statistics()).toEqual({
    origins: 1,
    connections: 1,
    activeRequests: 3,
    waitingRequests: 8,
  });
  aborted.abort();
  expect(await waiting).toMatch(/^AbortError/);
  let isDone = false;
  void all.then(() => (isDone = true));
  while (!isDone) {
    releases.shift()?.();
    await scene.network.pass(5000);
  }
  expect([most, client.opened.length]).toEqual([3, 1]);
  await scene.network.pass(16_000_000);
  expect(client.agent.statistics()).toEqual({
    origins: 0,
    connections: 0,
    activeRequests: 0,
    waitingRequests: 0,
  });
  await client.close();
});

test('several connections where an agent allows them', async () => {
  const scene = await Scene.create(() => new Promise(() => {}), {
    transport: { maxBidirectionalStreams: 3 },
  });
  const client = await clientIn(scene, { maxConnections: 2 });
  const all = Array.from({ length: 10 }, () => failure(client.begin('/')));
  await scene.network.pass(50_000);
  expect(client.agent.statistics()).toEqual({
    origins: 1,
    connections: 2,
    activeRequests: 6,
    waitingRequests: 4,
  });
  await client.close();
  expect(new Set(await Promise.all(all)).size).toBeLessThan(3);
});

test('content that fails, and content of another length than it says, ends the request', async () => {
  const [, client] = await both(async (request) => new Response(await request.text().catch(() => 'failed')));
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('mine')) });
  const init = { method: 'POST', duplex: 'half' as const };
  expect(await failure(client.get('/', { ...init, body: failing }))).toBe(
    'TypeError: fetch failed < Error: mine',
  );
  const short = { ...init, body: new Blob(['abc']).stream(), headers: { 'content-length': '5' } };
  expect(await failure(client.get('/', short))).toMatch(
    /^TypeError: fetch failed < TypeError: the body is not of the 5 bytes/,
  );
  expect(await (await client.get('/', { method: 'POST', body: 'x' })).text()).toBe('x');
  await client.close();
});

test('a server that answers without reading is heard', async () => {
  const [scene, client] = await both(() => new Response('no', { status: 403 }), { stallTimeoutMs: 100 });
  let cancelled = false;
  const response = await client.get('/', {
    ...{ method: 'POST', duplex: 'half' },
    body: new ReadableStream({
      async pull(controller) {
        await scene.network.pass(5000);
        controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => void (cancelled = true),
    }),
  });
  expect([response.status, await scene.until(response.text())]).toEqual([403, 'no']);
  // What it sends is dropped for a while, and then stopped.
  await scene.network.pass(50_000);
  expect(cancelled).toBe(false);
  await scene.network.pass(250_000);
  expect(cancelled).toBe(true);
  expect(client.agent.statistics().activeRequests).toBe(0);
  await client.close();
});

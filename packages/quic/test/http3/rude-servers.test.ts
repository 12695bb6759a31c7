import { expect, test } from '@jest/globals';
import { listen } from 'tsquic';
import {
  connectHttp3,
  fetch,
  Http3Agent,
  type Http3AgentOptions,
  type Http3Handler,
  type KeptOrigin,
} from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import { watchFaults } from './faults.ts';
import { clientIn, failure, type SceneClient } from './fetching.ts';
import { Scene } from './scene.ts';

const faults = watchFaults();

async function both(handler: Http3Handler, options: Http3AgentOptions = {}): Promise<[Scene, SceneClient]> {
  const scene = await Scene.create(handler);
  return [scene, await clientIn(scene, options)];
}

const USELESS = /^TypeError: fetch failed < ERR_QUIC_CLOSED: the server ends its connections before/;

test('a server whose connections take no request is given up after three of them', async () => {
  const [scene, client] = await both(() => new Response('x'));
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const { network, world } = scene;
  const open = { ...world, cert, key, ALPNProtocols: ['h3'], transport: { maxBidirectionalStreams: 0 } };
  const closing = await listen({ ...open, socket: network.openPort('10.0.0.2') }, (connection) =>
    connection.close({ code: 0x100 }),
  );
  const { port } = closing.address;
  let opened = 0;
  const { certificatePem: ca } = await certificate();
  const agent = new Http3Agent({
    ...{ ...world, ca, servername: 'localhost' },
    // Each from an address of its own, because they overlap.
    connect: (given) =>
      connectHttp3({ ...given, host: '10.0.0.2', socket: network.openPort(`10.0.1.${++opened}`) }),
  });
  const get = (): Promise<string> => scene.until(failure(fetch(`https://localhost:${port}/`, { agent })));
  expect(await get()).toMatch(USELESS);
  expect(opened).toBe(3);
  await network.pass(100_000);
  expect(agent.statistics()).toMatchObject({ waitingRequests: 0, origins: 0 });
  // Another request begins anew.
  expect(await get()).toMatch(USELESS);
  expect(opened).toBe(6);
  await scene.until(agent.close());
  await scene.until(closing.close());
  await client.close();
});

test('a server that goes at once is given up likewise', async () => {
  const scene = await Scene.create(() => new Response('x'), {
    extensions: [
      {
        onSession: (session) => {
          session.engine.goAway();
          return {};
        },
      },
    ],
  });
  const client = await clientIn(scene);
  expect(await failure(client.get('/'))).toMatch(/^TypeError: fetch failed/);
  expect(client.opened.length).toBeLessThan(10);
  await client.close();
});

test('an unread response that nobody holds any more gives its connection back', async () => {
  const [scene, client] = await both(() => new Response(new Uint8Array(5_000_000)));
  const gc = (globalThis as { gc?: () => void }).gc!;
  const forget = async (): Promise<number> => (await client.get('/')).status;
  expect(await forget()).toBe(200);
  const { body } = await client.get('/');
  for (let round = 0; round < 50 && client.agent.statistics().activeRequests > 1; round++) {
    gc();
    await scene.network.pass(1000);
  }
  expect(client.agent.statistics().activeRequests).toBe(1);
  // Whoever has taken the body needs no response.
  const { value } = await scene.until(body!.getReader().read());
  expect(value!.length).toBeGreaterThan(0);
  await client.close();
});

test('an alternative that does not serve the origin cannot name itself again', async () => {
  let asked = 0;
  const [scene, client] = await both(() => new Response('origin', { headers: { 'alt-svc': named() } }), {
    idleMs: 1000,
  });
  const alternative = await scene.serve(() => {
    asked++;
    return new Response('no', { status: 421, headers: { 'alt-svc': named() } });
  });
  const named = (): string => `h3=":${alternative.address.port}"`;
  for (const expected of [0, 1]) {
    const response = await client.get('/');
    expect([response.status, await scene.until(response.text()), asked]).toEqual([200, 'origin', expected]);
    await scene.network.pass(2_000_000);
  }
  await scene.until(alternative.close());
  await client.close();
});

test('what is kept of an origin is used once, and a store that fails is told of', async () => {
  const kept = new Map<string, KeptOrigin>();
  const seen: KeptOrigin[] = [];
  const [scene, client] = await both(() => new Response('x'), {
    idleMs: 1000,
    keptOrigins: { get: (origin) => kept.get(origin), set: (origin, fresh) => kept.set(origin, fresh) },
  });
  for (let round = 0; round < 2; round++) {
    expect(await scene.until((await client.get('/')).text())).toBe('x');
    await scene.network.pass(100_000);
    seen.push(kept.get('https://localhost')!);
    await scene.network.pass(2_000_000);
  }
  expect(client.opened.map(({ session }) => session)).toEqual([undefined, seen[0]!.session]);
  expect(client.opened[1]!.session).toBeDefined();
  expect(seen[1]!.session).not.toEqual(seen[0]!.session);
  // A connection that comes to nothing has used them all the same.
  scene.network.isCut = true;
  await failure(client.get('/'));
  expect(kept.get('https://localhost')).toEqual({ settings: seen[0]!.settings });
  scene.network.isCut = false;
  await client.close();
  const [other, failing] = await both(() => new Response('x'), {
    keptOrigins: {
      get: () => undefined,
      set: () => {
        throw new Error('full');
      },
    },
  });
  expect(await other.until((await failing.get('/')).text())).toBe('x');
  await failing.close();
  expect(new Set(faults())).toEqual(new Set(['the store keptOrigins failed: full']));
});

test('a signal of null takes that of the request away', async () => {
  const [scene, client] = await both(() => new Response('x'));
  const request = new Request('https://localhost/', { signal: AbortSignal.abort() });
  const { agent } = client;
  expect(await failure(fetch(request, { agent }))).toMatch(/^AbortError/);
  expect((await scene.until(fetch(request, { agent, signal: null }))).status).toBe(200);
  await client.close();
});

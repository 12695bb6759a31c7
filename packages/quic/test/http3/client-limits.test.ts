import { expect, test } from '@jest/globals';
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

watchFaults();

const SECOND_US = 1_000_000;

async function both(handler: Http3Handler, options: Http3AgentOptions = {}): Promise<[Scene, SceneClient]> {
  const scene = await Scene.create(handler);
  return [scene, await clientIn(scene, { transport: { keepAliveMs: 5000 }, ...options })];
}

/** Resolves after so many virtual seconds; together with a failure it tells when that came. */
async function when(scene: Scene, promise: Promise<string>): Promise<[string, number]> {
  const startUs = scene.network.clock.nowUs();
  const what = await scene.until(promise);
  return [what, Math.round((scene.network.clock.nowUs() - startUs) / SECOND_US)];
}

test('a server that does not answer is given up, from the time on when the request has left', async () => {
  const [scene, client] = await both(
    async (request, info) => {
      if (request.url.endsWith('/interim')) await scene.network.pass(3 * SECOND_US);
      if (request.url.endsWith('/interim')) info.inform(103);
      await request.text().catch(() => {});
      return new Promise<Response>(() => {});
    },
    { headersTimeoutMs: 5000 },
  );
  const silent =
    /^TypeError: fetch failed < ERR_QUIC_HEADERS_TIMEOUT: the server has not answered for 5000 ms/;
  expect(await when(scene, failure(client.begin('/')))).toEqual([expect.stringMatching(silent), 5]);
  const slow = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise<void>((resolve) => scene.network.clock.createAlarm(resolve).set(4 * SECOND_US));
      controller.enqueue(new Uint8Array(10));
      controller.close();
    },
  });
  const upload = failure(client.begin('/', { method: 'POST', body: slow, duplex: 'half' }));
  expect(await when(scene, upload)).toEqual([expect.stringMatching(silent), 9]);
  expect(client.agent.statistics()).toMatchObject({ activeRequests: 0, connections: 1 });
  await client.close();
});

test('an interim response begins the wait for the response anew', async () => {
  const [scene, client] = await both(
    async (_request, info) => {
      await new Promise<void>((resolve) => scene.network.clock.createAlarm(resolve).set(4 * SECOND_US));
      info.inform(103);
      return new Promise<Response>(() => {});
    },
    { headersTimeoutMs: 5000 },
  );
  expect((await when(scene, failure(client.begin('/'))))[1]).toBe(9);
  await client.close();
});

test('content that stops is given up, and content that is not read is not', async () => {
  const [scene, client] = await both(
    () =>
      new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            controller.enqueue(new Uint8Array(100));
            await new Promise<void>((resolve) => scene.network.clock.createAlarm(resolve).set(4 * SECOND_US));
            if (sent++ === 3) await new Promise(() => {});
          },
        }),
      ),
    { bodyTimeoutMs: 5000 },
  );
  let sent = 0;
  const response = await client.get('/');
  // Nobody waits for it.
  await scene.network.pass(60 * SECOND_US);
  const [what, seconds] = await when(scene, failure(response.arrayBuffer()));
  expect(what).toMatch(/^TypeError: the response ended early < ERR_QUIC_BODY_TIMEOUT: .* 5000 ms/);
  expect(seconds).toBe(5);
  await client.close();
});

test('a server that takes no more content is given up', async () => {
  const [scene, client] = await both(() => new Promise<Response>(() => {}), { bodyTimeoutMs: 5000 });
  const body = new Uint8Array(50_000_000);
  const [what, seconds] = await when(scene, failure(client.begin('/', { method: 'POST', body })));
  expect(what).toMatch(/^TypeError: fetch failed < ERR_QUIC_BODY_TIMEOUT/);
  expect(seconds).toBe(5);
  await client.close();
});

test('a server that cannot be reached in time is given up, with the lookup of its name', async () => {
  const scene = await Scene.create(() => new Response('x'));
  const { certificatePem: ca } = await certificate();
  const limited = (connect: NonNullable<Http3AgentOptions['connect']>): Http3Agent =>
    new Http3Agent({ ...scene.world, ca, servername: 'localhost', connectTimeoutMs: 3000, connect });
  const silent = limited((options) =>
    connectHttp3({ ...options, host: '10.9.9.9', socket: scene.network.openPort('10.0.0.1') }),
  );
  const late = /^TypeError: fetch failed < ERR_QUIC_CONNECT_TIMEOUT: there is no connection after 3000 ms/;
  expect(await when(scene, failure(fetch('https://localhost/', { agent: silent })))).toEqual([
    expect.stringMatching(late),
    3,
  ]);
  await scene.until(silent.close());
  // What was opened in time has no limit.
  const { ip: host, port } = scene.server.address;
  const open = limited((options) =>
    connectHttp3({ ...options, host, port, socket: scene.network.openPort('10.0.0.1') }),
  );
  await scene.until(fetch('https://localhost/', { agent: open }).then((response) => response.text()));
  await scene.network.pass(10 * SECOND_US);
  expect(open.statistics().connections).toBe(1);
  await scene.until(open.close());
  await scene.until(scene.server.close());
});

test.each(['connectTimeoutMs', 'headersTimeoutMs', 'bodyTimeoutMs'])('%s is a number from 1 on', (name) => {
  expect(() => new Http3Agent({ [name]: 0 })).toThrow(
    `${name} must be an integer from 1 to 2^53-1, or Infinity, not 0`,
  );
  expect(() => new Http3Agent({ [name]: Infinity })).not.toThrow();
});

test('what an upload has shown of its path is for the next connection, in this network', async () => {
  const kept = new Map<string, KeptOrigin>();
  const [scene, client] = await both(async (request) => new Response(`${(await request.text()).length}`), {
    ...{ idleMs: 1000, keptOrigins: kept, transport: {} },
  });
  const upload = async (): Promise<void> => {
    const body = new Uint8Array(1_000_000);
    const response = await client.get('/', { method: 'POST', body });
    expect(await scene.until(response.text())).toBe('1000000');
    await scene.network.pass(3 * SECOND_US);
    expect(client.agent.statistics().connections).toBe(0);
  };
  await upload();
  const { rememberedPath } = kept.get('https://localhost')!;
  expect(rememberedPath).toMatchObject({ rttUs: expect.any(Number), windowBytes: expect.any(Number) });
  await upload();
  client.agent.onNetworkChange();
  await upload();
  await upload();
  expect(client.opened.map((options) => options.rememberedPath !== undefined)).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(client.opened[1]!.rememberedPath).toEqual(rememberedPath);
  // A connection of the network before says nothing about the next one.
  const response = await client.get('/', { method: 'POST', body: new Uint8Array(1_000_000) });
  client.agent.onNetworkChange();
  await scene.until(response.text());
  await scene.network.pass(3 * SECOND_US);
  await upload();
  expect(client.opened.at(-1)!.rememberedPath).toBeUndefined();
  await client.close();
});

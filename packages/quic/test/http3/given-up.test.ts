import { expect, test } from '@jest/globals';
import { QuicStreamError } from 'tsquic';
import type { Http3Handler, ServeOptions } from 'tsquic/http3';
import { watchFaults } from './faults.ts';
import { clientIn, failure, type SceneClient } from './fetching.ts';
import { Scene } from './scene.ts';

watchFaults();

const RARELY_IDLE = { transport: { keepAliveMs: 5000 } };

async function both(
  handler: Http3Handler,
  options: Partial<ServeOptions> = {},
): Promise<[Scene, SceneClient]> {
  const scene = await Scene.create(handler, { ...RARELY_IDLE, ...options });
  return [scene, await clientIn(scene)];
}

/** A body that supplies `chunks` and then waits for `fail`. */
function source(chunks: number, onCancel?: (reason: unknown) => void) {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
      for (let index = 0; index < chunks; index++) given.enqueue(new Uint8Array(10));
    },
    cancel: (reason) => onCancel?.(reason),
  });
  return { body, fail: (error: unknown): void => controller.error(error) };
}

function openRequests(scene: Scene): number {
  return [...scene.server.sessions].reduce((sum, { openRequests: open }) => sum + open, 0);
}

test('requests with content that are given up before the handler reads it give their streams back', async () => {
  const [scene, client] = await both(
    (request) => (request.url.endsWith('/never') ? new Promise<Response>(() => {}) : new Response('x')),
    { transport: { keepAliveMs: 5000, maxBidirectionalStreams: 4 } },
  );
  for (let round = 0; round < 8; round++) {
    const controller = new AbortController();
    const init = { method: 'POST', body: 'abc', signal: controller.signal };
    const fetched = failure(client.begin('/never', init));
    await scene.network.pass(10_000);
    controller.abort();
    expect(await scene.until(fetched)).toMatch(/^AbortError/);
    await scene.network.pass(10_000);
  }
  expect(openRequests(scene)).toBe(0);
  expect(await scene.until((await client.get('/')).text())).toBe('x');
  await scene.until(scene.server.finish());
  await client.close();
});

test('content that fails resets the request, with whatever error: also after the response has ended', async () => {
  const seen: string[] = [];
  const [scene, client] = await both(async (request) => {
    const read = request.text().catch((error: Error) => void seen.push(error.message));
    if (request.url.endsWith('/late')) await read;
    return new Response('early');
  });
  const init = { method: 'POST', duplex: 'half' as const };
  // The content of a request that is passed on fails as that request did.
  const reset = new QuicStreamError(0x10c, 'the request was given up', 'ERR_QUIC_STREAM_RESET');
  const first = source(2);
  const failed = failure(client.begin('/late', { ...init, body: first.body }));
  await scene.network.pass(20_000);
  first.fail(reset);
  expect(await scene.until(failed)).toBe(
    'TypeError: fetch failed < ERR_QUIC_STREAM_RESET: the request was given up',
  );
  await scene.network.pass(20_000);
  expect(seen).toEqual(['the request was given up: the peer reset the stream, code 268']);
  const second = source(2);
  const response = await client.get('/early', { ...init, body: second.body });
  expect(await scene.until(response.text())).toBe('early');
  second.fail(new Error('mine'));
  await scene.network.pass(20_000);
  expect(seen).toHaveLength(2);
  expect([openRequests(scene), client.agent.statistics().activeRequests]).toEqual([0, 0]);
  await client.close();
});

test('whoever cancels the body of a response ends its request, and the sending of content', async () => {
  let signal: AbortSignal | undefined;
  const [scene, client] = await both((request) => {
    signal = request.signal;
    void request.text();
    return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  });
  let cancelled: unknown;
  const { body } = source(2, (reason) => (cancelled = reason));
  const response = await client.get('/', { method: 'POST', duplex: 'half', body });
  await response.body!.cancel('enough');
  await scene.network.pass(20_000);
  expect([cancelled, signal!.aborted]).toEqual(['enough', true]);
  expect([openRequests(scene), client.agent.statistics().activeRequests]).toEqual([0, 0]);
  await scene.until(scene.server.finish());
  await client.close();
});

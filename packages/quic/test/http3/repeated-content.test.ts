import { expect, test } from '@jest/globals';
import type { Http3Handler, Http3RequestInit } from 'tsquic/http3';
import { watchFaults } from './faults.ts';
import { clientIn, failure, type SceneClient } from './fetching.ts';
import { Scene } from './scene.ts';

watchFaults();

/** A scene in which a connection is open whose server goes, and the client has not heard of that. */
async function going(handler: Http3Handler): Promise<[Scene, SceneClient]> {
  const scene = await Scene.create(handler);
  const client = await clientIn(scene);
  await scene.until((await client.get('/')).text());
  const [session] = scene.server.sessions;
  session!.goAway(false);
  session!.goAway(true);
  return [scene, client];
}

const echo: Http3Handler = async (request) => new Response(await request.text());

/** Content in pieces of 1000 bytes, which is complete once `end` is called. */
function pieces(count: number): { stream: ReadableStream<Uint8Array>; end(): void; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  let left = count;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (left-- > 0) return controller.enqueue(new Uint8Array(1000).fill(97));
        await ended;
        controller.enqueue(new TextEncoder().encode('end'));
        controller.close();
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  return { stream, end, cancelled };
}

const of = (init: Http3RequestInit): Request =>
  new Request('https://localhost/', { method: 'POST', ...(init as RequestInit) });

test.each<[string, () => Request, string]>([
  ['a string', () => of({ body: 'text' }), 'text'],
  ['bytes', () => of({ body: new Uint8Array(60_000).fill(97) }), 'a'.repeat(60_000)],
  ['a blob', () => of({ body: new Blob(['blob']) }), 'blob'],
  ['parameters', () => of({ body: new URLSearchParams({ a: 'b' }) }), 'a=b'],
  ['a clone', () => of({ body: 'cloned' }).clone(), 'cloned'],
])(
  'a Request with %s that a server does not process goes to another connection',
  async (_kind, make, text) => {
    const [scene, client] = await going(echo);
    const response = await scene.until(client.begin(make()));
    expect(await scene.until(response.text())).toBe(text);
    expect(client.opened).toHaveLength(2);
    await client.close();
  },
);

test('so does a stream of which little was sent, from its beginning on', async () => {
  const [scene, client] = await going(echo);
  const { stream, end, cancelled } = pieces(20);
  const response = client.begin('/', { method: 'POST', body: stream, duplex: 'half' });
  await scene.network.pass(50_000);
  expect(client.opened).toHaveLength(2);
  end();
  const text = await scene.until(response.then((one) => one.text()));
  expect(text).toBe(`${'a'.repeat(20_000)}end`);
  expect(cancelled).toEqual([]);
  await client.close();
});

test('of which more was sent than is kept, it is a failure, and who supplies it is told', async () => {
  const [scene, client] = await going(echo);
  const { stream, cancelled } = pieces(Infinity);
  const outcome = failure(client.begin('/', { method: 'POST', body: stream, duplex: 'half' }));
  expect(await scene.until(outcome)).toMatch(/^TypeError: fetch failed < ERR_QUIC_STREAM_RESET/);
  await scene.network.pass(10_000);
  expect(cancelled).toHaveLength(1);
  await client.close();
});

test('the content of a Request follows redirects that keep it, as long as it is little', async () => {
  const scene = await Scene.create(async (request) =>
    request.url.endsWith('/kept')
      ? new Response(null, { status: 307, headers: { location: '/echo' } })
      : new Response(await request.text()),
  );
  const client = await clientIn(scene);
  const ask = (body: NonNullable<Http3RequestInit['body']>): Promise<string> =>
    client.get(new Request('https://localhost/kept', { method: 'POST', body: body as never })).then(
      (response) => scene.until(response.text()),
      (error: Error) => (error.cause as Error).message,
    );
  expect(await ask('text')).toBe('text');
  expect(await ask(new Uint8Array(500_000))).toBe(
    'a redirect needs the content again, which was too long to keep',
  );
  await client.close();
});

test('who supplies a stream is told that nobody wants more of it, when the response has come', async () => {
  const scene = await Scene.create(() => new Response('enough'));
  const client = await clientIn(scene);
  const { stream, cancelled } = pieces(3);
  const response = await client.get('/', { method: 'POST', body: stream, duplex: 'half' });
  expect([response.status, cancelled]).toEqual([200, []]);
  await scene.until(response.body!.cancel('done'));
  await scene.network.pass(10_000);
  expect(cancelled).toEqual(['done']);
  await client.close();
});

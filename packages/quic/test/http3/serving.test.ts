import { expect, test } from '@jest/globals';
import type { Http3Handler, Http3Session, ServeOptions } from 'tsquic/http3';
import { covers } from '@tsquic/testing';
import { watchFaults } from './faults.ts';
import { clientIn } from './fetching.ts';
import { ask, Scene } from './scene.ts';

const faults = watchFaults();

async function scene(
  handler: Http3Handler,
  options: Partial<ServeOptions> = {},
): Promise<[Scene, Http3Session]> {
  const made = await Scene.create(handler, options);
  return [made, await made.connect()];
}

async function close(made: Scene): Promise<void> {
  await made.until(made.server.close());
}

function raw(session: Http3Session, head: object = {}, handlers = {}) {
  return session.request(
    { ...{ method: 'POST', scheme: 'https', authority: 'localhost', path: '/', fields: [] }, ...head },
    {},
    handlers,
  )!;
}

/** Bodies that never end. */
function endless(onCancel?: (reason: unknown) => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: (reason) => onCancel?.(reason),
  });
}

test.each<[string, Http3Handler, object]>([
  [
    'throws',
    () => {
      throw new Error('mine');
    },
    { status: 500, text: '' },
  ],
  ['rejects', async () => Promise.reject(new Error('mine')), { status: 500 }],
  ['returns no response', () => 5 as never, { status: 500 }],
  ['returns an error', () => Response.error(), { status: 500 }],
  [
    'returns a response whose body was used',
    async () => {
      const made = new Response('x');
      await made.text();
      return made;
    },
    { status: 500 },
  ],
  ['returns 204', () => new Response(null, { status: 204 }), { status: 204, text: '' }],
  [
    'returns 304',
    () => new Response(null, { status: 304, headers: { etag: '"a"', 'content-length': '9' } }),
    { status: 304, fields: { 'content-length': '9' } },
  ],
  [
    'sets fields of HTTP/1.1',
    () =>
      new Response('x', {
        headers: {
          connection: 'close',
          'keep-alive': '5',
          'transfer-encoding': 'chunked',
          upgrade: 'h2c',
          'proxy-connection': 'x',
        },
      }),
    { status: 200, text: 'x' },
  ],
  [
    'sets cookies',
    () =>
      new Response('x', {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      }),
    { status: 200, fields: { 'set-cookie': 'b=2' } },
  ],
  ['sets a date', () => new Response('x', { headers: { date: 'today' } }), { fields: { date: 'today' } }],
])('a handler that %s', async (_name, handler, answer) => {
  const [made, session] = await scene(handler);
  expect(await made.until(ask(session))).toMatchObject(answer);
  // The connection goes on.
  expect((await made.until(ask(session))).status).toBeGreaterThan(199);
  await close(made);
  expect(faults().every((fault) => fault.startsWith('a handler of requests failed'))).toBe(true);
});

test('bodies that fail, and that are not as long as they say, reset the response', async () => {
  const bodies: (() => Response)[] = [
    () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('mine')) })),
    () => new Response(new ReadableStream({ start: (controller) => controller.enqueue('text' as never) })),
    () => new Response('too long', { headers: { 'content-length': '3' } }),
    () => new Response('short', { headers: { 'content-length': '30' } }),
  ];
  const errors: string[] = [];
  const [made, session] = await scene(
    (request) => bodies[Number(new URL(request.url).pathname.slice(1))]!(),
    { onError: (error) => void errors.push(String(error)) },
  );
  for (const path of ['/0', '/1', '/2', '/3'])
    await expect(made.until(ask(session, { path }))).rejects.toBe(0x102);
  expect(errors).toEqual([
    'Error: mine',
    'TypeError: a body consists of chunks that are Uint8Arrays',
    'TypeError: the body is not of the 3 bytes that content-length promises',
    'TypeError: the body is not of the 30 bytes that content-length promises',
  ]);
  await close(made);
});

test('onError answers, and what it throws is the answer 500', async () => {
  const [made, session] = await scene(
    (request) => {
      throw new Error(request.url);
    },
    {
      onError: async (error, request) => {
        if (request.url.endsWith('/worse')) throw new Error('worse');
        return new Response((error as Error).message, { status: 503 });
      },
    },
  );
  expect(await made.until(ask(session))).toMatchObject({ status: 503, text: 'https://localhost/' });
  expect(await made.until(ask(session, { path: '/worse' }))).toMatchObject({ status: 500 });
  await close(made);
  expect(faults()).toEqual(['the callback onError failed: worse']);
});

test('nothing is compressed that a program has not compressed, because nobody else knows what is secret in it', async () => {
  covers('rfc9114-10.6-1', 'rfc9114-10.6-2');
  const content = 'secret '.repeat(1000);
  const sent: unknown[] = [];
  const [made, session] = await scene(async (request) => {
    sent.push([request.headers.get('content-encoding'), (await request.arrayBuffer()).byteLength]);
    return new Response(content, { headers: { 'content-type': 'text/plain' } });
  });
  const fields = { 'accept-encoding': 'gzip, deflate, br, zstd' };
  const answer = await made.until(ask(session, { fields }));
  expect([answer.fields['content-encoding'], answer.text]).toEqual([undefined, content]);
  const client = await clientIn(made);
  await made.until((await client.get('/', { method: 'POST', body: content })).text());
  expect(sent).toEqual([
    [null, 0],
    [null, content.length],
  ]);
  await made.until(client.agent.close());
  await close(made);
});

test('HEAD has the fields of GET and no content; methods without a Request are 501; other schemes 421', async () => {
  let cancelled = 0;
  const [made, session] = await scene(
    () =>
      new Response(
        endless(() => cancelled++),
        { headers: { 'x-a': 'b' } },
      ),
  );
  expect(await made.until(ask(session, { method: 'HEAD' }))).toMatchObject({
    status: 200,
    text: '',
    fields: { 'x-a': 'b' },
  });
  expect(cancelled).toBe(1);
  expect(await made.until(ask(session, { method: 'TRACE' }))).toMatchObject({ status: 501 });
  const statuses: number[] = [];
  const onResponse = ({ status }: { status: number }): void => void statuses.push(status);
  raw(session, { scheme: 'http', method: 'GET' }, { onResponse }).write(new Uint8Array(0), true);
  raw(session, { scheme: '', path: '', authority: 'localhost:80', method: 'CONNECT' }, { onResponse });
  // HTTP/3 allows this one, and URLs do not.
  raw(session, { authority: '[1:2]', method: 'GET' }, { onResponse }).write(new Uint8Array(0), true);
  session.wake();
  await made.network.pass(50_000);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([400, 421, 501]);
  await close(made);
});

test('the signal is aborted, and the bodies fail, when a client leaves at any point', async () => {
  const log: string[] = [];
  const [made, session] = await scene(async (request) => {
    const { pathname } = new URL(request.url);
    request.signal.addEventListener('abort', () =>
      log.push(`${pathname} aborted ${(request.signal.reason as Error).name}`),
    );
    if (pathname === '/never') return new Promise<Response>(() => {});
    if (pathname === '/late') {
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      return new Response(endless(() => log.push('/late cancelled')));
    }
    if (pathname === '/throws') {
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      throw new Error('after the end');
    }
    if (pathname === '/ignores') {
      // Promises of the body that nobody awaits yet.
      void request.clone().text();
      void request.arrayBuffer();
      return new Promise<Response>(() => {});
    }
    if (pathname === '/reads')
      await request.text().catch((error: Error) => log.push(`/reads ${error.message}`));
    return new Response(endless(() => log.push(`${pathname} cancelled`)));
  });
  const leave = [
    (stream: ReturnType<typeof raw>) => stream.cancel(),
    (stream: ReturnType<typeof raw>) => stream.stopReading(0x10c),
  ];
  for (const path of ['/never', '/late', '/throws', '/ignores', '/reads', '/endless'])
    for (const how of path === '/reads' ? leave.slice(0, 1) : leave)
      for (const us of [0, 3000, 30_000]) {
        log.length = 0;
        const stream = raw(session, { path });
        stream.write(new Uint8Array(100));
        session.wake();
        await made.network.pass(us);
        how(stream);
        session.wake();
        await made.network.pass(30_000);
        // What was given up before it left was never heard of.
        if (us > 0) expect(log).toContain(`${path} aborted AbortError`);
        if (us > 0 && (path === '/late' || path === '/endless')) expect(log).toContain(`${path} cancelled`);
        if (us > 0 && path === '/reads')
          expect(log).toContainEqual(expect.stringContaining('/reads the request was given up'));
      }
  // The connection itself goes.
  log.length = 0;
  for (const path of ['/never', '/late', '/throws', '/ignores', '/reads', '/endless']) raw(session, { path });
  session.wake();
  await made.network.pass(10_000);
  await made.until(session.close());
  await made.network.pass(10_000);
  expect(log.filter((line) => line.endsWith('AbortError'))).toHaveLength(6);
  expect(faults()).toEqual([]);
  await close(made);
});

test('content flows at the pace of the handler, and a response at that of the client', async () => {
  let supplied = 0;
  let release: (() => void) | undefined;
  const [made, session] = await scene(async (request) => {
    if (request.method === 'POST') await new Promise<void>((resolve) => (release = resolve));
    const { length } = request.method === 'POST' ? await request.text() : { length: 0 };
    const body = new ReadableStream({
      pull: (controller) => {
        if (supplied >= 20_000_000) return controller.close();
        supplied += 100_000;
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    return length > 0 ? new Response(`${length}`) : new Response(body);
  });
  // A client that never reads.
  const silent = raw(session, { method: 'GET' });
  silent.write(new Uint8Array(0), true);
  session.wake();
  await made.network.pass(3_000_000);
  expect(supplied).toBeLessThan(2_000_000);
  silent.cancel();
  session.wake();
  // A handler that does not read for a while.
  const content = 'x'.repeat(20_000_000);
  const answer = ask(session, { method: 'POST', content });
  await made.network.pass(3_000_000);
  const { bytesReceived } = made.server.listener.connections.values().next().value!.statistics();
  expect(bytesReceived).toBeLessThan(3_000_000);
  release!();
  expect((await made.until(answer)).text).toBe('20000000');
  await close(made);
});

test('limits: content, requests of a connection, patience', async () => {
  const seen: string[] = [];
  const [made, session] = await scene(
    async (request) => {
      seen.push(request.method);
      return new Response(`${(await request.text()).length}`);
    },
    { maxRequestBodyBytes: 1000, maxRequestsPerConnection: 6, stallTimeoutMs: 5000 },
  );
  expect(await made.until(ask(session, { method: 'POST', content: 'x'.repeat(1000) }))).toMatchObject({
    text: '1000',
  });
  expect(await made.until(ask(session, { method: 'POST', content: 'x'.repeat(1001) }))).toMatchObject({
    status: 413,
  });
  const fields = { 'content-length': '1001' };
  expect(await made.until(ask(session, { method: 'POST', content: 'x'.repeat(1001), fields }))).toMatchObject(
    { status: 413 },
  );
  expect(seen).toEqual(['POST', 'POST']);
  // Content that does not come.
  let status = 0;
  const slow = raw(session, {}, { onResponse: (head: { status: number }) => void (status = head.status) });
  slow.write(new Uint8Array(10));
  session.wake();
  await made.network.pass(4_000_000);
  expect(status).toBe(0);
  await made.network.pass(2_000_000);
  expect(status).toBe(408);
  expect(session.engine.acceptsRequests).toBe(true);
  await made.until(ask(session));
  await made.until(ask(session));
  await made.network.pass(50_000);
  expect(session.engine.acceptsRequests).toBe(false);
  expect(made.server.sessions.size).toBe(0);
  await close(made);
  expect(faults()).toEqual([]);
});

test('patience ends with what was waited for: a response may take any time after its request was read', async () => {
  const [made, session] = await scene(
    async (request) => {
      const reader = request.body!.getReader();
      const isWhole = request.url.endsWith('/whole');
      const reading = reader.read();
      if (isWhole) while (!(await reader.read()).done);
      else await reader.cancel();
      await reading;
      let count = 0;
      return new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise<void>((resolve) => made.network.clock.createAlarm(resolve).set(2_000_000));
            if (++count > 5) controller.close();
            else controller.enqueue(new TextEncoder().encode(`${count}`));
          },
        }),
      );
    },
    { stallTimeoutMs: 3000, transport: { idleTimeoutMs: 60_000 } },
  );
  for (const path of ['/whole', '/cancelled']) {
    let text = '';
    let code = 0;
    const decoder = new TextDecoder();
    const stream = raw(
      session,
      { path },
      {
        onContent: () => {
          const into = new Uint8Array(100);
          text += decoder.decode(into.subarray(0, stream.read(into)));
        },
        onFailed: (failure: { code: number }) => void (code = failure.code),
      },
    );
    session.wake();
    await made.network.pass(10_000);
    if (path === '/whole') stream.write(Uint8Array.of(1), true);
    session.wake();
    await made.network.pass(20_000_000);
    expect([text, code]).toEqual(['12345', 0]);
  }
  await close(made);
});

test('content that waits for it is asked for when it is read', async () => {
  const [made, session] = await scene(
    async (request) => new Response(request.url.endsWith('/read') ? await request.text() : 'unread'),
  );
  const fields = { expect: '100-continue' };
  expect(
    await made.until(ask(session, { method: 'POST', path: '/read', content: 'x', fields })),
  ).toMatchObject({ interim: [], text: 'x' });
  const told: string[] = [];
  const head = { path: '/read', fields: [{ name: 'expect', value: '100-continue' }] };
  const stream = raw(session, head, {
    onInterim: ({ status }: { status: number }) => {
      told.push(`${status}`);
      stream.write(Uint8Array.of(65), true);
    },
    onResponse: ({ status }: { status: number }) => void told.push(`${status}`),
  });
  session.wake();
  await made.network.pass(50_000);
  expect(told).toEqual(['100', '200']);
  await close(made);
});

test('finish answers what is under way, refuses the rest, and says so with GOAWAY', async () => {
  const releases: (() => void)[] = [];
  const [made, session] = await scene(async () => {
    await new Promise<void>((resolve) => void releases.push(resolve));
    return new Response('at last');
  });
  const answer = ask(session);
  await made.network.pass(10_000);
  const finished = made.server.finish();
  await made.network.pass(1000);
  // It may still come during the round trip.
  const late = ask(session);
  await made.network.pass(20_000);
  expect(session.engine.acceptsRequests).toBe(false);
  for (const release of releases) release();
  expect((await made.until(answer)).text).toBe('at last');
  expect((await made.until(late)).text).toBe('at last');
  await made.until(finished);
  expect(session.ended).toMatchObject({ kind: 'application', code: 0x100, remote: true });
});

test('finish ends with its signal', async () => {
  const [made, session] = await scene(() => new Promise(() => {}));
  void ask(session).catch(() => {});
  await made.network.pass(10_000);
  const controller = new AbortController();
  const finished = made.server.finish({ signal: controller.signal });
  await made.network.pass(100_000);
  controller.abort();
  await made.until(finished);
  await made.network.pass(10_000);
  expect(session.ended).toMatchObject({ kind: 'application', code: 0x100 });
});

test('a client that opens and resets requests without end is shut out', async () => {
  let handled = 0;
  const [made, session] = await scene(() => {
    handled++;
    return new Promise(() => {});
  });
  for (let round = 0; round < 100 && session.ended === undefined; round++) {
    for (let index = 0; index < 50; index++) {
      const stream = session.engine.acceptsRequests ? raw(session, { method: 'GET' }) : undefined;
      session.wake();
      stream?.cancel();
    }
    session.wake();
    await made.network.pass(5000);
    for (let index = 0; index < 20; index++) raw(session, { method: 'GET' })?.write(new Uint8Array(1));
    session.wake();
    await made.network.pass(5000);
    if (session.ended === undefined) for (const stream of streamsOf(session)) stream?.cancel();
  }
  expect(session.ended).toMatchObject({ code: 0x107, remote: true });
  expect(handled).toBeLessThan(400);
  await close(made);
});

function* streamsOf(session: Http3Session) {
  for (let id = 0; id < 4 * 10_000; id += 4) {
    const stream = session.engine.stream(id);
    if (stream !== undefined) yield stream;
  }
}

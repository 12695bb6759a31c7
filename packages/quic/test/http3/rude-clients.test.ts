import { expect, test } from '@jest/globals';
import { type Http3Handler, type Http3Session, nodeHandler, type ServeOptions } from 'tsquic/http3';
import { watchFaults } from './faults.ts';
import { ask, Scene } from './scene.ts';

watchFaults();

/** A client that never lets the connection idle. */
async function scene(
  handler: Http3Handler,
  options: Partial<ServeOptions> = {},
  transport: object = {},
): Promise<[Scene, Http3Session]> {
  const made = await Scene.create(handler, options);
  return [made, await made.connect({ transport: { keepAliveMs: 5000, ...transport } })];
}

function post(session: Http3Session, fields: Record<string, string> = {}, handlers: object = {}) {
  const head = { method: 'POST', scheme: 'https', authority: 'localhost', path: '/' };
  const lines = Object.entries(fields).map(([name, value]) => ({ name, value }));
  return session.request({ ...head, fields: lines }, {}, handlers)!;
}

const SECOND_US = 1_000_000;

test('finish does not wait for a request of which only a byte comes', async () => {
  const [made, session] = await scene(() => new Response('x'));
  session.openStream({}, {})!.write(Uint8Array.of(1));
  session.wake();
  await made.network.pass(10_000);
  const finished = made.server.finish().then(() => 'finished');
  const late = made.network.pass(5 * SECOND_US).then(() => 'late');
  expect(await made.until(Promise.race([finished, late]))).toBe('finished');
});

test('a request of which only a byte comes is rejected in the end', async () => {
  const [made, session] = await scene(() => new Response('x'), { stallTimeoutMs: 2000 });
  const codes: number[] = [];
  const stream = session.openStream({}, { onReset: (code) => codes.push(code) })!;
  stream.write(Uint8Array.of(1));
  session.wake();
  await made.network.pass(1.9 * SECOND_US);
  expect(codes).toEqual([]);
  await made.network.pass(2.2 * SECOND_US);
  expect(codes).toEqual([0x10b]);
  expect(await made.until(ask(session))).toMatchObject({ text: 'x' });
  await made.until(made.server.close());
});

test('content that a handler began to read and left alone, and that nobody reads, ends after the response', async () => {
  const [made, session] = await scene(
    async (request) => {
      if (request.headers.has('x-used')) await request.body!.getReader().read();
      return new Response('done');
    },
    { stallTimeoutMs: 2000 },
  );
  for (const used of ['x-used', 'x-unused']) {
    const told: string[] = [];
    const stream = post(
      session,
      { [used]: '1' },
      {
        onResponse: ({ status }: { status: number }) => told.push(`${status}`),
        onStopped: (code: number) => told.push(`stopped ${code}`),
        onFailed: () => told.push('failed'),
      },
    );
    stream.write(new Uint8Array(100_000));
    session.wake();
    await made.network.pass(1.5 * SECOND_US);
    expect(told).toEqual(['200']);
    await made.network.pass(5 * SECOND_US);
    expect(told).toEqual(['200', 'stopped 256']);
  }
  expect([...made.server.sessions][0]!.openRequests).toBe(0);
  await made.until(made.server.finish());
});

test('content that a handler reads slowly after its response, and a response that is taken slowly, go on', async () => {
  const pause = (us: number): Promise<void> => made.network.pass(us);
  let read = 0;
  const [made, session] = await scene(
    (request) => {
      const reader = request.body!.getReader();
      void (async () => {
        for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
          read += chunk.value.length;
          await pause(SECOND_US);
        }
      })();
      return new Response('done');
    },
    { stallTimeoutMs: 2000 },
  );
  const stream = post(session);
  stream.write(new Uint8Array(15_000));
  session.wake();
  for (let round = 0; round < 6; round++) {
    await pause(SECOND_US);
    stream.write(new Uint8Array(1000), round === 5);
    session.wake();
  }
  await pause(3 * SECOND_US);
  expect(read).toBe(21_000);
  await made.until(made.server.finish());
});

test('a response that a client does not take is given up, also when it was written whole', async () => {
  const small = { streamWindowBytes: 1000, maxStreamWindowBytes: 1000 };
  const [made, session] = await scene(() => new Response('x'.repeat(5000)), { stallTimeoutMs: 2000 }, small);
  const codes: number[] = [];
  const head = { method: 'GET', scheme: 'https', authority: 'localhost', path: '/', fields: [] };
  session.request(head, { ends: true }, { onFailed: ({ code }: { code: number }) => void codes.push(code) });
  await made.network.pass(1.5 * SECOND_US);
  expect(codes).toEqual([]);
  await made.network.pass(10 * SECOND_US);
  expect(codes).toEqual([0x107]);
  await made.until(made.server.finish());
});

test('100 is sent once, and not after content has come', async () => {
  const [made, session] = await scene(async (request) => new Response(`${(await request.text()).length}`));
  const fields = { expect: '100-continue' };
  for (const isAsked of [true, false]) {
    const told: number[] = [];
    const onHead = ({ status }: { status: number }): void => void told.push(status);
    const stream = post(session, fields, { onInterim: onHead, onResponse: onHead });
    for (let round = 0; round < 10; round++) {
      if (!isAsked || round > 0) stream.write(new Uint8Array(10), round === 9);
      session.wake();
      await made.network.pass(10_000);
    }
    expect(told).toEqual(isAsked ? [100, 200] : [200]);
  }
  await made.until(made.server.close());
});

test('content that was never asked for is not waited for', async () => {
  const [made, session] = await scene(() => new Response('no', { status: 403 }));
  const told: string[] = [];
  post(
    session,
    { expect: '100-continue' },
    {
      onResponse: ({ status }: { status: number }) => told.push(`${status}`),
      onStopped: (code: number) => told.push(`stopped ${code}`),
    },
  );
  session.wake();
  await made.network.pass(10_000);
  expect(told.toSorted()).toEqual(['403', 'stopped 256']);
  await made.until(made.server.close());
});

test('finish waits for requests also where a handler watches the connection', async () => {
  let release: (() => void) | undefined;
  const [made, session] = await scene(async (_request, info) => {
    info.connection.closed.catch(() => {});
    await new Promise<void>((resolve) => (release = resolve));
    return new Response('late');
  });
  const answer = ask(session);
  await made.network.pass(10_000);
  const finished = made.server.finish();
  await made.network.pass(SECOND_US);
  release!();
  expect((await made.until(answer)).text).toBe('late');
  await made.until(finished);
});

test('a connection whose session cannot be made is closed', async () => {
  const made = await Scene.create(() => new Response('x'));
  const extension = {
    onSession: () => {
      throw new Error('mine');
    },
  };
  await expect(made.connect({ extensions: [extension] })).rejects.toThrow('mine');
  await made.network.pass(10_000);
  expect([made.server.sessions.size, [...made.server.listener.connections].length]).toEqual([0, 0]);
  await made.until(made.server.close());
});

test('methods and hosts that the platform writes in another way are refused', async () => {
  const [made, session] = await scene((request) => new Response(`${request.method} ${request.url}`));
  const told: Record<string, number> = {};
  const heads = [
    ['POST', 'localhost'],
    ['POST', 'LOCALHOST:443'],
    ['POST', '[::1]:4433'],
    ['post', 'localhost'],
    ['head', 'localhost'],
    ['POST', '0x7f.1'],
    ['POST', '%6cocalhost'],
  ] as const;
  for (const [method, authority] of heads)
    session.request(
      { method, authority, scheme: 'https', path: '/', fields: [] },
      { ends: true },
      {
        onResponse: ({ status }) => {
          told[`${method} ${authority}`] = status;
        },
      },
    );
  await made.network.pass(50_000);
  expect(told).toEqual({
    'POST localhost': 200,
    'POST LOCALHOST:443': 200,
    'POST [::1]:4433': 200,
    'post localhost': 501,
    'head localhost': 501,
    'POST 0x7f.1': 400,
    'POST %6cocalhost': 400,
  });
  await made.until(made.server.close());
});

test('a GET whose content never ends holds neither its handler nor who waits for trailers', async () => {
  const told: string[] = [];
  const [made, session] = await scene(
    async (_request, { trailers }) => {
      await trailers.catch((error: Error) => told.push((error as Error & { code: string }).code));
      return new Response('x');
    },
    { stallTimeoutMs: 2000 },
  );
  const get = { method: 'GET', scheme: 'https', authority: 'localhost', path: '/', fields: [] };
  const answered = new Promise<void>((resolve) => {
    const stream = session.request(get, {}, { onResponse: () => resolve() })!;
    stream.write(new Uint8Array(10));
    session.wake();
  });
  await made.until(answered);
  expect(told).toEqual(['ERR_QUIC_STALLED']);
  expect(session.ended).toBeUndefined();
  await made.until(made.server.close());
  const node = await Scene.create(
    nodeHandler((req, res) => {
      req.resume().on('end', () => res.end('at once'));
    }),
  );
  const other = await node.connect();
  const startUs = node.network.clock.nowUs();
  await node.until(
    new Promise<void>((resolve) => {
      other.request(get, {}, { onResponse: () => resolve() });
    }),
  );
  expect(node.network.clock.nowUs() - startUs).toBeLessThan(SECOND_US);
  await node.until(node.server.close());
});

test.each([
  [6000, 408, 6],
  [Infinity, 200, 10],
])(
  'content that comes a byte at a time, with %d ms for all of it, is answered %d',
  async (limit, status, seconds) => {
    const errors: string[] = [];
    const [made, session] = await scene(
      async (request) => {
        await request.text().catch((error: Error) => errors.push(error.message));
        return new Response('x');
      },
      { stallTimeoutMs: 2000, requestTimeoutMs: limit },
    );
    const startUs = made.network.clock.nowUs();
    let sent = 0;
    const answered = new Promise<[number, number]>((resolve) => {
      const stream = post(
        session,
        {},
        {
          onResponse: (head: { status: number }) =>
            resolve([head.status, Math.round((made.network.clock.nowUs() - startUs) / SECOND_US)]),
        },
      );
      const trickle = made.network.clock.createAlarm(() => {
        stream.write(new Uint8Array(1), ++sent === 10);
        session.wake();
        if (sent < 10) trickle.set(SECOND_US);
      });
      trickle.set(SECOND_US);
    });
    expect(await made.until(answered)).toEqual([status, seconds]);
    expect(errors).toEqual(
      status === 408 ? ['the content of the request has not come within requestTimeoutMs'] : [],
    );
    await made.until(made.server.close());
  },
);

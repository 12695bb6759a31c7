import { expect, test } from '@jest/globals';
import type { QuicListener, SharedReplayStore } from 'tsquic';
import { dial, receive, send, serve } from './endpoints.ts';

/** A session that allows early data. */
async function sessionOf(listener: QuicListener): Promise<Uint8Array> {
  const kept = new Promise<Uint8Array>((resolve) => {
    void dial(listener, { onSession: resolve }).then(async (connection) => {
      await connection.ready;
      await kept;
      await connection.close();
    });
  });
  return kept;
}

test('connect resolves at once with early data, and the server has the stream before the handshake is complete', async () => {
  const seen: { early: boolean; state: string; earlyData: string }[] = [];
  const listener = await serve(
    async (connection) => {
      for await (const stream of connection) {
        const { state } = connection.statistics();
        seen.push({ early: stream.early, state, earlyData: connection.earlyData });
        await send(stream.writable, await receive(stream.readable));
      }
    },
    { earlyData: true },
  );
  const session = await sessionOf(listener);
  const client = await dial(listener, { session, earlyData: true });
  expect(client.earlyData).toBe('offered');
  expect(client.statistics().state).toBe('handshaking');
  const stream = await client.openStream();
  await send(stream.writable, 'abc');
  expect(await receive(stream.readable)).toBe('abc');
  await client.ready;
  expect(client.earlyData).toBe('accepted');
  expect(client.resumed).toBe(true);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ early: true, earlyData: 'accepted' });
  await client.close();
  await listener.close();
});

test('a server without early data: it is sent again by itself', async () => {
  const listener = await serve(async (connection) => {
    for await (const stream of connection) await send(stream.writable, await receive(stream.readable));
  });
  const early = await serve(undefined, { earlyData: true });
  const session = await sessionOf(early);
  await early.close();
  const client = await dial(listener, { session, earlyData: true });
  const stream = await client.openStream();
  await send(stream.writable, 'de');
  expect(await receive(stream.readable)).toBe('de');
  expect(client.earlyData).toBe('rejected');
  await client.close();
  await listener.close();
});

test.each<[string, SharedReplayStore]>([
  ['says that it is the first use', { use: () => Promise.resolve(true) }],
  ['says that it is not', { use: () => false }],
  ['fails', { use: () => Promise.reject(new Error('no store')) }],
])(
  'a store that %s: the data comes in any case, at once or after the handshake',
  async (_name, replayStore) => {
    const uses: [number, number][] = [];
    const store: SharedReplayStore = {
      use: (id, expiresAtMs) => {
        uses.push([id.length, expiresAtMs]);
        return replayStore.use(id, expiresAtMs);
      },
    };
    const listener = await serve(
      async (connection) => {
        for await (const stream of connection) await send(stream.writable, await receive(stream.readable));
      },
      { earlyData: { replayStore: store } },
    );
    const warnings: unknown[] = [];
    const listen = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', listen);
    const client = await dial(listener, { session: await sessionOf(listener), earlyData: true });
    const stream = await client.openStream();
    await send(stream.writable, 'f');
    expect(await receive(stream.readable)).toBe('f');
    expect(client.earlyData).toBe('accepted');
    expect(uses).toHaveLength(1);
    expect(uses[0]![0]).toBe(16);
    expect(uses[0]![1]).toBeGreaterThan(Date.now());
    await client.close();
    await listener.close();
    process.off('warning', listen);
  },
);

test.each([
  ['connect', { earlyData: 'yes' as never }],
  ['connect', { enableEarlyData: true } as never],
])('%s refuses %j', async (_call, options) => {
  const listener = await serve();
  await expect(dial(listener, options)).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
  await listener.close();
});

test('listen refuses a store that is none', async () => {
  await expect(serve(undefined, { earlyData: { replayStore: {} as never } })).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
  });
});

test('tooEarly has the client ask again after the handshake, and does nothing after that', async () => {
  const TOO_EARLY = 425;
  const answers: boolean[] = [];
  const listener = await serve(
    async (connection) => {
      for await (const stream of connection) {
        const asksAgain = stream.tooEarly(TOO_EARLY);
        answers.push(asksAgain);
        if (!asksAgain) await send(stream.writable, await receive(stream.readable));
        else await connection.ready;
        // It is no replay any more, whatever it was before.
        expect(stream.tooEarly(TOO_EARLY)).toBe(false);
      }
    },
    { earlyData: true },
  );
  const session = await sessionOf(listener);
  const client = await dial(listener, { session, earlyData: true });
  const ask = async (): Promise<string> => {
    const stream = await client.openStream();
    const answer = receive(stream.readable);
    answer.catch(() => {});
    await send(stream.writable, 'pay').catch(() => {});
    return answer;
  };
  const first = await ask().catch((error: unknown) => error);
  expect(first).toMatchObject({ code: 'ERR_QUIC_STREAM_RESET', errorCode: TOO_EARLY });
  await client.ready;
  expect(await ask()).toBe('pay');
  expect(answers).toEqual([true, false]);
  await client.close();
  await listener.close();
});

test.each(['admit', 'optionsFor'] as const)('%s rejects early data of a connection', async (name) => {
  let isTooEarly = false;
  const listener = await serve(
    async (connection) => {
      for await (const stream of connection) {
        expect(stream.early).toBe(false);
        await send(stream.writable, await receive(stream.readable));
      }
    },
    { earlyData: true, [name]: () => (isTooEarly ? { earlyData: false } : undefined) },
  );
  const session = await sessionOf(listener);
  isTooEarly = true;
  const client = await dial(listener, { session, earlyData: true });
  expect(client.earlyData).toBe('offered');
  const stream = await client.openStream();
  await send(stream.writable, 'again');
  expect(await receive(stream.readable)).toBe('again');
  expect(client.earlyData).toBe('rejected');
  await client.close();
  await listener.close();
});

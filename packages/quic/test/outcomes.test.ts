import { describe, expect, test } from '@jest/globals';
import { openNodePort } from '@tsquic/event-adapters';
import { QuicApplicationError } from 'tsquic';
import { connectedPair, dial, HOST, pause, receive, send, serve, take, Zeros } from './endpoints.ts';

describe('AbortSignal', () => {
  test('aborted before: rejects with the reason and opens nothing', async () => {
    const listener = await serve();
    const reason = new Error('never mind');
    const signal = AbortSignal.abort(reason);
    let lookups = 0;
    const lookup = (): never => {
      lookups++;
      throw new Error('looked up');
    };
    await expect(dial(listener, { signal, lookup, host: 'localhost' })).rejects.toBe(reason);
    expect(lookups).toBe(0);
    await expect(serve(undefined, { signal })).rejects.toBe(reason);
    await listener.close();
  });

  test('while the name is looked up', async () => {
    const listener = await serve();
    const abort = new AbortController();
    const lookup = (): Promise<never> => new Promise(() => {});
    const dialled = dial(listener, { signal: abort.signal, lookup, host: 'localhost' });
    abort.abort(new Error('too slow'));
    await expect(dialled).rejects.toThrow('too slow');
    await listener.close();
  });

  test('on a connection: ends it, here with the reason, there as a close', async () => {
    const abort = new AbortController();
    const pair = await connectedPair({ signal: abort.signal });
    const stream = await pair.client.openStream();
    const reading = stream.readable.getReader().read();
    const reason = new Error('program ends');
    abort.abort(reason);
    await expect(pair.client.closed).rejects.toBe(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await pair.server.closed).toEqual({ code: 0, reason: '', remote: true });
    await pair.listener.close();
  });

  test('on a listener: ends it and its connections', async () => {
    const abort = new AbortController();
    const pair = await connectedPair({}, { signal: abort.signal });
    const next = pair.listener[Symbol.asyncIterator]().next();
    abort.abort(new Error('shutting down'));
    await expect(pair.listener.closed).rejects.toThrow('shutting down');
    await expect(next).rejects.toThrow('shutting down');
    expect((await pair.client.closed).remote).toBe(true);
  });
});

describe('close', () => {
  test('discards what was not delivered', async () => {
    const { client, server, listener } = await connectedPair();
    const stream = await client.openStream();
    const zeros = new Zeros(50_000_000);
    const sending = zeros.readable.pipeTo(stream.writable);
    const other = await take(server);
    await client.close({ code: 9, reason: 'never mind the rest' });
    await expect(sending).rejects.toMatchObject({
      code: 'ERR_QUIC_APPLICATION',
      errorCode: 9,
      remote: false,
    });
    await expect(receive(other.readable)).rejects.toMatchObject({ errorCode: 9, remote: true });
    expect(await client.closed).toEqual({ code: 9, reason: 'never mind the rest', remote: false });
    expect(await server.closed).toEqual({ code: 9, reason: 'never mind the rest', remote: true });
    await listener.close();
  });

  test('what had arrived whole can still be read', async () => {
    const { client, server, listener } = await connectedPair();
    const stream = await client.openStream({ unidirectional: true });
    await send(stream.writable, 'in time');
    await client.close();
    await server.closed;
    expect(await receive((await take(server)).readable)).toBe('in time');
    await listener.close();
  });

  test('by who has just read the last answer leaves the answerer sure of it', async () => {
    const ends: string[] = [];
    const listener = await serve(async (connection) => {
      const stream = await take(connection);
      await stream.readable.pipeTo(stream.writable).then(
        () => ends.push('delivered'),
        () => ends.push('lost'),
      );
    });
    for (let count = 0; count < 5; count++) {
      const client = await dial(listener);
      const stream = await client.openStream();
      await send(stream.writable, 'question');
      await receive(stream.readable);
      await client.close();
    }
    await listener.finish();
    expect(ends).toEqual(Array.from({ length: 5 }, () => 'delivered'));
  });

  test('ends an iteration of streams; a failure is thrown into it', async () => {
    const { client, server, listener } = await connectedPair();
    const seen = (async () => {
      for await (const _ of server) throw new Error('there is no stream');
      return 'ended';
    })();
    await client.close();
    expect(await seen).toBe('ended');
    await listener.close();
  });

  test('a code that cannot travel is refused', async () => {
    const pair = await connectedPair();
    await expect(pair.client.close({ code: -1 })).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
    await pair.close();
  });

  test('reaches every client of a listener', async () => {
    // On a busy machine 70 handshakes at once take long.
    const transport = { handshakeTimeoutMs: 60_000, idleTimeoutMs: 120_000 };
    const listener = await serve(() => {}, { transport });
    const clients = await Promise.all(Array.from({ length: 70 }, () => dial(listener, { transport })));
    // Before the server's end is connected, a close with a code of the application cannot travel.
    await Promise.all(clients.map(({ ready }) => ready));
    await listener.close({ code: 3 });
    expect(await Promise.all(clients.map(async ({ closed }) => (await closed).code))).toEqual(
      clients.map(() => 3),
    );
  });
});

describe('finish', () => {
  test('waits until everything is delivered', async () => {
    const { client, server, listener } = await connectedPair();
    const total = 3_000_000;
    const streams = await Promise.all([client.openStream(), client.openStream({ unidirectional: true })]);
    for (const stream of streams) void new Zeros(total).readable.pipeTo(stream.writable);
    await Promise.resolve();
    const received = Promise.all(
      [take(server), take(server)].map(async (other) => (await receive((await other).readable)).length),
    );
    await pause(1);
    await client.finish({ code: 4 });
    expect(await client.closed).toMatchObject({ code: 4, remote: false });
    expect(await received).toEqual([total, total]);
    await listener.close();
  });

  test('refuses new streams, and the signal cuts it short', async () => {
    const { client, server, listener } = await connectedPair();
    const stream = await client.openStream();
    const sending = new Zeros(50_000_000).readable.pipeTo(stream.writable).catch((error: unknown) => error);
    await take(server);
    const abort = new AbortController();
    const finishing = client.finish({ signal: abort.signal });
    await expect(client.openStream()).rejects.toMatchObject({ code: 'ERR_QUIC_CLOSED' });
    abort.abort(new Error('long enough'));
    await expect(finishing).rejects.toThrow('long enough');
    expect(await sending).toBeInstanceOf(QuicApplicationError);
    await listener.close();
  });

  test('of a listener lets answers under way arrive', async () => {
    const listener = await serve(async (connection) => {
      const stream = await take(connection);
      await receive(stream.readable);
      await new Zeros(1_000_000).readable.pipeTo(stream.writable);
    });
    const client = await dial(listener);
    const stream = await client.openStream();
    await send(stream.writable, 'please');
    const reader = stream.readable.getReader();
    let count = (await reader.read()).value?.length ?? 0;
    const finished = listener.finish();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      count += value.length;
    }
    expect(count).toBe(1_000_000);
    await finished;
  });
});

test('finish of a listener waits for handlers that still work on what has arrived', async () => {
  const steps: string[] = [];
  const listener = await serve(async (connection) => {
    for await (const stream of connection) {
      await pause(50);
      steps.push(await receive(stream.readable));
    }
  });
  const client = await dial(listener);
  await send((await client.openStream({ unidirectional: true })).writable, 'all of it');
  await client.close();
  await listener.finish();
  expect(steps).toEqual(['all of it']);

  const stuck = await serve(() => new Promise<void>(() => {}));
  const other = await dial(stuck);
  await other.ready;
  await stuck.finish({ signal: AbortSignal.timeout(20) });
  expect((await other.closed).remote).toBe(true);
});

describe('a handler that throws', () => {
  test('ends its own connection, and no other', async () => {
    const errors: unknown[] = [];
    let count = 0;
    const listener = await serve(
      async (connection) => {
        if (++count === 1) throw new Error('bug');
        for await (const stream of connection) await stream.readable.pipeTo(stream.writable);
      },
      { onError: (error) => errors.push(error) },
    );
    const unlucky = await dial(listener);
    expect(await unlucky.closed).toEqual({ code: 1, reason: '', remote: true });
    expect(errors).toEqual([new Error('bug')]);
    const lucky = await dial(listener);
    const stream = await lucky.openStream();
    const sent = send(stream.writable, 'still here');
    expect(await receive(stream.readable)).toBe('still here');
    await sent;
    await lucky.close();
    await listener.close();
  });

  test('chooses the code by its error', async () => {
    const listener = await serve(() => {
      throw new QuicApplicationError(77, '', false);
    });
    expect((await (await dial(listener)).closed).code).toBe(77);
    await listener.close();
  });
});

describe('a peer that is gone', () => {
  test('nobody listens', async () => {
    const free = await openNodePort({ ip: HOST });
    const { port } = free.local;
    free.close();
    const listener = await serve();
    await expect(dial(listener, { port })).rejects.toMatchObject({ code: 'ERR_QUIC_CONNECTION_REFUSED' });
    await listener.close();
  });
});

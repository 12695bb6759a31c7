import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectOptions, ConnectionHandler, ListenOptions, QuicConnection, QuicListener } from 'tsquic';
import { createDuplex } from 'tsquic/node';
import { certificate, dial, HOST, receive, send, serve, take } from './endpoints.ts';
import { VirtualNetwork, type VirtualPort } from './virtual-network.ts';

const SERVER_IP = '192.0.2.2';
const ECHO: ConnectionHandler = async (peer) => {
  for await (const { readable, writable } of peer) await readable.pipeTo(writable);
};
const BYTES = new TextEncoder().encode('what was written');
const REFUSED = { code: 'ERR_QUIC_TRANSPORT', errorCode: 2, remote: true };

// All in virtual time: no test waits, and none depends on how busy the machine is.
let network: VirtualNetwork;
let serverPort: VirtualPort;
beforeEach(async () => {
  await certificate();
  network = new VirtualNetwork();
  serverPort = network.openPort(SERVER_IP);
});
afterEach(async () => {
  await network.pass(1_000_000);
  if (!serverPort.isClosed || network.armed > 0) throw new Error('something was left open');
});

function listenTo(handler?: ConnectionHandler, options: Partial<ListenOptions> = {}): Promise<QuicListener> {
  const { clock, unixTimeAtZeroUs } = network;
  return serve(handler, { socket: serverPort, clock, unixTimeAtZeroUs, ...options });
}

let clients = 0;
function connectTo(listener: QuicListener, options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
  const { clock, unixTimeAtZeroUs } = network;
  const socket = network.openPort(`192.0.2.${10 + (clients++ % 200)}`);
  const dialled = dial(listener, {
    host: SERVER_IP,
    servername: HOST,
    socket,
    clock,
    unixTimeAtZeroUs,
    ...options,
  });
  return network.until(dialled);
}

/** Virtual time passes. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => network.clock.createAlarm(resolve).set(ms * 1000));
}

/** What is begun, and `finish`, without anything in between. */
async function beginAndFinish(
  connection: QuicConnection,
  begin: (connection: QuicConnection) => unknown,
): Promise<void> {
  await begin(connection);
  await connection.finish({ code: 4 });
}

/** Whether the promise has settled within a second of virtual time. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return network.until(Promise.race([settled, pause(1000).then(() => false)]));
}

describe('finish of a connection', () => {
  /** Each begins in the very turn in which `finish` is called. */
  test.each<[string, (connection: QuicConnection) => unknown]>([
    [
      'write and close',
      async (connection) => {
        const writer = (await connection.openStream()).writable.getWriter();
        void writer.write(BYTES);
        void writer.close();
      },
    ],
    [
      'write, and close after finish was called',
      async (connection) => {
        const writer = (await connection.openStream()).writable.getWriter();
        void writer.write(BYTES);
        void pause(50).then(() => writer.close());
      },
    ],
    [
      'a one-way stream',
      async (connection) => {
        const { writable } = await connection.openStream({ unidirectional: true });
        const writer = writable.getWriter();
        void writer.write(BYTES);
        void writer.close();
      },
    ],
    [
      'a source that is piped and gives its first bytes later',
      async (connection) => {
        const { writable } = await connection.openStream();
        const source = new ReadableStream({
          async pull(controller) {
            await pause(200);
            controller.enqueue(BYTES);
            controller.close();
          },
        });
        void source.pipeTo(writable);
      },
    ],
    [
      'a Duplex',
      async (connection) => {
        createDuplex(await connection.openStream()).end(BYTES);
      },
    ],
    [
      'a Duplex that something is piped into',
      async (connection) => {
        const duplex = createDuplex(await connection.openStream());
        const source = new PassThrough();
        source.pipe(duplex);
        void pause(200).then(() => source.end(BYTES));
      },
    ],
  ])('what was begun before arrives: %s', async (_name, begin) => {
    const texts: string[] = [];
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) {
        texts.push(await receive(stream.readable));
        if (!stream.unidirectional) await stream.writable.close();
      }
    });
    const client = await connectTo(listener);
    await network.until(beginAndFinish(client, begin));
    expect(await client.closed).toEqual({ code: 4, reason: '', remote: false });
    expect(texts).toEqual(['what was written']);
    await network.until(listener.close());
  });

  test('write, close and finish without a promise in between', async () => {
    const texts: string[] = [];
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) texts.push(await receive(stream.readable));
    });
    const client = await connectTo(listener);
    const writer = (await client.openStream({ unidirectional: true })).writable.getWriter();
    void writer.write(BYTES);
    void writer.close();
    await network.until(client.finish());
    expect(texts).toEqual(['what was written']);
    await network.until(listener.close());
  });

  test('a stream that is being opened', async () => {
    const texts: string[] = [];
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) texts.push(await receive(stream.readable));
    });
    const client = await connectTo(listener);
    void client.openStream({ unidirectional: true }).then(({ writable }) => send(writable, 'at last'));
    await network.until(client.finish());
    expect(texts).toEqual(['at last']);
    await network.until(listener.close());
  });

  test('a client gets the answer that it reads', async () => {
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) {
        const question = await receive(stream.readable);
        await pause(300);
        await send(stream.writable, `answer to ${question}`);
      }
    });
    const client = await connectTo(listener);
    const stream = await client.openStream();
    void send(stream.writable, 'a question');
    const answer = receive(stream.readable);
    const finished = client.finish();
    expect(await network.until(answer)).toBe('answer to a question');
    await network.until(finished);
    await network.until(listener.finish());
  });

  test('streams that waited for the limit of the peer are served', async () => {
    const listener = await listenTo(ECHO, { transport: { maxBidirectionalStreams: 1 } });
    const client = await connectTo(listener);
    const texts = [1, 2, 3].map(async (number) => {
      const stream = await client.openStream();
      const [text] = await Promise.all([receive(stream.readable), send(stream.writable, `text ${number}`)]);
      return text;
    });
    await network.until(client.finish());
    expect(await Promise.all(texts)).toEqual(['text 1', 'text 2', 'text 3']);
    await network.until(listener.finish());
  });

  test('refuses streams of both sides from then on', async () => {
    const listener = await listenTo();
    const client = await connectTo(listener);
    const server = await network.until(take(listener));
    const writer = (await client.openStream()).writable.getWriter();
    await network.until(writer.write(BYTES));
    const finished = client.finish();
    await expect(client.openStream()).rejects.toMatchObject({ code: 'ERR_QUIC_CLOSED' });
    const pushed = await server.openStream({ unidirectional: true });
    const pushing = pushed.writable.getWriter();
    void pushing.write(BYTES);
    await expect(network.until(pushing.closed)).rejects.toMatchObject({ code: 'ERR_QUIC_STREAM_STOPPED' });
    expect(await settles(finished)).toBe(false);
    void writer.close();
    await network.until(receive((await network.until(take(server))).readable));
    await network.until(finished);
    await network.until(listener.close());
  });

  test('peers that never finish, and flow control: the signal ends it', async () => {
    const listener = await listenTo(() => {});
    const client = await connectTo(listener);
    const stream = await client.openStream();
    const writing = stream.writable.getWriter().write(new Uint8Array(5_000_000));
    const abort = new AbortController();
    const finished = client.finish({ signal: abort.signal });
    expect(await settles(finished)).toBe(false);
    const again = client.finish();
    abort.abort(new Error('long enough'));
    await expect(network.until(finished)).rejects.toThrow('long enough');
    await expect(network.until(again)).rejects.toMatchObject({ code: 'ERR_QUIC_APPLICATION', remote: false });
    await expect(network.until(writing)).rejects.toMatchObject({ code: 'ERR_QUIC_APPLICATION' });
    expect(await client.closed).toMatchObject({ code: 0, remote: false });
    await network.until(listener.close());
  });

  test('a peer that vanishes meanwhile: the idle timeout ends it', async () => {
    const listener = await listenTo(() => {}, { transport: { idleTimeoutMs: 2000 } });
    const client = await connectTo(listener);
    const writer = (await client.openStream()).writable.getWriter();
    void writer.write(BYTES);
    const finished = client.finish();
    network.isCut = true;
    await expect(network.until(finished)).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
    await expect(client.finish()).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
    network.isCut = false;
    await network.until(listener.close());
  });

  test('twice, after close, on both sides at once, and of nothing', async () => {
    const listener = await listenTo();
    const client = await connectTo(listener);
    const server = await network.until(take(listener));
    const all = [client.finish(), client.finish(), server.finish()];
    await network.until(Promise.all(all));
    await network.until(client.finish());
    await network.until(client.close());
    expect(await client.closed).toMatchObject({ code: 0 });
    const other = await connectTo(listener);
    await network.until(other.close());
    await network.until(other.finish());
    await network.until(listener.finish());
    await network.until(listener.finish());
    await network.until(listener.close());
  });

  test('unread and unused streams hold nothing up', async () => {
    const listener = await listenTo();
    const client = await connectTo(listener);
    const server = await network.until(take(listener));
    await client.openStream();
    const stream = await client.openStream();
    await network.until(send(stream.writable, 'log line'));
    void (await server.openStream()).writable.getWriter().write(BYTES);
    await network.pass(10_000);
    expect(await settles(client.finish())).toBe(true);
    await network.until(listener.close());
  });

  test('options that are none are told at once', async () => {
    const listener = await listenTo();
    const client = await connectTo(listener);
    const wrong = { timeout: 5 } as object;
    for (const promise of [
      client.finish(wrong),
      client.close(wrong),
      listener.close(wrong),
      listener.finish(wrong),
    ])
      await expect(promise).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
    await expect(listener.close({ code: -1 })).rejects.toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION' });
    await network.until(client.close());
    await network.until(listener.close());
  });
});

describe('finish of a listener', () => {
  test('lets handlers return that work long, and their answers arrive', async () => {
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) {
        const question = await receive(stream.readable);
        await pause(500);
        await send(stream.writable, `late answer to ${question}`);
      }
    });
    const client = await connectTo(listener);
    const stream = await client.openStream();
    void send(stream.writable, 'a question');
    const answer = receive(stream.readable);
    await network.pass(100_000);
    const finished = listener.finish();
    expect(await network.until(answer)).toBe('late answer to a question');
    await network.until(finished);
    expect(await network.until(client.closed)).toMatchObject({ code: 0, remote: true });
  });

  test('the same where the handler returns and its work goes on', async () => {
    const listener = await listenTo(async (peer) => {
      const stream = await take(peer);
      void (async () => {
        await receive(stream.readable);
        await pause(500);
        await send(stream.writable, 'answer');
      })();
    });
    const client = await connectTo(listener);
    const stream = await client.openStream();
    void send(stream.writable, 'a question');
    const answer = receive(stream.readable);
    await network.pass(100_000);
    await network.until(listener.finish());
    expect(await answer).toBe('answer');
  });

  test('a handler that waits for the end of its connection does not hold it up', async () => {
    const steps: string[] = [];
    const listener = await listenTo(async (peer) => {
      void (async () => {
        for await (const { readable, writable } of peer) {
          const text = await receive(readable);
          await pause(300);
          await send(writable, text);
        }
      })();
      await peer.closed;
      steps.push('tidied up');
    });
    const client = await connectTo(listener);
    const stream = await client.openStream();
    void send(stream.writable, 'echoed');
    const answer = receive(stream.readable);
    await network.pass(100_000);
    await network.until(listener.finish());
    expect(await answer).toBe('echoed');
    expect(steps).toEqual(['tidied up']);
  });

  test('half-done uploads are taken whole, and streams that wait in line', async () => {
    const lengths: number[] = [];
    const listener = await listenTo(async (peer) => {
      for await (const stream of peer) lengths.push((await receive(stream.readable)).length);
    });
    const client = await connectTo(listener);
    const [first, second] = [
      (await client.openStream({ unidirectional: true })).writable.getWriter(),
      (await client.openStream({ unidirectional: true })).writable.getWriter(),
    ];
    void first.write(new Uint8Array(50_000));
    void second.write(new Uint8Array(100));
    void second.close();
    await network.pass(100_000);
    const finished = listener.finish();
    await network.pass(100_000);
    void first.write(new Uint8Array(50_000));
    await network.until(first.close());
    await network.until(finished);
    expect(lengths).toEqual([100_000, 100]);
  });

  test('takes connections that wait, one after the other, where they are iterated', async () => {
    const texts: string[] = [];
    const listener = await listenTo();
    const loop = (async () => {
      for await (const connection of listener)
        for await (const stream of connection) texts.push(await receive(stream.readable));
    })();
    const clients = await Promise.all([connectTo(listener), connectTo(listener)]);
    await network.until(
      Promise.all(
        clients.map(async (client, index) =>
          send((await client.openStream({ unidirectional: true })).writable, `text ${index}`),
        ),
      ),
    );
    await network.pass(10_000);
    await network.until(listener.finish());
    await network.until(loop);
    expect(texts.sort()).toEqual(['text 0', 'text 1']);
  });

  test('refuses new clients, and those that are shaking hands', async () => {
    let free = (): void => {};
    const listener = await listenTo(() => new Promise<void>((resolve) => (free = resolve)));
    const client = await connectTo(listener);
    await network.until(client.ready);
    const finished = listener.finish();
    await expect(connectTo(listener)).rejects.toMatchObject(REFUSED);
    expect(listener.statistics()).toMatchObject({ connections: 1, handling: 1, accepted: 1 });
    free();
    await network.until(finished);
    expect(await network.until(client.closed)).toMatchObject({ code: 0, remote: true });
  });

  test('the signal ends it: handlers that never return, and clients that never end', async () => {
    const listener = await listenTo(() => new Promise(() => {}));
    const client = await connectTo(listener);
    await network.until(client.ready);
    const abort = new AbortController();
    const finished = listener.finish({ code: 3, signal: abort.signal });
    expect(await settles(finished)).toBe(false);
    abort.abort();
    await network.until(finished);
    expect(await network.until(client.closed)).toMatchObject({ code: 3, remote: true });
  });

  test('close ends it as well', async () => {
    const listener = await listenTo(() => new Promise(() => {}));
    const client = await connectTo(listener);
    await network.until(client.ready);
    const finished = listener.finish();
    await network.until(listener.close({ code: 9 }));
    await network.until(finished);
    expect(await network.until(client.closed)).toMatchObject({ code: 9 });
  });
});

describe('a backlog that is full', () => {
  test('refuses in the first flight, and takes clients again once one is taken', async () => {
    const listener = await listenTo(undefined, { backlog: 2 });
    const clients = [await connectTo(listener), await connectTo(listener)];
    // A client is connected before its server is.
    await network.until(Promise.all(clients.map(({ ready }) => ready)));
    await expect(connectTo(listener)).rejects.toMatchObject(REFUSED);
    expect(listener.statistics()).toMatchObject({ connections: 2, waiting: 2 });
    await network.until(take(listener));
    const third = await connectTo(listener);
    await network.until(third.ready);
    await expect(connectTo(listener)).rejects.toMatchObject(REFUSED);
    for (const client of [...clients, third]) await network.until(client.close());
    await network.until(listener.close());
  });

  test('is not filled by clients that leave their handshakes half done', async () => {
    const listener = await listenTo(undefined, { backlog: 2 });
    const { clock, unixTimeAtZeroUs } = network;
    const leaving = new AbortController();
    const deaf = [1, 2, 3, 4].map(async (number) => {
      const socket = network.openPort(`192.0.2.${220 + number}`);
      socket.arrive = () => {};
      const options = { host: SERVER_IP, servername: HOST, socket, clock, unixTimeAtZeroUs };
      await dial(listener, { ...options, signal: leaving.signal });
    });
    await network.pass(500_000);
    expect(listener.statistics()).toMatchObject({ handshaking: 4, waiting: 0 });
    const clients = [await connectTo(listener), await connectTo(listener)];
    await network.until(Promise.all(clients.map(({ ready }) => ready)));
    expect(listener.statistics()).toMatchObject({ handshaking: 4, waiting: 2 });
    await expect(connectTo(listener)).rejects.toMatchObject(REFUSED);
    leaving.abort();
    await network.until(Promise.allSettled(deaf));
    for (const client of clients) await network.until(client.close());
    await network.until(listener.close());
  });

  test('refuses who completes the handshake when the last place is gone', async () => {
    const listener = await listenTo(undefined, { backlog: 1 });
    const both = await network.until(Promise.all([connectTo(listener), connectTo(listener)]));
    const ends = both.map((client) =>
      client.closed.then(
        () => 'closed',
        (error: unknown) => error,
      ),
    );
    await network.pass(500_000);
    expect(listener.statistics()).toMatchObject({ accepted: 1, failed: 1, waiting: 1 });
    await network.until(listener.close());
    expect(await network.until(Promise.all(ends))).toEqual(
      expect.arrayContaining(['closed', expect.objectContaining(REFUSED)]),
    );
  });

  test('handshakes that fail give their place back', async () => {
    const listener = await listenTo(undefined, { backlog: 1 });
    for (let count = 0; count < 3; count++)
      await expect(connectTo(listener, { servername: 'wrong.example' })).rejects.toMatchObject({
        code: 'ERR_QUIC_TLS_ALERT',
      });
    await network.pass(1_000_000);
    const client = await connectTo(listener);
    await network.until(client.ready);
    expect(listener.statistics()).toMatchObject({ accepted: 1, failed: 3, handshaking: 0 });
    await network.until(client.close());
    await network.until(listener.close());
  });

  test('maxConnections: the same', async () => {
    const listener = await listenTo(() => {}, { core: { maxConnections: 1 } });
    const client = await connectTo(listener);
    await expect(connectTo(listener)).rejects.toMatchObject(REFUSED);
    expect([...listener.connections]).toHaveLength(1);
    await network.until(client.close());
    await network.until(listener.close());
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, type ConnectOptions, listen, type QuicConnection } from 'tsquic';
import {
  currentWorker,
  listenAsWorker,
  listenInWorkers,
  type WorkersListener,
  type WorkersOptions,
} from 'tsquic/workers';
import { certificate, HOST, PROTOCOL, receive, send } from './endpoints.ts';

const MODULE = new URL('programs/worker-module.ts', import.meta.url);
const WORKERS = 3;
const execArgv = [
  '-C',
  'tsquic-src',
  '--no-warnings',
  '--import',
  new URL('../../../tools/ts.mjs', import.meta.url).href,
];

async function begin(data: object, options: Partial<WorkersOptions> = {}): Promise<WorkersListener> {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const common = {
    module: MODULE,
    host: HOST,
    workers: 1,
    workerOptions: { execArgv },
    data: { cert, key, ...data },
  };
  return listenInWorkers({ ...common, ...options });
}

describe('a server in workers', () => {
  let server: WorkersListener;
  let dial: (options?: Partial<ConnectOptions>) => Promise<QuicConnection>;
  const failures: [unknown, number][] = [];

  beforeAll(async () => {
    const { certificatePem: ca } = await certificate();
    server = await begin(
      { retry: 'always' },
      { workers: WORKERS, onWorkerError: (error, worker) => failures.push([error, worker]) },
    );
    dial = (options = {}) =>
      connect({ host: HOST, port: server.address.port, ca, ALPNProtocols: [PROTOCOL], ...options });
  });
  afterAll(() => server?.close());

  /** One connection at each worker, and others. */
  async function dialAll(): Promise<QuicConnection[]> {
    const made: QuicConnection[] = [];
    const met = new Set<number>();
    while (met.size < WORKERS) {
      const connection = await dial();
      made.push(connection);
      met.add(Number((await ask(connection, 'who')).worker));
    }
    return made;
  }

  test('keeps clients that change their port, after a Retry of any worker', async () => {
    const connections = await dialAll();
    for (const connection of connections) {
      const { worker } = await ask(connection, 'before');
      for (let count = 0; count < 3; count++) {
        await connection.rebind({ atOnce: true });
        expect(await ask(connection, `after ${count}`)).toEqual({
          worker,
          mayBeReplay: false,
          said: `after ${count}`,
        });
      }
    }
    await closeAll(connections);
  });

  test('resumes the sessions of each worker at each, and takes early data once', async () => {
    const sessions: Uint8Array[] = [];
    const first = await dial({ onSession: (session) => sessions.push(session) });
    await ask(first, 'hello');
    await closeAll([first]);
    const [session] = sessions;
    const answers: Answer[] = [];
    const met = new Set<string>();
    while (met.size < WORKERS) {
      const again = await dial({ session: session!, earlyData: true });
      answers.push(await ask(again, 'early'));
      await again.ready;
      expect(again.earlyData).toBe('accepted');
      expect(again.resumed).toBe(true);
      met.add(answers.at(-1)!.worker);
      await closeAll([again]);
    }
    // All data was taken, that of the second use on only after the handshake, which no replay completes. Where the store's
    // answer was late, that holds for the first use as well.
    expect(answers.slice(1).filter(({ mayBeReplay }) => mayBeReplay)).toEqual([]);
  });

  test('replaces a worker that finishes, while the others and new clients go on', async () => {
    const connections = await dialAll();
    const before = server.workers;
    const leaving = before[0]!;
    const restarted = server.restart({ worker: leaving });
    const during: QuicConnection[] = [];
    let isOver = false;
    void restarted.finally(() => (isOver = true));
    let finished = 0;
    for (const connection of connections) {
      const { worker } = await ask(connection, 'one');
      if (Number(worker) !== leaving) continue;
      finished++;
      // Its handler waits for the next stream: the worker ends when its clients have gone.
      void connection.closed.catch(() => {});
    }
    expect(finished).toBeGreaterThan(0);
    while (!isOver) {
      const connection = await dial();
      await ask(connection, 'new');
      during.push(connection);
      if (server.workers.length === WORKERS && !server.workers.includes(leaving)) {
        const gone = await Promise.all(
          connections.map(async (old) => ({ old, of: await ask(old, 'whose').catch(() => undefined) })),
        );
        await closeAll(
          gone.filter(({ of }) => Number(of?.worker ?? leaving) === leaving).map(({ old }) => old),
        );
      }
    }
    await restarted;
    const after = server.workers;
    expect(after).toHaveLength(WORKERS);
    expect(after.filter((worker) => before.includes(worker))).toEqual(before.slice(1));
    const { connections: open, failed, workers } = await server.statistics();
    expect([failed, workers.map(({ id }) => id)]).toEqual([0, after]);
    expect(open).toBeGreaterThan(0);
    await closeAll([...connections, ...during]);
  });

  test('replaces a worker that fails, whose clients hear of it at once', async () => {
    const connections = await dialAll();
    const [victim] = connections;
    const { worker } = await ask(victim!, 'who');
    await ask(victim!, 'fail').catch(() => {});
    // Packets that nobody knows are answered by another worker, with the token that the first one gave.
    const outcome = victim!.closed.catch((error: unknown) => error);
    const keepsAsking = (async () => {
      for (;;) await ask(victim!, 'still there?');
    })().catch(() => {});
    expect(await outcome).toMatchObject({ code: 'ERR_QUIC_STATELESS_RESET' });
    await keepsAsking;
    expect(failures).toEqual([[expect.objectContaining({ message: 'a bug while serving' }), Number(worker)]]);
    const others = await Promise.all(
      connections.slice(1).map((connection) => ask(connection, 'and you?').catch(() => {})),
    );
    expect(others.filter((answer) => answer !== undefined).length).toBeGreaterThanOrEqual(WORKERS - 1);
    await closeAll(connections);
  });

  test('has a port that nobody else can have', async () => {
    const { certificatePem: cert, privateKeyPem: key } = await certificate();
    const { port } = server.address;
    const options = { host: HOST, port, cert, key, ALPNProtocols: [PROTOCOL] };
    await expect(listen(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(begin({}, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('misuse is told', () => {
  test.each<[string, object, unknown]>([
    ['a module that throws', { way: 'throw' }, { message: 'a bug at the start' }],
    ['a module that ends', { way: 'end' }, { code: 'ERR_QUIC_INVALID_OPTION', message: /listenAsWorker/ }],
    [
      'an option of the whole server',
      { way: 'port' },
      { code: 'ERR_QUIC_INVALID_OPTION', message: /option port/ },
    ],
  ])('%s', async (_name, data, expected) => {
    const error = (await begin(data).catch((reason: unknown) => reason)) as Error;
    const { message, ...others } = expected as { readonly message: string | RegExp };
    expect(error).toMatchObject(others);
    expect(error.message).toMatch(message);
  });

  test.each([
    [{ module: './server.js' }, /module/],
    [{ module: undefined }, /module/],
    [{ workers: 0 }, /workers/],
    [{ dispatch: 'kernel' }, /dispatch/],
    [{ thread: 1 }, /thread/],
    [{ quicLb: { configId: 1, serverId: new Uint8Array(1), nonceLength: 4 } }, /nonceLength/],
    [{ ticketKey: 'secret' }, /ticketKey/],
  ])('%j', async (wrong, message) => {
    const error = (await begin({}, wrong as never).catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: 'ERR_QUIC_INVALID_OPTION', message: expect.stringMatching(message) });
  });

  test('listenAsWorker outside of a worker', async () => {
    expect(currentWorker()).toBeUndefined();
    await expect(listenAsWorker({ ALPNProtocols: ['test'] })).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
      message: expect.stringContaining('listenInWorkers'),
    });
  });
});

interface Answer {
  readonly worker: string;
  readonly mayBeReplay: boolean;
  readonly said: string;
}

async function ask(connection: QuicConnection, text: string): Promise<Answer> {
  const { readable, writable } = await connection.openStream();
  await send(writable, text);
  const [worker = '', mayBeReplay, ...said] = (await receive(readable)).split(' ');
  return { worker, mayBeReplay: mayBeReplay === 'true', said: said.join(' ') };
}

async function closeAll(connections: readonly QuicConnection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close().catch(() => {})));
}

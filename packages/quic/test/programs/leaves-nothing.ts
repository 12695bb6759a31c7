// Lets everything end in every way there is, and prints after each what still keeps the event loop busy. At last it
// leaves a connection open and must end all the same, without a call of process.exit.
import { createSelfSigned } from 'tsquic/certificates';
import { openNodePort } from '@tsquic/event-adapters';
import {
  connect,
  type ConnectionHandler,
  type ConnectOptions,
  listen,
  type ListenOptions,
  QuicEndpoint,
  QuicError,
} from 'tsquic';

const HOST = '127.0.0.1';
const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
const ALPNProtocols = ['test'];
const BYTES = new Uint8Array(1000);
/** What output and the loader of sources need. */
const OF_NODE = /^(Pipe|TTY|FS|MessagePort|WriteWrap)/;

const serve = (options: Partial<ListenOptions> = {}, handler: ConnectionHandler = echo) =>
  listen({ host: HOST, cert, key, ALPNProtocols, ...options }, handler);
const dial = (port: number, options: Partial<ConnectOptions> = {}) =>
  connect({ host: HOST, port, ca: cert, ALPNProtocols, ...options });

/** In the order of the table in processes.test.ts. */
const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  'nobody listens': async () => {
    const free = await openNodePort({ ip: HOST });
    free.close();
    await fails(dial(free.local.port));
  },
  'a certificate that nobody vouches for': async () => {
    const listener = await serve();
    await fails(connect({ host: HOST, port: listener.address.port, ALPNProtocols }));
    await listener.close();
  },
  'an address in use': async () => {
    const listener = await serve();
    await fails(serve({ port: listener.address.port }));
    await listener.close();
  },
  'an option that cannot work': () => fails(dial(1, { ALPNProtocols: [] })),
  'aborted before': () => fails(dial(1, { signal: AbortSignal.abort() })),
  'aborted while the name is looked up': () =>
    fails(dial(1, { host: 'x.example', lookup: () => new Promise(() => {}), ...abortedIn(5) })),
  'aborted during the handshake': async () => {
    const silent = await openNodePort({ ip: HOST });
    await fails(dial(silent.local.port, abortedIn(20)));
    silent.close();
  },
  'aborted while connected': async () => {
    const listener = await serve();
    const abort = new AbortController();
    const connection = await dial(listener.address.port, { signal: abort.signal });
    abort.abort();
    await fails(connection.closed);
    await listener.close();
  },
  'a listener aborted': async () => {
    const abort = new AbortController();
    const listener = await serve({ signal: abort.signal });
    const connection = await dial(listener.address.port);
    await connection.ready;
    abort.abort();
    await fails(listener.closed);
    await connection.closed;
  },
  'a stream aborted while it reads and writes': async () => {
    const listener = await serve({}, () => {});
    const connection = await dial(listener.address.port);
    const abort = new AbortController();
    const stream = await connection.openStream({ signal: abort.signal });
    const reading = stream.readable.getReader().read();
    const writing = stream.writable.getWriter().write(new Uint8Array(10_000_000));
    abort.abort();
    await fails(reading);
    await fails(writing);
    await connection.close();
    await listener.close();
  },
  'close with data unsent': async () => {
    const listener = await serve({}, () => {});
    const connection = await dial(listener.address.port);
    const writing = (await connection.openStream()).writable.getWriter().write(new Uint8Array(10_000_000));
    await connection.close();
    await fails(writing);
    await listener.close();
  },
  finish: async () => {
    const listener = await serve();
    const connection = await dial(listener.address.port);
    const stream = await connection.openStream();
    const answer = new Response(stream.readable).arrayBuffer();
    const writer = stream.writable.getWriter();
    await writer.write(BYTES);
    await writer.close();
    await answer;
    await connection.finish();
    await listener.finish();
  },
  'a handler that throws': async () => {
    const listener = await serve({ onError: () => {} }, () => {
      throw new Error('bug');
    });
    const connection = await dial(listener.address.port);
    await connection.closed;
    await listener.close();
  },
  'a listener that ends before its clients': async () => {
    const listener = await serve();
    const connections = await Promise.all([1, 2, 3].map(() => dial(listener.address.port)));
    await listener.close();
    await Promise.allSettled(connections.map(({ closed }) => closed));
  },
  'an endpoint that stays open without connections': async () => {
    const listener = await serve();
    const endpoint = new QuicEndpoint({ ca: cert, ALPNProtocols });
    for (let count = 0; count < 2; count++)
      await (await connect({ host: HOST, port: listener.address.port, ALPNProtocols, endpoint })).close();
    await listener.close();
  },
  'a peer that falls silent': async () => {
    const socket = await openNodePort({ ip: HOST });
    const transport = { idleTimeoutMs: 200 };
    const listener = await serve({ socket, transport });
    const connection = await dial(listener.address.port, { transport });
    await connection.ready;
    socket.close();
    await fails(connection.closed);
    await listener.close();
  },
};

for (const [name, run] of Object.entries(WAYS)) {
  await run();
  console.log(JSON.stringify({ name, left: await left() }));
}
const last = (await serve()).unref();
(await dial(last.address.port)).unref();
console.log(JSON.stringify({ name: 'unref', left: await left() }));

async function echo(connection: Parameters<ConnectionHandler>[0]): Promise<void> {
  for await (const stream of connection) stream.readable.pipeTo(stream.writable).catch(() => {});
}

async function fails(promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => new Error('it should have failed'),
    (reason: unknown) => reason,
  );
  const isExpected = error instanceof QuicError || (error as Error).name === 'AbortError';
  if (!isExpected && (error as NodeJS.ErrnoException).code === undefined) throw error;
}

function abortedIn(ms: number): { readonly signal: AbortSignal } {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  return { signal: abort.signal };
}

/** What keeps the event loop busy once it had time to get rid of it. */
async function left(): Promise<string[]> {
  for (let look = 0; look < 20 && resources().length > 0; look++)
    await new Promise<void>((resolve) => setImmediate(resolve));
  return resources();
}

function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !OF_NODE.test(name));
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Http3Stream } from '@tsquic/http3';
import { covers } from '@tsquic/testing';
import { connectHttp3, type Http3Session, type Http3StreamHandlers } from 'tsquic/http3';
import { certificate } from '../endpoints.ts';

const project = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tsquic-proxy-'));
const sockets: Socket[] = [];
let target: Server;
let proxy: ChildProcess;
let port = 0;

beforeAll(async () => {
  const { certificatePem, privateKeyPem } = await certificate();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(cert, certificatePem);
  writeFileSync(key, privateKeyPem);
  // What comes goes back, and each connection is kept for the test to look at.
  target = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const words = [
    '-C',
    'tsquic-src',
    '--no-warnings',
    '--import',
    './tools/ts.mjs',
    'examples/connect-proxy.ts',
  ];
  proxy = spawn(process.execPath, [...words, cert, key, '0', `${portOfTarget()}`], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(proxy.stdout!, 'data')) as [Buffer];
  port = Number(/port (\d+)/.exec(said.toString())![1]);
});

afterAll(async () => {
  proxy.kill('SIGKILL');
  await once(proxy, 'close');
  target.close();
  for (const socket of sockets) socket.destroy();
  rmSync(folder, { recursive: true });
});

function portOfTarget(): number {
  return (target.address() as AddressInfo).port;
}

/** A client of the proxy, and its tunnel. */
interface Tunnel {
  readonly session: Http3Session;
  readonly stream: Http3Stream;
  /** What has happened, content as text. */
  readonly told: string[];
  /** Resolves once something like this was told. */
  tells(what: string): Promise<void>;
}

async function open(authority: string): Promise<Tunnel> {
  const { certificatePem: ca } = await certificate();
  const session = await connectHttp3({ host: '127.0.0.1', port, servername: 'localhost', ca });
  const told: string[] = [];
  let heard = (): void => {};
  const tell = (what: string): void => {
    told.push(what);
    heard();
  };
  const into = new Uint8Array(1000);
  const handlers: Http3StreamHandlers = {
    onResponse: ({ status }) => tell(`${status}`),
    onContent: () => {
      for (let count = stream.read(into); count > 0; count = stream.read(into))
        tell(new TextDecoder().decode(into.subarray(0, count)));
    },
    onEnd: () => tell('end'),
    onFailed: ({ code }) => tell(`failed 0x${code.toString(16)}`),
    onStopped: (code) => tell(`stopped 0x${code.toString(16)}`),
  };
  const head = { method: 'CONNECT', scheme: '', authority, path: '', fields: [] };
  const stream = session.request(head, {}, handlers)!;
  const tells = async (what: string): Promise<void> => {
    while (!told.includes(what)) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { session, stream, told, tells };
}

/** A tunnel through which something has come back, and the TCP connection behind it. */
async function used(): Promise<Tunnel & { readonly socket: Socket }> {
  const tunnel = await open(`127.0.0.1:${portOfTarget()}`);
  await tunnel.tells('200');
  tunnel.stream.write(new TextEncoder().encode('ping'));
  tunnel.session.wake();
  await tunnel.tells('ping');
  return { ...tunnel, socket: sockets.at(-1)! };
}

/** How a TCP connection ends: the code of its error, or 'fin'. */
async function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('end', () => resolve('fin'));
  });
}

test('bytes go both ways, and each way ends by itself', async () => {
  covers('rfc9114-4.4-1');
  const { session, stream, socket, told, tells } = await used();
  const ended = endOf(socket);
  stream.write(new Uint8Array(0), true);
  session.wake();
  expect(await ended).toBe('fin');
  await tells('end');
  expect(told).toEqual(['200', 'ping', 'end']);
  await session.close();
});

test('other ports are refused', async () => {
  covers('rfc9114-4.4-9');
  const { session, told, tells } = await open('127.0.0.1:1');
  await tells('end');
  expect(told).toContain('403');
  await session.close();
});

test.each<[string, (tunnel: Tunnel) => void]>([
  ['resets the stream', ({ stream }) => stream.cancel()],
  ['aborts reading', ({ stream }) => stream.stopReading()],
])('a client that %s closes the TCP connection, and the other way too', async (_how, act) => {
  covers('rfc9114-4.4-6', 'rfc9114-4.4-7', 'rfc9114-4.4-8');
  const { session, stream, socket, tells } = await used();
  const ended = endOf(socket);
  act({ session, stream, told: [], tells });
  session.wake();
  expect(await ended).toBe('ECONNRESET');
  // The connection of the client serves others.
  expect(session.ended).toBeUndefined();
  await session.close();
});

test('an end of the connection closes the TCP connection', async () => {
  covers('rfc9114-4.4-5');
  const { session, socket } = await used();
  const ended = endOf(socket);
  await session.close(0x102);
  expect(await ended).toBe('ECONNRESET');
});

test('a TCP server that resets its connection ends the stream with H3_CONNECT_ERROR', async () => {
  const { session, socket, told, tells } = await used();
  socket.resetAndDestroy();
  await tells('failed 0x10f');
  expect(told).not.toContain('end');
  await session.close();
});

test('a TCP server that cannot be reached is told by a status', async () => {
  const own = portOfTarget();
  target.close();
  for (const socket of sockets) socket.destroy();
  const { session, told, tells } = await open(`127.0.0.1:${own}`);
  await tells('end');
  expect(told).toContain('502');
  await session.close();
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext, type QuicConnection, type QuicEvent, type QuicStream } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';
import { certificate, HOST } from './endpoints.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tsquic-rude-'));
const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
const transport = { idleTimeoutMs: 1000 };

beforeAll(async () => {
  const pair = await certificate();
  writeFileSync(cert, pair.certificatePem);
  writeFileSync(key, pair.privateKeyPem);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a peer does at one of its events. It leaves without a word where it says nothing else. */
const WAYS: Readonly<Record<string, (connection: QuicConnection, streams: Iterable<QuicStream>) => void>> = {
  closes: (connection) => connection.close(7, 'rude'),
  resets: (_connection, streams) => {
    for (const stream of streams) stream.reset(8);
  },
  stops: (_connection, streams) => {
    // RFC 9000 §2.1: what it opened one way, nobody can be asked to stop.
    for (const stream of streams) if ((stream.id & 2) === 0) stream.stopSending(9);
  },
  vanishes: () => {},
};
const STEPS = 9;

/** A client that talks on streams both ways and one way, and is rude at its `step`-th event. */
async function beRude(port: number, alpn: string, way: string, step: number): Promise<void> {
  const to = { ip: HOST, port };
  const context = createQuicContext({
    crypto: createNodeProvider(),
    alpn: [alpn],
    dangerouslySkipCertificateCheck: true,
    transport,
  });
  const streams = new Map<number, QuicStream>();
  let count = 0;
  const { promise: over, resolve } = deferred();
  const onEvent = (event: QuicEvent): void => {
    if ('streamId' in event) {
      const stream = connection.stream(event.streamId);
      if (stream !== undefined) streams.set(stream.id, stream);
    }
    if (event.type === 'connected') {
      for (const unidirectional of [false, false, true]) {
        const stream = connection.openStream({ unidirectional });
        stream?.write(new TextEncoder().encode('hello\nthere'), streams.size === 1);
        if (stream !== undefined) streams.set(stream.id, stream);
      }
    }
    if (count++ === step) {
      WAYS[way]!(connection, streams.values());
      if (way === 'vanishes') loop.stop();
      // What was said has its turn before the end.
      else setTimeout(() => context.close(), 20).unref();
      if (way === 'vanishes') resolve();
    }
    if (event.type === 'closed') resolve();
  };
  const socket = await openNodePort({ connect: to });
  const loop = new QuicLoop({ context, port: socket, clock: nodeClock, onEvent });
  const connection = context.createConnection({ to, from: socket.local, serverName: HOST }, loop.nowUs());
  loop.wake();
  const patience = setInterval(() => loop.wake(), 10);
  await over;
  clearInterval(patience);
  loop.close();
  socket.close();
}

class Program {
  readonly child: ChildProcess;
  complaints = '';
  private output = '';
  private readonly end: Promise<number | null>;

  constructor(...words: readonly string[]) {
    const args = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs', ...words];
    this.child = spawn(process.execPath, args, { cwd: project, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.stderr!.on('data', (data: Buffer) => (this.complaints += data.toString()));
    this.end = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** The port it listens on. */
  async port(): Promise<number> {
    for (;;) {
      const match = /listening on .*?(\d+)\n/.exec(this.output);
      if (match !== null) return Number(match[1]);
      await Promise.race([
        once(this.child.stdout!, 'data'),
        this.end.then(() => Promise.reject(new Error(this.complaints))),
      ]);
    }
  }

  ended(): Promise<number | null> {
    return this.end;
  }
}

/** Lines of a stack, and what a runtime says of an error that nobody caught. */
const UNCAUGHT = /^\s+at |Node\.js v\d|unhandled|uncaught/im;

describe('a server of the examples outlives clients that close, reset, stop and vanish at every event', () => {
  test.each([
    ['examples/echo-server.ts', 'echo', [cert, key, '0']],
    ['examples/http3-server.ts', 'h3', [cert, key, '0']],
    ['examples/chat.ts', 'chat', ['serve', cert, key, '0']],
    ['examples/file-transfer.ts', 'file-transfer', ['receive', cert, key, folder]],
    [
      'packages/cli/src/main.ts',
      'hq-interop',
      ['serve', '--root', folder, '--cert', cert, '--key', key, '--port', '0'],
    ],
  ])('%s', async (file, alpn, words) => {
    const server = new Program(file, ...words);
    const port = await server.port();
    for (const way of Object.keys(WAYS)) {
      await Promise.all(Array.from({ length: STEPS }, (_, step) => beRude(port, alpn, way, step)));
      expect(server.child.exitCode).toBeNull();
    }
    // A client that stays until it is answered, and then says goodbye.
    await beRude(port, alpn, 'closes', STEPS);
    server.child.kill('SIGTERM');
    expect(await server.ended()).toBe(0);
    expect(server.complaints).not.toMatch(UNCAUGHT);
  });
});

/** A server that is rude at one kind of event, on a port of its own. */
async function openRudeServer(
  alpn: string,
  at: QuicEvent['type'],
  way: string,
): Promise<{ port: number; close(): void }> {
  const pair = await certificate();
  const crypto = createNodeProvider();
  const identity = {
    chain: certificatesFromPem(pair.certificatePem),
    signer: crypto.createSigner(privateKeyFromPem(pair.privateKeyPem)),
  };
  const context = createQuicContext({ crypto, alpn: [alpn], identity, unixTimeAtZeroUs, transport });
  const port = await openNodePort({ ip: HOST });
  const loop = new QuicLoop({
    context,
    port,
    clock: nodeClock,
    onEvent: (event) => {
      const connection = context.connection(event.connection);
      if (event.type !== at || connection === undefined) return;
      const stream = 'streamId' in event ? connection.stream(event.streamId) : undefined;
      WAYS[way]!(connection, stream === undefined ? [] : [stream]);
      if (way === 'vanishes') loop.stop();
      else setTimeout(() => connection.close(), 50).unref();
    },
  });
  return {
    port: port.local.port,
    close: () => {
      loop.close();
      port.close();
    },
  };
}

/** Every way at every event that a server of these programs has; before a stream opens, there is none to reset or stop. */
const RUDENESS = (
  ['accepted', 'connected', 'confirmed', 'stream-opened', 'stream-readable'] as const
).flatMap((at) =>
  Object.keys(WAYS)
    .filter((way) => at.startsWith('stream') || way === 'closes' || way === 'vanishes')
    .map((way) => [way, at] as const),
);

describe('a client of the examples says in a line what its server did', () => {
  test.each(RUDENESS)('that %s at %s', async (way, at) => {
    const ends = await Promise.all(
      (
        [
          ['echo', (port: number) => ['examples/echo-client.ts', cert, String(port), 'hello']],
          ['h3', (port: number) => ['examples/http3-client.ts', cert, String(port), '/hello', `@${cert}`]],
          ['chat', (port: number) => ['examples/chat.ts', 'join', cert, String(port), 'ann']],
          [
            'file-transfer',
            (port: number) => ['examples/file-transfer.ts', 'send', cert, String(port), cert],
          ],
          [
            'hq-interop',
            (port: number) => [
              'packages/cli/src/main.ts',
              'get',
              `https://${HOST}:${port}/cert.pem`,
              '--ca',
              cert,
            ],
          ],
        ] as const
      ).map(async ([alpn, words]) => {
        const server = await openRudeServer(alpn, at, way);
        const client = new Program(...words(server.port));
        client.child.stdin!.end();
        const timer = setTimeout(() => client.child.kill(), 120_000);
        const code = await client.ended();
        clearTimeout(timer);
        server.close();
        return { alpn, isEnd: code === 0 || code === 1, stack: UNCAUGHT.exec(client.complaints)?.[0] };
      }),
    );
    for (const end of ends) expect(end).toEqual({ alpn: end.alpn, isEnd: true, stack: undefined });
  });
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

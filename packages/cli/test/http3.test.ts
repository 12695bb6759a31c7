import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request } from 'node:https';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetch, Http3Agent, type KeptOrigin } from 'tsquic/http3';
import { type Server, startServer, tsquic } from './spoken.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-http3-'));
const [cert, key] = [join(base, 'cert.pem'), join(base, 'key.pem')];
let server: Server;

beforeAll(async () => {
  await tsquic('cert', '--out', base, '--host', '127.0.0.1');
  writeFileSync(join(base, 'a.txt'), '0123456789');
  server = await startServer('--root', base, '--cert', cert, '--key', key, '--tcp');
});

afterAll(async () => {
  await server.stop();
  rmSync(base, { recursive: true });
});

test('serve answers clients of HTTP/3: parts, conditions, HEAD, uploads that nobody wants', async () => {
  const agent = new Http3Agent({ ca: readFileSync(cert) });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { ...init, agent });
  const part = await ask('/a.txt', { headers: { range: 'bytes=2-4' } });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  const etag = part.headers.get('etag') ?? '';
  expect((await ask('/a.txt', { headers: { 'if-none-match': etag } })).status).toBe(304);
  const head = await ask('/a.txt', { method: 'HEAD' });
  expect([head.headers.get('content-length'), await head.text()]).toEqual(['10', '']);
  const upload = await ask('/a.txt', { method: 'POST', body: new Uint8Array(3_000_000) });
  expect([upload.status, upload.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  await agent.close();
});

test('--tcp serves the same to browsers, and tells them where HTTP/3 is', async () => {
  const { port } = new URL(server.url);
  const answer = await new Promise<{ status?: number | undefined; altSvc: unknown; text: string }>(
    (resolve, reject) => {
      request(`${server.url}/a.txt`, { ca: readFileSync(cert) }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode, altSvc: response.headers['alt-svc'], text }),
        );
      })
        .on('error', reject)
        .end();
    },
  );
  expect(answer).toEqual({ status: 200, altSvc: `h3=":${port}"; ma=86400`, text: '0123456789' });
});

test('--tcp says in one line that its port is taken, and leaves nothing open', async () => {
  const { port } = new URL(server.url);
  const words = ['serve', '--root', base, '--cert', cert, '--key', key, '--tcp', '--host', '127.0.0.1'];
  const { exitCode, stderr } = await tsquic(...words, '--port', port);
  expect([exitCode, stderr]).toEqual([1, [expect.stringMatching(/^tsquic: EADDRINUSE: cannot listen on /)]]);
});

/** A way to a server that lets what a client sends at first through, and nothing that it sends after an answer has come. */
async function firstFlightTo(url: string): Promise<{ readonly url: string; close(): void }> {
  const to = Number(new URL(url).port);
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  let client = 0;
  let isAnswered = false;
  front.on('message', (bytes, from) => {
    client = from.port;
    // 0-RTT packets belong to what it sends at first wherever they come. RFC 9000 §17.2.3
    if (!isAnswered || (bytes[0]! & 0xf0) === 0xd0) back.send(bytes, to, '127.0.0.1');
  });
  back.on('message', (bytes) => {
    isAnswered = true;
    front.send(bytes, client, '127.0.0.1');
  });
  for (const socket of [front, back]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const close = (): void => [front, back].forEach((socket) => socket.close());
  return { url: `https://127.0.0.1:${front.address().port}`, close };
}

test('serve --early-data answers requests in 0-RTT packets though the handshake never ends', async () => {
  const early = await startServer('--root', base, '--cert', cert, '--key', key, '--early-data');
  // What is learnt of the server itself is known of the way to it.
  const kept: KeptOrigin[] = [];
  const keptOrigins = { get: () => kept.at(-1), set: (_origin: string, one: KeptOrigin) => kept.push(one) };
  const options = { ca: readFileSync(cert), keptOrigins, earlyData: true };
  const first = new Http3Agent(options);
  await (await fetch(`${early.url}/a.txt`, { agent: first })).text();
  while (kept.at(-1)?.session === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  await first.close();
  const way = await firstFlightTo(early.url);
  const second = new Http3Agent(options);
  const answer = await fetch(`${way.url}/a.txt`, { agent: second });
  expect(await answer.text()).toBe('0123456789');
  await second.close();
  way.close();
  await early.stop();
});

test('traces of both ends have the frames of HTTP/3, and the ladder draws them', async () => {
  const [ours, theirs] = [join(base, 'ours'), join(base, 'theirs')];
  const watched = await startServer('--root', base, '--cert', cert, '--key', key, '--qlog', theirs);
  await tsquic('get', `${watched.url}/a.txt`, '--ca', cert, '--qlog', ours);
  await watched.stop();
  for (const [directory, sent, received] of [
    [ours, 'HEADERS GET https', 'HEADERS 200'],
    [theirs, 'HEADERS 200', 'HEADERS GET https'],
  ] as const) {
    const [name = ''] = readdirSync(directory);
    const trace = readFileSync(join(directory, name), 'utf8');
    for (const event of ['parameters_set', 'stream_type_set', 'frame_created', 'frame_parsed'])
      expect(trace).toContain(`"http:${event}"`);
    const { stdout } = await tsquic('ladder', join(directory, name), '--width', '120');
    const drawn = stdout.join('\n');
    expect(drawn).toContain(`h3 → 0 ${sent}`);
    expect(drawn).toContain(`h3 ← 0 ${received}`);
  }
});

import { request } from 'node:https';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetch, Http3Agent } from 'tsquic/http3';
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

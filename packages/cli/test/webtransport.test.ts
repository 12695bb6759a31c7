import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebTransport, type WebTransportOptions } from '@tsquic/webtransport';
import { run } from '@tsquic/cli';
import { recorder, type Server, startServer, tsquic } from './spoken.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-webtransport-'));
const [cert, key] = [join(base, 'cert.pem'), join(base, 'key.pem')];
const serving = ['--root', base, '--cert', cert, '--key', key];
let server: Server;
const sessions: WebTransport[] = [];

beforeAll(async () => {
  await tsquic('cert', '--out', base, '--webtransport');
  writeFileSync(join(base, 'a.txt'), '0123456789');
  server = await startServer(...serving, '--webtransport-echo');
});

afterAll(async () => {
  for (const session of sessions) session.close();
  await server.stop();
  rmSync(base, { recursive: true });
});

/** SHA-256 of the certificate on disk. */
function hashOnDisk(directory: string): Buffer {
  const { raw } = new X509Certificate(readFileSync(join(directory, 'cert.pem')));
  return createHash('sha256').update(raw).digest();
}

async function open(
  url = server.url,
  connection: WebTransportOptions['connection'] & object = {},
): Promise<WebTransport> {
  const { serverCertificateHashes } = await published();
  const session = new WebTransport(`${url}/anywhere`, { serverCertificateHashes, connection });
  sessions.push(session);
  await session.ready;
  return session;
}

/** What `hashes.json` says, as a page decodes it. */
async function published(): Promise<{ serverCertificateHashes: { algorithm: string; value: Uint8Array }[] }> {
  const hashes = JSON.parse(readFileSync(join(base, 'hashes.json'), 'utf8')) as {
    algorithm: string;
    value: string;
  }[];
  return {
    serverCertificateHashes: hashes.map(({ algorithm, value }) => ({
      algorithm,
      value: Uint8Array.from(Buffer.from(value, 'base64')),
    })),
  };
}

async function bytesOf(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function send(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  await writer.close();
}

test('serve --webtransport-echo echoes streams of both kinds and datagrams, beside its files', async () => {
  const session = await open();
  const { readable, writable } = await session.createBidirectionalStream();
  await send(writable, Buffer.from('both ways'));
  expect((await bytesOf(readable)).toString()).toBe('both ways');

  await send(await session.createUnidirectionalStream(), Buffer.from('one way'));
  const incoming = await session.incomingUnidirectionalStreams.getReader().read();
  expect((await bytesOf(incoming.value!)).toString()).toBe('one way');

  const datagrams = session.datagrams.createWritable().getWriter();
  await datagrams.write(Buffer.from('alone'));
  const { value } = await session.datagrams.readable.getReader().read();
  expect(Buffer.from(value!).toString()).toBe('alone');

  const { stdout } = await tsquic('get', `${server.url}/a.txt`, '--ca', cert, '--json');
  expect(JSON.parse(stdout.at(-1)!)).toMatchObject({ bytes: 10, errors: [] });
});

test('a client may write everything before it reads, whatever its windows are', async () => {
  const session = await open(server.url, {
    transport: {
      ...{ streamWindowBytes: 16_384, maxStreamWindowBytes: 16_384 },
      ...{ connectionWindowBytes: 32_768, maxConnectionWindowBytes: 32_768 },
    },
  });
  const sent = Buffer.alloc(4_000_000, 'echo ');
  const { readable, writable } = await session.createBidirectionalStream();
  const writer = writable.getWriter();
  await writer.write(sent);
  const closed = writer.close();
  expect((await bytesOf(readable)).equals(sent)).toBe(true);
  await closed;
});

test('resets are echoed with their codes', async () => {
  const session = await open();
  const { readable, writable } = await session.createBidirectionalStream();
  const writer = writable.getWriter();
  await writer.write(Buffer.from('begun'));
  const reader = readable.getReader();
  await reader.read();
  const { WebTransportError } = await import('@tsquic/webtransport');
  void writer.abort(new WebTransportError('', { streamErrorCode: 42 }));
  await expect(reader.read()).rejects.toMatchObject({ name: 'WebTransportError', streamErrorCode: 42 });
});

test('the server tells the hash, and at its end what was echoed', async () => {
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const { terminal, stdout } = recorder();
  const words = ['serve', '--port', '0', ...serving, '--webtransport-echo', '--json'];
  const ended = run(words, terminal, stopped);
  while (stdout.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(stdout[1]).toBe(`sha-256 of the certificate: ${hashOnDisk(base).toString('base64')}`);
  const session = await open(stdout[0]!.replace('listening on ', 'https://'));
  const { readable, writable } = await session.createBidirectionalStream();
  await send(writable, Buffer.from('12345'));
  await bytesOf(readable);
  stop();
  expect(await ended).toBe(0);
  expect(JSON.parse(stdout[2]!)).toMatchObject({
    connections: 1,
    webTransport: { sessions: 1, streams: 1, datagrams: 0, bytes: 5 },
  });
});

test('serve says why no page can trust a certificate, and refuses --alpn hq-interop', async () => {
  const old = join(base, 'old');
  await tsquic('cert', '--out', old, '--host', 'localhost', '--days', '30');
  const files = ['--cert', join(old, 'cert.pem'), '--key', join(old, 'key.pem')];
  const { terminal, stdout } = recorder();
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const ended = run(
    ['serve', '--port', '0', '--root', base, ...files, '--webtransport-echo'],
    terminal,
    stopped,
  );
  while (stdout.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  stop();
  await ended;
  expect(stdout.slice(1)).toEqual([
    expect.stringMatching(/^no page can trust this certificate by its hash: .* 30 days, and 14 are the most/),
    'served 0 files, 0 bytes, on 0 connections',
    'echoed 0 streams and 0 datagrams, 0 bytes, in 0 sessions',
  ]);
  const refused = await tsquic('serve', ...serving, '--webtransport-echo', '--alpn', 'hq-interop');
  expect(refused.stderr).toEqual([expect.stringMatching(/^tsquic: ERR_TSQUIC_USAGE: .*needs --alpn h3/)]);
});

test('cert --webtransport writes and tells a hash that pages can use', async () => {
  const directory = join(base, 'hashed');
  const { stdout, stderr } = await tsquic(
    'cert',
    '--out',
    directory,
    '--webtransport',
    '--host',
    'a.example',
  );
  const hash = hashOnDisk(directory);
  expect(stderr).toEqual([]);
  expect(stdout[1]).toContain(hash.toString('base64'));
  expect(stdout[2]).toContain(`value: Uint8Array.from([${[...hash].join(', ')}])`);
  const read = new X509Certificate(readFileSync(join(directory, 'cert.pem')));
  expect(read.subjectAltName).toBe('DNS:a.example');
  expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  const days = (Date.parse(read.validTo) - Date.parse(read.validFrom)) / 86_400_000;
  expect(days).toBe(13);

  const again = await tsquic('cert', '--out', directory, '--webtransport', '--json', '--force');
  expect(again.stdout).toHaveLength(1);
  const renewed = hashOnDisk(directory).toString('base64');
  expect(JSON.parse(again.stdout[0]!)).toEqual({
    certificate: join(directory, 'cert.pem'),
    privateKey: join(directory, 'key.pem'),
    hosts: ['localhost', '127.0.0.1'],
    notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    serverCertificateHashes: [{ algorithm: 'sha-256', value: renewed }],
  });
  expect(JSON.parse(readFileSync(join(directory, 'hashes.json'), 'utf8'))).toEqual([
    { algorithm: 'sha-256', value: renewed },
  ]);
});

test.each([
  [['--webtransport', '--days', '15'], /^tsquic: ERR_TSQUIC_DAYS: --days must be above 0 and at most 14/],
  [['--webtransport', '--client'], /^tsquic: ERR_TSQUIC_USAGE: --client and --webtransport/],
  [[], /^tsquic: ERR_TSQUIC_USAGE: --host NAME is missing/],
])('cert %j is refused', async (words, line) => {
  const { exitCode, stderr } = await tsquic('cert', '--out', join(base, 'refused'), ...words);
  expect([exitCode, stderr]).toEqual([1, [expect.stringMatching(line)]]);
});

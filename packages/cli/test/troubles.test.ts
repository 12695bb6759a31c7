import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { run } from '@tsquic/cli';
import { createSelfSigned } from 'tsquic/certificates';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop } from '@tsquic/event-adapters';
import { createQuicContext, type QuicContext, type QuicEvent } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tsquic-troubles-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A server with bad manners; resolves with what to call it and how to end it. */
async function startServer(
  onEvent: (event: QuicEvent, context: QuicContext) => void,
  options: { readonly maxConnections?: number } = {},
): Promise<{ readonly authority: string; readonly stop: () => void }> {
  const pair = await createSelfSigned({ hosts: ['127.0.0.1'] });
  const crypto = createNodeProvider();
  const signer = crypto.createSigner(privateKeyFromPem(pair.privateKeyPem));
  const context = createQuicContext({
    crypto,
    alpn: ['hq-interop', 'perf'],
    identity: { chain: certificatesFromPem(pair.certificatePem), signer },
    ...options,
  });
  const port = await openNodePort({ ip: '127.0.0.1', port: 0 });
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: (event) => onEvent(event, context) });
  return { authority: `127.0.0.1:${port.local.port}`, stop: () => loop.close() };
}

async function tsquic(...words: readonly string[]): Promise<{ code: number; stderr: string[] }> {
  const stderr: string[] = [];
  const terminal = {
    out: () => {},
    err: (line: string) => void stderr.push(line),
    status: () => {},
    environment: {},
  };
  return { code: await run(words, terminal, Promise.resolve()), stderr };
}

const MOMENTS: readonly QuicEvent['type'][] = ['accepted', 'connected', 'stream-opened', 'stream-readable'];
const MANNERS: Readonly<Record<string, (event: QuicEvent, context: QuicContext) => void>> = {
  'closes the connection': ({ connection }, context) => context.connection(connection)?.close(3, 'go away'),
  'closes it without a word': ({ connection }, context) => context.connection(connection)?.close(),
  'resets the stream, if there is one': (event, context) => {
    const connection = context.connection(event.connection);
    if ('streamId' in event) connection?.stream(event.streamId)?.reset(7);
    else connection?.close();
  },
  'stops the stream, if there is one, and resets it': (event, context) => {
    const connection = context.connection(event.connection);
    if (!('streamId' in event)) return connection?.close();
    connection?.stream(event.streamId)?.stopSending(7);
    connection?.stream(event.streamId)?.reset(7);
    return undefined;
  },
};

describe.each(MOMENTS)('a server that at the event %s', (moment) => {
  test.each(Object.keys(MANNERS))('%s: get and perf say so in one line', async (name) => {
    const done = new Set<number>();
    const server = await startServer((event, context) => {
      if (event.type !== moment || done.has(event.connection)) return;
      done.add(event.connection);
      MANNERS[name]!(event, context);
    });
    const results = [
      await tsquic(
        'get',
        '--alpn',
        'hq-interop',
        `https://${server.authority}/file`,
        '--insecure',
        '--timeout',
        '60',
      ),
      await tsquic('perf', server.authority, '--insecure', '--upload', '100000', '--timeout', '60'),
    ];
    server.stop();
    for (const { code, stderr } of results) {
      expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_[^\n]*$/)]);
      expect(stderr[0]).not.toContain('INTERNAL');
      expect(code).toBe(1);
    }
  });
});

test('a server that acknowledges and never answers is given up', async () => {
  const server = await startServer(() => {});
  // Long enough for a handshake on a busy machine: what is given up there is named otherwise.
  const wait = ['--insecure', '--timeout', '10'];
  const results = await Promise.all([
    tsquic('get', '--alpn', 'hq-interop', `https://${server.authority}/file`, ...wait),
    tsquic('perf', server.authority, ...wait),
    tsquic('perf', server.authority, ...wait, '--upload', '30000000'),
  ]);
  server.stop();
  for (const { code, stderr } of results) {
    expect(stderr).toEqual([
      expect.stringMatching(/^tsquic: ERR_TSQUIC_STALLED: .* for 15 s \(wait longer with --timeout\)$/),
    ]);
    expect(code).toBe(1);
  }
});

test('a server that is full is named as such', async () => {
  const server = await startServer(() => {}, { maxConnections: 0 });
  const { code, stderr } = await tsquic(
    'get',
    '--alpn',
    'hq-interop',
    `https://${server.authority}/file`,
    '--insecure',
  );
  server.stop();
  expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_[^\n]*refused/i)]);
  expect(code).toBe(1);
});

test('a server that opens control streams of its own is served from, and none of them is stopped', async () => {
  const stopped: number[] = [];
  const server = await startServer((event, context) => {
    const connection = context.connection(event.connection);
    // RFC 9114 §6.2.1: type 0x00, an empty SETTINGS frame; and the stream stays open.
    if (event.type === 'connected')
      connection?.openStream({ unidirectional: true })?.write(Uint8Array.of(0, 4, 0), false);
    if (event.type === 'stream-stopped') {
      stopped.push(event.streamId);
      connection?.close(0x104, 'H3_CLOSED_CRITICAL_STREAM');
    }
    if (event.type === 'stream-opened')
      connection?.stream(event.streamId)?.write(new TextEncoder().encode('the file'), true);
  });
  const words = [
    'get',
    '--alpn',
    'hq-interop',
    `https://${server.authority}/file`,
    '--insecure',
    '--out',
    directory,
  ];
  const { code, stderr } = await tsquic(...words);
  server.stop();
  expect({ code, stderr, stopped }).toEqual({ code: 0, stderr: [], stopped: [] });
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('the file');
});

test('a perf server that answers before it has read everything is no measure of anything', async () => {
  const server = await startServer((event, context) => {
    if (event.type === 'stream-readable')
      context.connection(event.connection)?.stream(event.streamId)?.write(new Uint8Array(1000), true);
  });
  const words = ['--insecure', '--upload', '50000000', '--download', '1000'];
  const { code, stderr } = await tsquic('perf', server.authority, ...words);
  server.stop();
  expect(stderr).toEqual([
    expect.stringMatching(/^tsquic: ERR_TSQUIC_PERF: .*before it had read the upload/),
  ]);
  expect(code).toBe(1);
});

describe('as a process', () => {
  const trace = join(directory, 'long.sqlog');
  const head = { file_schema: 'x', trace: { vantage_point: { type: 'client' } } };
  const event = { time: 1, name: 'packet_sent', data: { header: { packet_type: '1RTT', packet_number: 1 } } };
  const records = [head, ...Array.from({ length: 20_000 }, () => event)];
  writeFileSync(trace, records.map((record) => `\u001e${JSON.stringify(record)}\n`).join(''));
  const ladder = ['packages/cli/src/main.ts', 'ladder', trace, '--first', '20000'];

  test('whose reader has seen enough, says nothing', async () => {
    const child = spawn(process.execPath, [...LOADER, ...ladder], { cwd: project });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.stdout.destroy();
    const code = await new Promise((resolve) => void child.once('close', resolve));
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('whose disk is full, says so in one line', async () => {
    if (process.platform !== 'linux') return;
    const child = spawn(process.execPath, [...LOADER, ...ladder], {
      cwd: project,
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let stderr = '';
    child.stderr!.on('data', (data: Buffer) => (stderr += data.toString()));
    const code = await new Promise((resolve) => void child.once('close', resolve));
    expect(stderr.trimEnd().split('\n')).toEqual(['tsquic: ENOSPC: cannot write to stdout: no space left']);
    expect(code).toBe(1);
  });
});

const LOADER = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs'];

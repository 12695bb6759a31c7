import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { run } from '@tsquic/cli';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { createTestIdentity } from '@tsquic/simulator';
import { type CloseInfo, listen } from 'tsquic';
import { createSelfSigned } from 'tsquic/certificates';
import { takeEvents } from 'tsquic/events';
import { recorder, tsquic } from './spoken.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'tsquic-endings-'));
afterAll(() => rmSync(base, { recursive: true }));

/** A server of files without end; resolves with where it is, and how its first connection ends. */
async function serveForEver(): Promise<{
  readonly authority: string;
  readonly connected: Promise<void>;
  readonly ended: Promise<CloseInfo>;
  readonly stop: () => Promise<void>;
}> {
  const pair = await createSelfSigned({ hosts: ['127.0.0.1'] });
  let tell: (ended: Promise<CloseInfo>) => void;
  const ended = new Promise<CloseInfo>((resolve) => (tell = resolve));
  let onConnected: () => void;
  const connected = new Promise<void>((resolve) => (onConnected = resolve));
  const listener = await listen(
    {
      ...{ host: '127.0.0.1', cert: pair.certificatePem, key: pair.privateKeyPem },
      ALPNProtocols: ['hq-interop', 'perf'],
    },
    (connection) => {
      tell(connection.closed);
      onConnected();
      takeEvents(connection, () => ({
        onStream: (stream) => {
          stream.setSource((room) => ({ bytes: room.length, fin: false }));
          return { onReadable: () => void stream.read(new Uint8Array(1000)) };
        },
      }));
    },
  );
  const authority = `127.0.0.1:${listener.address.port}`;
  return { authority, connected, ended, stop: () => listener.close() };
}

function start(...words: readonly string[]): { child: ChildProcess; said: () => string } {
  let text = '';
  const child = spawn(process.execPath, [...LOADER, 'packages/cli/src/main.ts', ...words], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr!.on('data', (data: Buffer) => (text += data.toString()));
  return { child, said: () => text };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let looks = 0; !isTrue(); looks++) {
    if (looks === 5000) throw new Error('it does not come true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'a download that %s ends says so to the server, and leaves no part of a file',
  async (signal, code) => {
    const server = await serveForEver();
    const out = join(base, signal);
    mkdirSync(out);
    const { child, said } = start(
      'get',
      `https://${server.authority}/file`,
      '--insecure',
      '--alpn',
      'hq-interop',
      '--quiet',
      '--out',
      out,
    );
    const closed = once(child, 'close');
    await until(() => readdirSync(out).some((name) => statSync(join(out, name)).size > 0));
    expect(readdirSync(out)).toEqual(['.file.part']);
    child.kill(signal);
    expect(await closed).toEqual([code, null]);
    expect(said()).toBe('tsquic: interrupted\n');
    expect(readdirSync(out)).toEqual([]);
    expect(await server.ended).toEqual({ code: 0, reason: '', remote: true });
    await server.stop();
  },
);

test('a measurement that SIGINT ends says so to the server, and reports nothing', async () => {
  const server = await serveForEver();
  const { child, said } = start('perf', server.authority, '--insecure');
  const closed = once(child, 'close');
  await server.connected;
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  expect(said()).toBe('tsquic: interrupted\n');
  expect(await server.ended).toEqual({ code: 0, reason: '', remote: true });
  await server.stop();
});

test('a server that is gone in the middle of a file is missed after --timeout, not after half a minute', async () => {
  const crypto = createNodeProvider();
  const context = createQuicContext({
    ...{ crypto, alpn: ['hq-interop'], identity: createTestIdentity(crypto) },
  });
  const port = await openNodePort({ ip: '127.0.0.1' });
  let goneAt = 0;
  const loop = new QuicLoop({
    ...{ context, port, clock: nodeClock },
    onEvent: (event) => {
      if (event.type !== 'stream-readable') return;
      context.connection(event.connection)?.stream(event.streamId)?.write(new Uint8Array(1000));
      // As if killed: no word, and no socket.
      setTimeout(() => {
        goneAt = performance.now();
        loop.stop();
        port.close();
      }, 50);
    },
  });
  const url = `https://127.0.0.1:${port.local.port}/file`;
  const { exitCode, stderr } = await tsquic(
    'get',
    url,
    '--insecure',
    '--alpn',
    'hq-interop',
    '--timeout',
    '2',
  );
  expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_IDLE_TIMEOUT: .* has gone silent$/)]);
  expect(exitCode).toBe(1);
  // The idle timeout of the library is 30 s; this waits 2 s, and a busy machine some more.
  expect(performance.now() - goneAt).toBeLessThan(25_000);
});

test('a server that is only slow is waited for', async () => {
  const pair = await createSelfSigned({ hosts: ['127.0.0.1'] });
  const identity = { cert: pair.certificatePem, key: pair.privateKeyPem };
  const listener = await listen(
    { host: '127.0.0.1', ...identity, ALPNProtocols: ['hq-interop'] },
    async (connection) => {
      for await (const { readable, writable } of connection) {
        await new Response(readable).text();
        await new Promise((resolve) => setTimeout(resolve, 3000));
        const writer = writable.getWriter();
        await writer.write(new TextEncoder().encode('late'));
        await writer.close();
      }
    },
  );
  const url = `https://127.0.0.1:${listener.address.port}/file`;
  const { exitCode, stderr, stdout } = await tsquic(
    'get',
    url,
    '--insecure',
    '--alpn',
    'hq-interop',
    '--timeout',
    '60',
  );
  expect([exitCode, stderr]).toEqual([0, []]);
  expect(stdout.at(-1)).toMatch(/^1 file, 4 bytes/);
  await listener.close();
});

test('perf reports nothing where nobody listens', async () => {
  const port = await openNodePort({ ip: '127.0.0.1' });
  const { port: number } = port.local;
  port.close();
  const { exitCode, stdout, stderr } = await tsquic('perf', `127.0.0.1:${number}`, '--insecure');
  expect(stdout).toEqual([]);
  expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_CONNECTION_REFUSED: nobody listens at/)]);
  expect(exitCode).toBe(1);
});

test('get reports the files of other servers where one does not answer', async () => {
  const port = await openNodePort({ ip: '127.0.0.1' });
  const { port: number } = port.local;
  port.close();
  const root = join(base, 'answers');
  mkdirSync(root);
  writeFileSync(join(root, 'a'), 'a');
  const keys = join(base, 'answering-keys');
  await tsquic('cert', '--out', keys, '--host', '127.0.0.1');
  const { url, stop } = await startServer(root, join(keys, 'cert.pem'), join(keys, 'key.pem'));
  const words = [`https://127.0.0.1:${number}/b`, `${url}/a`, '--insecure', '--alpn', 'hq-interop', '--json'];
  const { exitCode, stdout, stderr } = await tsquic('get', ...words);
  expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_CONNECTION_REFUSED/)]);
  expect(JSON.parse(stdout.at(-1)!)).toMatchObject({
    bytes: 1,
    errors: [{ code: 'ERR_QUIC_CONNECTION_REFUSED' }],
  });
  expect(exitCode).toBe(1);
  expect(await stop()).toBe(0);
});

test('an encrypted key is served with its passphrase, which is asked for otherwise', async () => {
  const keys = join(base, 'encrypted');
  await tsquic('cert', '--out', keys, '--host', '127.0.0.1');
  const [cert, key, passphrase] = [join(keys, 'cert.pem'), join(keys, 'key.pem'), join(keys, 'passphrase')];
  const plain = createPrivateKey(readFileSync(key));
  writeFileSync(
    key,
    plain.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
  );
  writeFileSync(passphrase, 'secret\nand a second line\n');
  const words = ['serve', '--root', keys, '--cert', cert, '--key', key, '--port', '0'];
  const asked = await tsquic(...words);
  expect(asked.stderr).toEqual([
    expect.stringMatching(/^tsquic: ERR_TSQUIC_KEY: .*key\.pem is encrypted \(--passphrase-file FILE/),
  ]);
  const wrong = await tsquic(...words, '--passphrase-file', cert);
  expect(wrong.stderr).toEqual([expect.stringMatching(/ERR_TSQUIC_KEY: .*with another passphrase/)]);
  const { url, stop } = await startServer(keys, cert, key, '--passphrase-file', passphrase);
  expect((await tsquic('get', `${url}/cert.pem`, '--ca', cert)).exitCode).toBe(0);
  expect(await stop()).toBe(0);
});

test('a client shows the certificate that it is given, made by cert --client', async () => {
  const [keys, mine] = [join(base, 'server'), join(base, 'client')];
  await tsquic('cert', '--out', keys, '--host', '127.0.0.1');
  await tsquic('cert', '--out', mine, '--host', 'alice', '--client');
  const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
  expect(new X509Certificate(read(mine, 'cert.pem')).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  const shown: (string | undefined)[] = [];
  const listener = await listen(
    {
      ...{ host: '127.0.0.1', cert: read(keys, 'cert.pem'), key: read(keys, 'key.pem') },
      ...{ ALPNProtocols: ['hq-interop'], requestCert: true, ca: read(mine, 'cert.pem') },
    },
    (connection) => void shown.push(connection.peerCertificate?.subject),
  );
  const words = [
    'get',
    `https://127.0.0.1:${listener.address.port}/`,
    '--handshake-only',
    '--alpn',
    'hq-interop',
  ];
  const trusting = [...words, '--ca', join(keys, 'cert.pem')];
  const pair = ['--cert', join(mine, 'cert.pem'), '--key', join(mine, 'key.pem')];
  expect(await tsquic(...trusting, ...pair)).toMatchObject({ exitCode: 0, stderr: [] });
  expect(shown).toEqual(['CN=alice']);
  const without = await tsquic(...trusting);
  expect(without.stderr).toEqual([expect.stringMatching(/certificate_required .*--cert FILE --key FILE/)]);
  expect((await tsquic(...trusting, '--key', join(mine, 'key.pem'))).stderr).toEqual([
    expect.stringMatching(/ERR_TSQUIC_USAGE: .*needs both --cert and --key/),
  ]);
  const other = join(base, 'other.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(other, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect((await tsquic(...trusting, '--cert', join(mine, 'cert.pem'), '--key', other)).stderr).toEqual([
    expect.stringMatching(/ERR_TSQUIC_KEY: .* is not the key of /),
  ]);
  await listener.close();
});

test.each(['a b', 'x/y', '*'])('cert refuses the host %j', async (host) => {
  const { exitCode, stderr } = await tsquic('cert', '--out', join(base, 'none'), '--host', host);
  expect(stderr).toEqual([
    expect.stringMatching(/^tsquic: ERR_TSQUIC_HOST: --host .* is neither a DNS name nor an IP address$/),
  ]);
  expect(exitCode).toBe(1);
});

async function startServer(
  root: string,
  cert: string,
  key: string,
  ...more: readonly string[]
): Promise<{ readonly url: string; readonly stop: () => Promise<number> }> {
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const { terminal, stdout, stderr } = recorder();
  const words = ['serve', '--root', root, '--cert', cert, '--key', key, '--port', '0', ...more];
  const ended = run(words, terminal, stopped);
  await until(() => stdout.length + stderr.length > 0);
  expect(stderr).toEqual([]);
  return { url: stdout[0]!.replace('listening on ', 'https://'), stop: () => (stop(), ended) };
}

const LOADER = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs'];

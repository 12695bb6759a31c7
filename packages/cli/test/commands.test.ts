import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '@tsquic/cli';
import { createSelfSigned } from 'tsquic/certificates';
import { recorder, type Server, startServer, tsquic } from './spoken.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-cli-'));
const root = join(base, 'root');
const cert = join(base, 'keys', 'cert.pem');
const key = join(base, 'keys', 'key.pem');
const big = randomBytes(3_000_000);
let server: Server;

beforeAll(async () => {
  mkdirSync(join(root, 'many'), { recursive: true });
  writeFileSync(join(root, 'big'), big);
  writeFileSync(join(root, 'small'), 'small');
  writeFileSync(join(root, 'empty'), '');
  writeFileSync(join(base, 'secret'), 'secret');
  symlinkSync(join(base, 'secret'), join(root, 'link'));
  for (let index = 0; index < 300; index++) writeFileSync(join(root, 'many', `${index}`), `file ${index}`);
  await tsquic('cert', '--out', join(base, 'keys'), '--host', 'localhost', '--host', '127.0.0.1');
  server = await startServer('--root', root, '--cert', cert, '--key', key);
});

afterAll(async () => {
  await server.stop();
  rmSync(base, { recursive: true });
});

describe('get --path', () => {
  const SIZE = 30_000_000;

  test('uses further paths at once, and tells what came by each', async () => {
    const several = await startServer('--root', root, '--cert', cert, '--key', key, '--paths', '4');
    const words = ['--insecure', '--json', '--path', '127.0.0.1', '--path', '127.0.0.1'];
    const { exitCode, stdout, stderr } = await tsquic('get', ...words, `${several.url}/${SIZE}`);
    await several.stop();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
    const { bytes, paths } = JSON.parse(stdout.at(-1)!) as {
      bytes: number;
      paths: { pathId: number; local: string; bytesReceived: number }[];
    };
    expect(bytes).toBe(SIZE);
    expect(paths.map(({ pathId, local }) => [pathId, local])).toEqual([
      [0, '127.0.0.1'],
      [1, '127.0.0.1'],
      [2, '127.0.0.1'],
    ]);
    expect(paths.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)).toBeGreaterThan(SIZE);
    expect(stdout.some((line) => line.includes('; 3 paths: 127.0.0.1 '))).toBe(true);
  });

  test('goes on without them where the server offers no multipath, or the address is none of ours', async () => {
    for (const address of ['127.0.0.1', '192.0.2.77']) {
      const { exitCode, stderr } = await tsquic(
        'get',
        '--insecure',
        '--path',
        address,
        `${server.url}/${SIZE}`,
      );
      expect(exitCode).toBe(0);
      expect(stderr).toEqual([expect.stringMatching(`^tsquic: no path from ${address}: `)]);
    }
  });
});

describe('get', () => {
  test('fetches files on one connection and tells what it did', async () => {
    const out = join(base, 'fetched');
    const urls = ['big', 'small', 'empty'].map((name) => `${server.url}/${name}`);
    const { exitCode, stdout, stderr } = await tsquic(
      'get',
      ...urls,
      '--ca',
      cert,
      '--out',
      out,
      '--json',
      '--checksum',
    );
    expect(stderr).toEqual([]);
    expect(exitCode).toBe(0);
    expect(readFileSync(join(out, 'big')).equals(big)).toBe(true);
    expect(readFileSync(join(out, 'small'), 'utf8')).toBe('small');
    expect(readFileSync(join(out, 'empty'))).toHaveLength(0);
    expect(readdirSync(out)).toHaveLength(3);
    const summary = JSON.parse(stdout.at(-1) ?? '') as { files: { url: string; sha256: string }[] };
    expect(summary).toMatchObject({ bytes: big.length + 5, alpn: 'h3', errors: [] });
    const sum = summary.files.find(({ url }) => url.endsWith('/big'))?.sha256;
    expect(sum).toBe(createHash('sha256').update(big).digest('hex'));
  });

  test('fetches more files than a server allows streams', async () => {
    const out = join(base, 'many');
    const urls = Array.from({ length: 300 }, (_, index) => `${server.url}/many/${index}`);
    const { exitCode } = await tsquic('get', ...urls, '--ca', cert, '--out', out, '--quiet');
    expect(exitCode).toBe(0);
    for (let index = 0; index < 300; index++)
      expect(readFileSync(join(out, `${index}`), 'utf8')).toBe(`file ${index}`);
  });

  test('finds the address of a name that listens', async () => {
    const { exitCode, stdout } = await tsquic(
      'get',
      `${server.url.replace('127.0.0.1', 'localhost')}/small`,
      '--ca',
      cert,
    );
    expect(exitCode).toBe(0);
    expect(stdout.at(-1)).toMatch(
      /^1 file, 5 bytes in .* Mbit\/s; handshake .* ms in QUIC version 1; \d+ packets? lost$/,
    );
  });

  test.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
    'speaks %s when told so',
    async (cipher) => {
      const { stdout } = await tsquic(
        'get',
        `${server.url}/small`,
        '--ca',
        cert,
        '--cipher',
        cipher,
        '--json',
      );
      expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({ cipherSuite: cipher, bytes: 5 });
    },
  );

  test('only shakes hands when told so', async () => {
    const { exitCode, stdout } = await tsquic('get', `${server.url}/`, '--ca', cert, '--handshake-only');
    expect(exitCode).toBe(0);
    expect(stdout).toEqual([expect.stringMatching(/^connected; handshake/)]);
  });

  test('writes secrets where it is told to', async () => {
    const keylog = join(base, 'secrets');
    await tsquic('get', `${server.url}/small`, '--ca', cert, '--keylog', keylog);
    expect(readFileSync(keylog, 'utf8')).toMatch(
      /^SERVER_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64}$/m,
    );
  });
});

describe('a scenario', () => {
  test('fetches files and sizes, some after others', async () => {
    const { exitCode, stdout, stderr } = await tsquic(
      'get',
      '--scenario',
      '0:small;4:/12345;8:0:/2000000;*3:-:/7;24:4:/0',
      server.url.slice(8),
      '--ca',
      cert,
      '--json',
    );
    expect(stderr).toEqual([]);
    expect(exitCode).toBe(0);
    const { files } = JSON.parse(stdout.at(-1) ?? '') as { files: { url: string; bytes: number }[] };
    const sizes = files.map(({ url, bytes }) => `${url.slice(server.url.length)} ${bytes}`);
    expect(sizes.sort()).toEqual([
      '/0 0',
      '/12345 12345',
      '/2000000 2000000',
      '/7 7',
      '/7 7',
      '/7 7',
      '/small 5',
    ]);
    const order = files.map(({ url }) => url.slice(server.url.length));
    expect(order.indexOf('/small')).toBeLessThan(order.indexOf('/12345'));
    expect(order.indexOf('/12345')).toBeLessThan(order.indexOf('/0'));
  });
});

describe('perf', () => {
  test.each([
    [1_000_000, 2_000_000, 3, []],
    [0, 0, 1, []],
    [100, 1000, 500, ['--parallel', '20']],
    [2000, 20_000, 150, ['--parallel', '4', '--unidirectional']],
    [10_000, 0, 150, ['--parallel', '2', '--unidirectional']],
  ])('sends %i bytes and asks for %i, %i times, %j', async (upload, download, transactions, more) => {
    const { exitCode, stdout, stderr } = await tsquic(
      'perf',
      server.url.replace('https://', ''),
      '--ca',
      cert,
      '--json',
      ...['--upload', `${upload}`, '--download', `${download}`, '--transactions', `${transactions}`],
      ...more,
    );
    expect(stderr).toEqual([]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout.at(-1) ?? '')).toMatchObject({
      quicVersion: 1,
      transactions,
      uploadedBytes: Math.max(8, upload) * transactions,
      downloadedBytes: download * transactions,
    });
  });

  test('ends with the lines of picoquicdemo', async () => {
    const { stdout } = await tsquic('perf', server.url.slice(8), '--ca', cert, '--download', '10000');
    const report = Object.fromEntries(stdout.map((line) => line.split(': '))) as Record<string, string>;
    expect(Object.keys(report)).toEqual([
      'QUIC_version',
      'UDP_sockets',
      'Connection_duration_sec',
      'Nb_transactions',
      'Upload_bytes',
      'Download_bytes',
      'TPS',
      'Upload_Mbps',
      'Download_Mbps',
    ]);
    expect(report).toMatchObject({
      QUIC_version: '1',
      Nb_transactions: '1',
      Upload_bytes: '8',
      Download_bytes: '10000',
    });
    const seconds = Number(report['Connection_duration_sec']);
    expect(Number(report['TPS']) * seconds).toBeCloseTo(1, 2);
    expect(Number(report['Download_Mbps']) * seconds).toBeCloseTo(0.08, 3);
  });
});

describe('seeing', () => {
  test('a qlog of a download, and its ladder', async () => {
    const directory = join(base, 'qlog');
    await tsquic('get', '--qlog', directory, '--congestion', 'bbr', `${server.url}/big`, '--ca', cert);
    const [name = '', ...others] = readdirSync(directory);
    expect(name).toMatch(/^[0-9a-f]+_client\.sqlog$/);
    expect(others).toEqual([]);
    const drawn = await tsquic(
      'ladder',
      join(directory, name),
      '--first',
      '5',
      '--last',
      '5',
      '--width',
      '80',
    );
    expect(drawn).toMatchObject({ exitCode: 0, stderr: [] });
    expect(drawn.stdout).toHaveLength(1 + 5 + 1 + 5 + 3);
    expect(drawn.stdout[1]).toMatch(/─ initial \d+ {2}CRYPTO 0\+/);
    expect(drawn.stdout.at(-1)).toMatch(/^window .*kB$/);
    const both = await tsquic('ladder', join(directory, name), join(directory, name), '--first', '3');
    expect(both.exitCode).toBe(0);
    expect(both.stdout.filter((line) => line === `== ${join(directory, name)}`)).toHaveLength(2);
  });

  test('$QLOGDIR asks for traces too, and an option says otherwise', async () => {
    const [directory, other] = [join(base, 'qlogdir'), join(base, 'other')];
    const { terminal } = recorder({ QLOGDIR: directory });
    const words = ['get', `${server.url}/small`, '--ca', cert, '--quiet'];
    expect(await run(words, terminal, Promise.resolve())).toBe(0);
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^[0-9a-f]+_client\.sqlog$/)]);
    expect(await run([...words, '--qlog'], terminal, Promise.resolve())).toBe(0);
    expect(await run([...words, '--qlog', other], terminal, Promise.resolve())).toBe(0);
    expect([readdirSync(directory).length, readdirSync(other).length]).toEqual([2, 1]);
  });

  test.each([
    [['get', 'https://a/x', '--qlog'], /^tsquic: ERR_TSQUIC_QLOG: .*QLOGDIR is not set.*--qlog DIR\)$/],
    [
      ['get', 'https://a/x', '--congestion', 'vegas'],
      /^tsquic: ERR_TSQUIC_USAGE: --congestion vegas: use newreno/,
    ],
    [['ladder', join(root, 'small')], /^tsquic: ERR_TSQUIC_QLOG: .*small is no qlog/],
    [['ladder', join(root, 'none')], /^tsquic: ENOENT: cannot read/],
  ])('%j says what is wrong', async (words, line) => {
    const { exitCode, stderr } = await tsquic(...words);
    expect(stderr).toEqual([expect.stringMatching(line)]);
    expect(exitCode).toBe(1);
  });
});

describe('get says in one line what is wrong, with', () => {
  test.each([
    ['an issuer nobody trusts', [], /^tsquic: ERR_QUIC_TLS_ALERT: .*unknown_ca \(0x130\): .*--ca FILE/],
    [
      'another host name',
      ['--ca', cert, '--server-name', 'example.org'],
      /^tsquic: ERR_QUIC_TLS_ALERT: .*bad_certificate \(0x12a\): .*example\.org/,
    ],
    [
      'an application protocol unknown',
      ['--ca', cert, '--alpn', 'h9'],
      /^tsquic: ERR_QUIC_TLS_ALERT: .*no_application_protocol \(0x178\).*h9/,
    ],
    [
      'a file of issuers missing',
      ['--ca', join(base, 'none')],
      /^tsquic: ENOENT: cannot read .*none: no such file or directory$/,
    ],
    ['a file of issuers without any', ['--ca', join(root, 'small')], /^tsquic: ERR_TSQUIC_CERTIFICATE: /],
    ['a cipher suite unknown', ['--cipher', 'RC4'], /^tsquic: ERR_TSQUIC_CIPHER: unknown cipher suite RC4/],
    [
      'nowhere to write',
      ['--ca', cert, '--out', join(base, 'secret', 'sub')],
      /^tsquic: ENOTDIR: cannot make/,
    ],
  ])('%s', async (_what, options, line) => {
    const { exitCode, stderr } = await tsquic('get', `${server.url}/small`, ...options);
    expect(stderr).toEqual([expect.stringMatching(line)]);
    expect(exitCode).toBe(1);
  });

  test.each(['missing', 'link', '%2e%2e%2fsecret/x'])('a file not served: %s', async (name) => {
    const out = join(base, 'refused');
    const { exitCode, stderr } = await tsquic('get', `${server.url}/${name}`, '--ca', cert, '--out', out);
    expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_TSQUIC_STATUS: .*no such file \(404\)$/)]);
    expect(exitCode).toBe(1);
    expect(readdirSync(out)).toEqual([]);
  });

  test('an expired certificate', async () => {
    const pair = await createSelfSigned({ hosts: ['127.0.0.1'], days: 2, shiftDays: -3 });
    const [oldCert, oldKey] = [join(base, 'old-cert.pem'), join(base, 'old-key.pem')];
    writeFileSync(oldCert, pair.certificatePem);
    writeFileSync(oldKey, pair.privateKeyPem);
    const old = await startServer('--root', root, '--cert', oldCert, '--key', oldKey);
    const { exitCode, stderr } = await tsquic('get', `${old.url}/small`, '--ca', oldCert);
    await old.stop();
    expect(stderr).toEqual([
      expect.stringMatching(/^tsquic: ERR_QUIC_TLS_ALERT: .*certificate_expired \(0x12d\): /),
    ]);
    expect(exitCode).toBe(1);
  });

  test('a port where nobody listens', async () => {
    const socket = createSocket('udp4');
    await once(socket.bind(0, '127.0.0.1'), 'listening');
    const { port } = socket.address();
    socket.close();
    const { exitCode, stderr } = await tsquic('get', `https://127.0.0.1:${port}/x`, '--insecure');
    expect(stderr).toEqual([
      expect.stringMatching(/^tsquic: ERR_QUIC_CONNECTION_REFUSED: nobody listens at/),
    ]);
    expect(exitCode).toBe(1);
  });

  test('a server that never answers, in the time given', async () => {
    const socket = createSocket('udp4');
    await once(socket.bind(0, '127.0.0.1'), 'listening');
    const begun = performance.now();
    const { exitCode, stderr } = await tsquic(
      'get',
      `https://127.0.0.1:${socket.address().port}/x`,
      '--insecure',
      '--timeout',
      '0.5',
    );
    socket.close();
    expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_QUIC_HANDSHAKE_TIMEOUT: .*within 0\.5 s/)]);
    expect(exitCode).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(450);
  });

  test.each([
    [['get', 'not-a-url'], /^tsquic: ERR_INVALID_URL: not-a-url: not a URL/],
    [
      ['get', 'https://name.invalid/x', '--insecure'],
      /^tsquic: (ENOTFOUND|EAI_AGAIN): cannot find name\.invalid/,
    ],
    [
      ['get', 'https://a/x', 'https://b/x', '--insecure', '--out', base],
      /^tsquic: ERR_TSQUIC_OUT: two URLs would both become x$/,
    ],
    [['get', 'https://a/x', '--keylog'], /^tsquic: ERR_TSQUIC_KEYLOG: /],
  ])('%j', async (words, line) => {
    const { exitCode, stderr } = await tsquic(...words);
    expect(stderr).toEqual([expect.stringMatching(line)]);
    expect(exitCode).toBe(1);
  });
});

describe('serve does not begin with', () => {
  const complete = { '--root': root, '--cert': cert, '--key': key, '--port': '0' };
  test.each([
    [{ '--root': join(base, 'none') }, /^tsquic: ENOENT: cannot serve/],
    [{ '--root': join(base, 'secret') }, /^tsquic: ENOTDIR: cannot serve/],
    [{ '--key': join(base, 'none') }, /^tsquic: ENOENT: cannot read/],
    [{ '--key': cert }, /^tsquic: ERR_TSQUIC_KEY: /],
    [{ '--cert': key }, /^tsquic: ERR_TSQUIC_CERTIFICATE: /],
    [{ '--host': '203.0.113.1' }, /^tsquic: EADDRNOTAVAIL: cannot listen on 203\.0\.113\.1:0/],
  ])('%j', async (change, line) => {
    const { exitCode, stderr } = await tsquic('serve', ...Object.entries({ ...complete, ...change }).flat());
    expect(stderr).toEqual([expect.stringMatching(line)]);
    expect(exitCode).toBe(1);
  });

  test('the key of another certificate', async () => {
    const other = join(base, 'other');
    await tsquic('cert', '--out', other, '--host', 'localhost');
    const { stderr } = await tsquic('serve', '--root', root, '--cert', cert, '--key', join(other, 'key.pem'));
    expect(stderr).toEqual([expect.stringMatching(/^tsquic: ERR_TSQUIC_KEY: .* is not the key of /)]);
  });
});

test('cert does not overwrite unless told to', async () => {
  const directory = join(base, 'twice');
  const words = ['cert', '--out', directory, '--host', 'localhost'];
  await tsquic(...words);
  const first = readFileSync(join(directory, 'key.pem'), 'utf8');
  const refused = await tsquic(...words);
  expect(refused.stderr).toEqual([expect.stringMatching(/^tsquic: EEXIST: .*--force overwrites it/)]);
  expect(refused.exitCode).toBe(1);
  expect(readFileSync(join(directory, 'key.pem'), 'utf8')).toBe(first);
  chmodSync(join(directory, 'key.pem'), 0o644);
  expect((await tsquic(...words, '--force')).exitCode).toBe(0);
  expect(statSync(join(directory, 'key.pem')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(directory, 'key.pem'), 'utf8')).not.toBe(first);
  expect(existsSync(join(directory, 'cert.pem'))).toBe(true);
});

test('cert writes nothing where one of its files is there', async () => {
  for (const file of ['key.pem', 'cert.pem', 'hashes.json']) {
    const directory = mkdtempSync(join(base, 'one-'));
    writeFileSync(join(directory, file), 'mine');
    const { stderr } = await tsquic('cert', '--out', directory, '--host', 'localhost', '--webtransport');
    expect(stderr).toEqual([expect.stringContaining(`${file} is there already`)]);
    expect(readdirSync(directory)).toEqual([file]);
    expect(readFileSync(join(directory, file), 'utf8')).toBe('mine');
  }
});

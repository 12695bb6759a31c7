import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificates } from '../certificates.ts';
import type { Environment } from './contract.ts';

const besides = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'interop-endpoint-'));
const [certs, www] = [join(base, 'certs'), join(base, 'www')];
const program = join(base, 'endpoint.mjs');
const SMALL = ['small-1', 'small-2', 'small-3'];

beforeAll(async () => {
  mkdirSync(certs);
  mkdirSync(www);
  await createCertificates(certs);
  for (const name of SMALL) writeFileSync(join(www, name), randomBytes(1000));
  writeFileSync(join(www, 'large'), randomBytes(1_000_000));
  const loader = fileURLToPath(new URL('../../tools/ts.mjs', import.meta.url));
  const bundling = spawnNode(['-C', 'tsquic-src', '--import', loader, besides('bundle.ts'), base], {});
  if ((await bundling.exitCode) !== 0) throw new Error(bundling.output);
});

afterAll(() => rmSync(base, { recursive: true }));

interface Process {
  readonly child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  output: string;
}

function spawnNode(args: readonly string[], environment: Environment): Process {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...environment } });
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  const found: Process = { child, exitCode, output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (found.output += chunk.toString()));
  return found;
}

async function startServer(environment: Environment): Promise<{ server: Process; url: string }> {
  const settings = { HOST: '127.0.0.1', PORT: '0', WWW: www, CERTS: join(certs, 'usual') };
  const server = spawnNode([program], { ...settings, ...environment, ROLE: 'server' });
  const address = (): string | undefined => /listening on (\S+)/.exec(server.output)?.[1];
  while (address() === undefined) await once(server.child.stdout!, 'data');
  return { server, url: `https://${address()}` };
}

/** What came of a case: an exit code of each side, what was received, and what the two wrote down. */
interface Outcome {
  readonly codes: readonly (number | null)[];
  readonly received: readonly string[];
  readonly output: string;
  /** The qlog of each connection of the client, in the order of their beginnings. */
  readonly traces: readonly string[];
  readonly secrets: readonly string[];
}

async function play(
  testCases: readonly [client: string, server: string],
  names: readonly string[],
  environment: Environment = {},
): Promise<Outcome> {
  const directory = mkdtempSync(join(base, 'run-'));
  const [downloads, qlog] = [join(directory, 'downloads'), join(directory, 'qlog')];
  mkdirSync(downloads);
  const keys = { client: join(directory, 'client.keys'), server: join(directory, 'server.keys') };
  const { server, url } = await startServer({
    ...environment,
    TESTCASE: testCases[1],
    SSLKEYLOGFILE: keys.server,
  });
  const client = spawnNode([program], {
    ...environment,
    ...{ DOWNLOADS: downloads, CERTS: certs, QLOGDIR: qlog, SSLKEYLOGFILE: keys.client },
    ...{ ROLE: 'client', TESTCASE: testCases[0], REQUESTS: names.map((name) => `${url}/${name}`).join(' ') },
  });
  const clientCode = await client.exitCode;
  server.child.kill('SIGTERM');
  const codes = [clientCode, await server.exitCode];
  const traces = readdirSync(qlog).map((name) => readFileSync(join(qlog, name), 'latin1'));
  return {
    codes,
    received: readdirSync(downloads)
      .map((name) => digest(join(downloads, name)))
      .sort(),
    output: client.output,
    traces: traces.sort((a, b) => startOf(a) - startOf(b)),
    secrets: Object.values(keys).map((path) => readFileSync(path, { encoding: 'latin1', flag: 'a+' })),
  };
}

const startOf = (trace: string): number => Date.parse(/"wall_clock_time":"([^"]+)/.exec(trace)?.[1] ?? '');
const digest = (path: string): string =>
  `${path.split('/').pop()} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
const originals = (names: readonly string[]): string[] => names.map((name) => digest(join(www, name))).sort();

describe('each case, endpoint against endpoint', () => {
  const rows: readonly {
    readonly cases: readonly [string, string];
    readonly names: readonly string[];
    readonly environment?: Environment;
    /** A pattern of what each connection must have written down. */
    readonly shows: readonly RegExp[];
  }[] = [
    { cases: ['handshake', 'handshake'], names: ['small-1'], shows: [/"tls_cipher"/] },
    {
      cases: ['transfer', 'transfer'],
      names: ['large', 'small-1'],
      shows: [/"frame_type":"max_(stream_)?data"/],
    },
    {
      cases: ['chacha20', 'chacha20'],
      names: ['small-1'],
      shows: [/"tls_cipher":"CHACHA20_POLY1305_SHA256"/],
    },
    { cases: ['http3', 'http3'], names: ['large', ...SMALL], shows: [/"h3"|"alpn"|"tls_cipher"/] },
    { cases: ['retry', 'retry'], names: ['small-1'], shows: [/"retry_source_connection_id"/] },
    {
      cases: ['resumption', 'resumption'],
      names: SMALL,
      shows: [/"resumption_allowed":false/, /"resumption_allowed":true/],
    },
    {
      cases: ['zerortt', 'zerortt'],
      names: SMALL,
      shows: [/^(?!.*"packet_type":"0RTT")/s, /"packet_type":"0RTT"/],
    },
    {
      cases: ['multiconnect', 'multiconnect'],
      names: SMALL,
      shows: SMALL.map(() => /"max_idle_timeout":180000/),
    },
    { cases: ['keyupdate', 'transfer'], names: ['large'], shows: [/"security:key_updated"/] },
    {
      cases: ['v2', 'v2'],
      names: ['small-1'],
      shows: [/"chosen_version":"00000001".*"chosen_version":"6b3343cf"/s],
    },
    { cases: ['rebind-addr', 'rebind-addr'], names: ['large'], shows: [/"tls_cipher"/] },
    { cases: ['ipv6', 'ipv6'], names: ['small-1'], environment: { HOST: '::1' }, shows: [/"ip_v6":"::1"/] },
    {
      cases: ['transfer', 'amplificationlimit'],
      names: ['small-1'],
      environment: { CERTS: join(certs, 'long') },
      // The flight has more than 7,500 bytes.
      shows: [/"frame_type":"crypto","offset":(7[5-9]|[89]\d|1\d\d)\d\d,/],
    },
    {
      cases: ['transfer', 'transfer'],
      names: ['small-1', 'large'],
      environment: { CLIENT_PARAMS: '--move-to 127.0.0.2' },
      shows: [/path_assigned.*127\.0\.0\.2/],
    },
    {
      cases: ['transfer', 'transfer'],
      names: ['small-1'],
      environment: { CLIENT_PARAMS: '--datagrams', SERVER_PARAMS: '--datagrams' },
      shows: [/"frame_type":"datagram"/],
    },
  ];
  test.each(rows)('$cases.0 $environment', async ({ cases, names, environment, shows }) => {
    const { codes, received, traces, secrets, output } = await play(cases, names, environment);
    expect([output, codes, received]).toEqual(['', [0, 0], originals(names)]);
    expect(traces.map((trace, index) => shows[index]?.test(trace))).toEqual(shows.map(() => true));
    for (const lines of secrets) expect(lines).toContain('SERVER_HANDSHAKE_TRAFFIC_SECRET ');
  });

  test('a client goes to the address that the server prefers', async () => {
    const port = await freePortBeforeAnother();
    const { codes, traces, received } = await play(
      ['transfer', 'connectionmigration'],
      ['small-1', 'large'],
      {
        PORT: String(port),
      },
    );
    expect([codes, received]).toEqual([[0, 0], originals(['small-1', 'large'])]);
    expect(traces[0]).toMatch(new RegExp(`path_assigned.*"port_v4":${port + 1}`));
  });

  test('two thousand files on one connection', async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `many-${index}`);
    for (const name of names) writeFileSync(join(www, name), randomBytes(32));
    const { codes, received } = await play(['transfer', 'transfer'], names);
    expect([codes, received]).toEqual([[0, 0], originals(names)]);
  });

  test('a client that begins with an unknown version ends well where it is told which are known', async () => {
    const { codes, traces, received } = await play(['versionnegotiation', 'versionnegotiation'], ['small-1']);
    expect([codes, received]).toEqual([[0, 0], []]);
    expect(traces[0]).toContain('"chosen_version":"1a2a3a4a"');
    expect(traces[0]).toContain('"trigger":"version_mismatch"');
  });

  test('a file that is not there is an error', async () => {
    const { codes, output } = await play(['transfer', 'transfer'], ['small-1', 'none']);
    expect(codes).toEqual([1, 0]);
    expect(output).not.toBe('');
  });
});

describe('WebTransport, endpoint against endpoint', () => {
  const PROTOCOLS = { client: 'red amber birch', server: 'birch amber' };

  /** Plays a case at the session `wt`, whose files are below `www` of the side that has them. */
  async function session(
    [client, server]: readonly [client: string, server: string],
    asked: { readonly client?: readonly string[]; readonly server?: readonly string[] },
  ): Promise<{ codes: (number | null)[]; client: string; server: string }> {
    const directory = mkdtempSync(join(base, 'session-'));
    const places = { client: join(directory, 'client'), server: join(directory, 'server') };
    const { server: serving, url } = await startServer({
      ...{ TESTCASE: server, PROTOCOLS: PROTOCOLS.server, DOWNLOADS: places.server },
      REQUESTS: (asked.server ?? []).map((name) => `wt/${name}`).join(' '),
    });
    const requests = asked.client?.map((name) => `${url}/wt/${name}`) ?? [`${url}/wt`];
    const joining = spawnNode([program], {
      ...{ ROLE: 'client', TESTCASE: client, PROTOCOLS: PROTOCOLS.client, CERTS: certs, WWW: www },
      ...{ DOWNLOADS: places.client, REQUESTS: requests.join(' ') },
    });
    const clientCode = await joining.exitCode;
    serving.child.kill('SIGTERM');
    return { codes: [clientCode, await serving.exitCode], ...places };
  }

  beforeAll(() => {
    mkdirSync(join(www, 'wt'));
    for (const name of ['one', 'two']) writeFileSync(join(www, 'wt', name), randomBytes(900));
  });

  test('both note the protocol that they agree on', async () => {
    const { codes, client, server } = await session(['handshake', 'handshake'], {});
    expect(codes).toEqual([0, 0]);
    for (const side of [client, server])
      expect(readFileSync(join(side, 'negotiated_protocol.txt'), 'utf8')).toBe('amber');
  });

  test.each(['unidirectional', 'bidirectional', 'datagram'])('files by %s, both ways', async (carrier) => {
    const names = ['one', 'two'];
    const expected = names.map((name) => digest(join(www, 'wt', name)));
    const down = await session([`transfer-${carrier}-receive`, 'transfer'], { client: names });
    const up = await session(['transfer', `transfer-${carrier}-send`], { server: names });
    expect([down.codes, up.codes]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    for (const side of [down.client, up.server])
      expect(names.map((name) => digest(join(side, 'wt', name)))).toEqual(expected);
  });

  test('a file that is not there is an error, and nothing above the root is sent', async () => {
    const { codes } = await session(['transfer-bidirectional-receive', 'transfer'], {
      client: ['..%2f..%2fcerts%2fca.pem'],
    });
    expect(codes).toEqual([1, 0]);
  });
});

test('nothing above the root is served', async () => {
  writeFileSync(join(base, 'secret'), 'secret');
  const { codes, received } = await play(['transfer', 'transfer'], ['..%2fsecret']);
  const nothing = createHash('sha256').digest('hex');
  expect([codes, received]).toEqual([[1, 0], [`..%2fsecret ${nothing}`]]);
});

test.each([...(canOpenFfiPort() ? [] : ['ecn']), 'kdrjfhqwpo'])(
  '%s ends with 127 on both sides',
  async (TESTCASE) => {
    for (const ROLE of ['client', 'server']) {
      const { exitCode } = spawnNode([program], { ROLE, TESTCASE, REQUESTS: 'https://server4:443/a' });
      expect(await exitCode).toBe(127);
    }
  },
);

test('a server answers the probe of the simulated network by Version Negotiation', async () => {
  const { server, url } = await startServer({ TESTCASE: 'handshake' });
  const socket = createSocket('udp4');
  const { hostname, port } = new URL(url);
  // A long header of version 0x57414954, with connection IDs of 8 and 4 bytes: RFC 8999 §5.1.
  const ids = [8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 10, 11, 12];
  const probe = Buffer.concat([Buffer.from([0xc0, 0x57, 0x41, 0x49, 0x54, ...ids])], 1207);
  socket.send(probe, Number(port), hostname);
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  server.child.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
  // Version 0, the IDs of the probe the other way round, and version 1 among those listed: RFC 9000 §17.2.1.
  expect([...answer.subarray(1, 19)]).toEqual([0, 0, 0, 0, ...ids.slice(9), ...ids.slice(0, 9)]);
  expect(answer.subarray(19).toString('hex').match(/.{8}/g)).toContain('00000001');
});

test.each([
  ['client', ['setup', 'wait-for-it sim:57832 -s -t 30', 'endpoint client'], 3],
  ['server', ['setup', 'endpoint server'], 3],
] as const)('run_endpoint.sh, %s', async (ROLE, steps, code) => {
  const place = mkdtempSync(join(base, 'container-'));
  const script = readFileSync(besides('run_endpoint.sh'), 'utf8');
  const say = (what: string): string => `#!/bin/sh\necho "${what} $*" | sed 's/ *$//'\n`;
  writeFileSync(join(place, 'setup.sh'), say('setup'), { mode: 0o755 });
  writeFileSync(join(place, 'wait-for-it.sh'), say('wait-for-it'), { mode: 0o755 });
  writeFileSync(
    join(place, 'endpoint.mjs'),
    `console.log('endpoint ' + process.env.ROLE); process.exit(${code});`,
  );
  const here = join(place, 'run_endpoint.sh');
  writeFileSync(here, script.replaceAll(/(?<=^|\s)\/(?=setup|wait-for-it|endpoint)/gm, `${place}/`));
  for (const args of [['-n', besides('run_endpoint.sh')], [here]]) {
    const child = spawn('sh', args, { env: { ...process.env, ROLE } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [ended] = (await once(child, 'close')) as [number];
    expect([ended, output]).toEqual(args.length === 2 ? [0, ''] : [code, `${steps.join('\n')}\n`]);
  }
});

/** A port of the loopback address whose successor is free, too. */
async function freePortBeforeAnother(): Promise<number> {
  for (;;) {
    const [first, second] = [createSocket('udp4'), createSocket('udp4')];
    first.bind(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address();
    second.bind(port + 1, '127.0.0.1');
    const isFree = await once(second, 'listening').then(
      () => true,
      () => false,
    );
    first.close();
    second.close();
    if (isFree) return port;
  }
}

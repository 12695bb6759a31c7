import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { QuicConnection, QuicListener } from 'tsquic';
import { certificate, dial } from './endpoints.ts';

/** The ways of test/programs/leaves-nothing.ts. */
const WAYS = [
  'nobody listens',
  'a certificate that nobody vouches for',
  'an address in use',
  'an option that cannot work',
  'aborted before',
  'aborted while the name is looked up',
  'aborted during the handshake',
  'aborted while connected',
  'a listener aborted',
  'a stream aborted while it reads and writes',
  'close with data unsent',
  'finish',
  'a handler that throws',
  'a listener that ends before its clients',
  'an endpoint that stays open without connections',
  'a peer that falls silent',
  'unref',
];

describe('a program ends by itself, for nothing is left open after', () => {
  let ended: Promise<{ readonly code: number; readonly output: string }>;
  beforeAll(() => {
    ended = run(spawnProgram('leaves-nothing.ts'));
  });

  test.each(WAYS)('%s', async (name) => {
    const { output } = await ended;
    expect(output.split('\n')).toContain(JSON.stringify({ name, left: [] }));
  });

  test('all of these', async () => {
    expect((await ended).code).toBe(0);
  });
});

test('handlers that fail end their connection, and warn of bugs, but end no program', async () => {
  const { code, output } = await run(spawnProgram('handlers-throw.ts'));
  expect(output.split('\n').sort()).toEqual([
    '',
    '1',
    '1',
    '1',
    '1',
    '5',
    'QuicProgramFault: a connection handler failed: a bug',
    'QuicProgramFault: a connection handler failed: a bug',
    'QuicProgramFault: the callback onError failed: another',
  ]);
  expect(code).toBe(0);
});

test('whatever a peer does, at every step: nothing that nobody awaits ends the program', async () => {
  const { code, output } = await run(spawnProgram('nobody-listens.ts'));
  expect(JSON.parse(output.trimEnd().split('\n').at(-1)!)).toEqual({ cases: 60, faults: [] });
  expect(code).toBe(0);
});

test('servers as the documents write them outlive clients that end at every step, and serve the next', async () => {
  const { code, output } = await run(spawnProgram('hostile-clients.ts'));
  expect(JSON.parse(output.trimEnd().split('\n').at(-1)!)).toEqual({ cases: 288, faults: [] });
  expect(code).toBe(0);
});

test('a peer that was killed: the idle timeout tells, and ends what waits', async () => {
  const { certificatePem, privateKeyPem } = await certificate();
  const child = spawnProgram('silent-server.ts', [certificatePem, privateKeyPem]);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const nowhere = { address: { ip: '127.0.0.1', port: Number(port) } } as QuicListener;
  const client: QuicConnection = await dial(nowhere, { transport: { idleTimeoutMs: 400 } });
  const stream = await client.openStream();
  const reading = stream.readable.getReader().read();
  await stream.writable.getWriter().write(new Uint8Array(100));
  child.kill('SIGKILL');
  await expect(reading).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
  await expect(client.closed).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
});

test('a server goes on when all of its workers have failed', async () => {
  const child = spawnProgram('workers-fail.ts');
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (output.includes('replaced')) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(output).toBe('failed\nreplaced');
});

type Program = ChildProcessByStdio<null, Readable, null>;

function spawnProgram(name: string, args: readonly string[] = []): Program {
  const project = fileURLToPath(new URL('../../..', import.meta.url));
  const script = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const words = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs', script, ...args];
  return spawn(process.execPath, words, { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function run(program: Program): Promise<{ readonly code: number; readonly output: string }> {
  let output = '';
  program.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = (await once(program, 'close')) as [number];
  return { code, output };
}

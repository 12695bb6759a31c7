import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { createSelfSigned } from 'tsquic/certificates';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tsquic-examples-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('three-calls echoes', async () => {
  expect(await ended(start('examples/three-calls.ts'))).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
});

test.each([
  ['echo', ['two', 'words'], ['two words']],
  [
    'http3',
    ['/one', `@${fileURLToPath(import.meta.url)}`],
    [
      '/one 200 12 bytes',
      `@${fileURLToPath(import.meta.url)} 200 ${readFileSync(fileURLToPath(import.meta.url)).length} bytes`,
    ],
  ],
])('%s-client and %s-server talk', async (name, words, lines) => {
  const pair = await createSelfSigned({ hosts: ['127.0.0.1', 'localhost'] });
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(cert, pair.certificatePem);
  writeFileSync(key, pair.privateKeyPem);
  const server = start(`examples/${name}-server.ts`, cert, key, '0');
  const serverEnd = ended(server);
  const port = await new Promise<string>((resolve) => {
    server.stdout?.on('data', (data: Buffer) => resolve(/:(\d+)/.exec(data.toString())?.[1] ?? ''));
  });
  const client = await ended(start(`examples/${name}-client.ts`, cert, port, ...words));
  server.kill('SIGTERM');
  expect([client.code, client.stderr, client.stdout.trim().split('\n').sort()]).toEqual([
    0,
    '',
    lines.sort(),
  ]);
  expect(await serverEnd).toMatchObject({ code: 0, stderr: '' });
});

test('tsquic as a process: its exit code, and results apart from troubles', async () => {
  const main = join(project, 'packages/cli/src/main.ts');
  const made = await ended(start(main, 'cert', '--out', join(directory, 'made'), '--host', 'localhost'));
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/cert\.pem and .*key\.pem for localhost\n$/);
  expect(await ended(start(main, 'frobnicate'))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/./),
  });
});

function start(...words: readonly string[]): ChildProcess {
  const args = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs', ...words];
  return spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
}

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    const text = { stdout: '', stderr: '' };
    child.stdout?.on('data', (data: Buffer) => (text.stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (text.stderr += data.toString()));
    child.once('close', (code) => resolve({ code, ...text }));
  });
}

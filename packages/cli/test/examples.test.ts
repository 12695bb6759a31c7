import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { createSelfSigned } from '@tsquic/cli';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tsquic-examples-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('three-calls echoes', async () => {
  expect(await ended(start('examples/three-calls.ts'))).toEqual({ code: 0, stdout: 'hello\n' });
});

test('echo-client and echo-server talk', async () => {
  const pair = await createSelfSigned({ hosts: ['127.0.0.1'] });
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(cert, pair.certificatePem);
  writeFileSync(key, pair.privateKeyPem);
  const server = start('examples/echo-server.ts', cert, key, '0');
  const serverEnd = ended(server);
  const port = await new Promise<string>((resolve) => {
    server.stdout?.on('data', (data: Buffer) => resolve(/:(\d+)/.exec(data.toString())?.[1] ?? ''));
  });
  const client = await ended(start('examples/echo-client.ts', cert, port, 'two', 'words'));
  server.kill('SIGTERM');
  expect(client).toEqual({ code: 0, stdout: 'two words\n' });
  expect((await serverEnd).code).toBe(0);
});

test('tsquic as a process: its exit code, and results apart from troubles', async () => {
  const main = join(project, 'packages/cli/src/main.ts');
  const made = await ended(start(main, 'cert', '--out', join(directory, 'made'), '--host', 'localhost'));
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/cert\.pem and .*key\.pem for localhost\n$/);
  expect(await ended(start(main, 'frobnicate'))).toEqual({ code: 1, stdout: '' });
});

function start(...words: readonly string[]): ChildProcess {
  const args = ['-C', 'tsquic-src', '--no-warnings', '--import', './scripts/ts.mjs', ...words];
  return spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'ignore'] });
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return new Promise((resolve) => {
    let stdout = '';
    child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
    child.once('close', (code) => resolve({ code, stdout }));
  });
}

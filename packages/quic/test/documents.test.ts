import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, jest, test } from '@jest/globals';

jest.setTimeout(120_000);

const project = fileURLToPath(new URL('../../..', import.meta.url));
// Inside the project, for the snippets import its packages.
const folder = mkdtempSync(join(project, 'packages/quic/test/.snippets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Programs of the documents that use this package: what stands between "ts run" and the end of the block. */
const SNIPPETS = ['packages/quic/README.md', 'docs/integration.md'].flatMap((file) => {
  const text = readFileSync(join(project, file), 'utf8');
  const programs = [...text.matchAll(/```ts run\n([\s\S]*?)```/g)].map(([, program = '']) => program);
  return programs
    .filter((program) => program.includes("'tsquic"))
    .map((program, index) => [file, index + 1, program] as const);
});

test.each(SNIPPETS)('%s, program %i, runs and ends without a word', async (file, index, program) => {
  const path = join(folder, `${file.replaceAll(/\W/g, '-')}-${index}.ts`);
  writeFileSync(path, program);
  const words = ['-C', 'tsquic-src', '--no-warnings', '--import', './scripts/ts.mjs', path];
  const child = spawn(process.execPath, words, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
  child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number];
  expect(complaints).toBe('');
  expect(code).toBe(0);
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'tsquic-wasm-'));

afterAll(() => rmSync(folder, { recursive: true }));

test('the module in the package is what its sources give', () => {
  expect(check()).toEqual({ status: 0, stderr: '' });
});

test('and a source that was changed is noticed', () => {
  cpSync('packages/crypto/assembly', folder, { recursive: true });
  const file = join(folder, 'poly1305.ts');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('0x0ffffffc0fffffff');
  writeFileSync(file, text.replace('0x0ffffffc0fffffff', '0x0ffffffc0ffffffe'));
  const { status, stderr } = check(folder);
  expect(stderr).toContain('run `pnpm wasm`');
  expect(status).toBe(1);
});

function check(...folders: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['tools/wasm.mjs', '--check', ...folders], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

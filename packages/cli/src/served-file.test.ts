import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openServedFile } from './served-file.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'tsquic-root-')));
const root = join(base, 'root');
mkdirSync(join(root, 'sub'), { recursive: true });
mkdirSync(join(base, 'root-beside'));
writeFileSync(join(root, 'file'), 'inside');
writeFileSync(join(root, 'sub', 'a b'), 'space');
writeFileSync(join(root, '..dots'), 'dots');
writeFileSync(join(base, 'secret'), 'secret');
writeFileSync(join(base, 'root-beside', 'secret'), 'secret');
symlinkSync(join(base, 'secret'), join(root, 'link-out'));
symlinkSync(base, join(root, 'directory-out'));
symlinkSync('file', join(root, 'link-in'));
execFileSync('mkfifo', [join(root, 'pipe')]);
afterAll(() => rmSync(base, { recursive: true }));

describe('a path', () => {
  test.each([
    ['/file', 'inside'],
    ['/file?query', 'inside'],
    ['/sub/a%20b', 'space'],
    ['/..dots', 'dots'],
    ['/link-in', 'inside'],
  ])('%s is served', async (path, content) => {
    const file = await openServedFile(root, path);
    if (typeof file === 'number') throw new Error(`refused with ${file}`);
    expect((await file.handle.readFile()).toString()).toBe(content);
    expect(file.size).toBe(content.length);
    await file.handle.close();
  });

  test.each([
    '/missing',
    '/',
    '/sub',
    '/sub/',
    '//file',
    'file',
    '',
    '/../secret',
    '/sub/../../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/sub%2f..%2f..%2fsecret',
    '/..%5csecret',
    '/../root-beside/secret',
    '/link-out',
    '/directory-out/secret',
    '/file%00.txt',
    '/%zz',
    '/pipe',
    `/${'a'.repeat(300)}`,
  ])('%s is not found', async (path) => {
    expect(await openServedFile(root, path)).toBe(404);
  });
});

import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
    const bytes = Buffer.alloc(100);
    const { bytesRead } = await file.handle.read(bytes, 0, bytes.length, 0);
    expect(bytes.toString('utf8', 0, bytesRead)).toBe(content);
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

describe('many files at once', () => {
  test('hold about a hundred descriptors, and every one can be read', async () => {
    const before = readdirSync('/dev/fd').length;
    let most = 0;
    const look = (): void => void (most = Math.max(most, readdirSync('/dev/fd').length - before));
    const files = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const file = await openServedFile(root, '/file');
        look();
        return file;
      }),
    );
    const texts = await Promise.all(
      files.map(async (file) => {
        if (typeof file === 'number') return file;
        const bytes = Buffer.alloc(3);
        await file.handle.read(bytes, 0, 3, 3);
        look();
        return bytes.toString();
      }),
    );
    expect(new Set(texts)).toEqual(new Set(['ide']));
    expect(most).toBeLessThan(110);
    for (const file of files) if (typeof file !== 'number') await file.handle.close();
    expect(readdirSync('/dev/fd').length - before).toBeLessThan(5);
  });

  test('one that is changed meanwhile is not read on', async () => {
    const path = join(root, 'changing');
    writeFileSync(path, 'before');
    const others = await Promise.all(Array.from({ length: 100 }, () => openServedFile(root, '/file')));
    const file = await openServedFile(root, '/changing');
    writeFileSync(path, 'afterwards');
    if (typeof file === 'number') throw new Error(`refused with ${file}`);
    await expect(file.handle.read(Buffer.alloc(6), 0, 6, 0)).rejects.toThrow('has changed');
    for (const other of [file, ...others]) if (typeof other !== 'number') await other.handle.close();
  });
});

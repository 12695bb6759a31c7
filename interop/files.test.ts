import { expect, test } from '@jest/globals';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareFiles, createFiles } from './files.ts';

test('received files are judged by name, length and content', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'interop-files-'));
  const [original, received] = [join(directory, 'original'), join(directory, 'received')];
  const files = ['same', 'longer', 'changed', 'missing'].map((name) => ({ name, bytes: 100 }));
  await createFiles(original, files);
  await mkdir(received);
  for (const name of ['same', 'longer', 'changed'])
    await copyFile(join(original, name), join(received, name));
  await appendFile(join(received, 'longer'), 'x');
  const changed = await readFile(join(received, 'changed'));
  changed.writeUInt8(changed.readUInt8(50) ^ 1, 50);
  await writeFile(join(received, 'changed'), changed);

  expect(await compareFiles(original, received, files)).toEqual([
    'longer has 101 of 100 bytes',
    'changed differs',
    'missing is missing',
  ]);
  await writeFile(join(received, 'extra'), '');
  const complaints = await compareFiles(original, received, files.slice(0, 1));
  expect(complaints).toHaveLength(3);
  expect(complaints.every((complaint) => complaint.endsWith('was not asked for'))).toBe(true);
  await rm(directory, { recursive: true });
});

test('files may be in folders, whose names count', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'interop-files-'));
  const [original, received] = [join(directory, 'original'), join(directory, 'received')];
  const files = [{ name: 'folder/a', bytes: 10 }];
  await createFiles(original, files);
  await mkdir(join(received, 'folder'), { recursive: true });
  await copyFile(join(original, 'folder', 'a'), join(received, 'folder', 'a'));
  expect(await compareFiles(original, received, files)).toEqual([]);
  await copyFile(join(original, 'folder', 'a'), join(received, 'a'));
  expect(await compareFiles(original, received, files)).toEqual(['a was not asked for']);
  await rm(directory, { recursive: true });
});

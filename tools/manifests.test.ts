import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { judgeManifests } from './manifests.ts';

const root = process.cwd();
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'tsquic-manifests-'));
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  for (const folder of ['bytes', 'crypto']) {
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'])
      cpSync(join(root, 'packages', folder, file), join(copy, 'packages', folder, file));
  }
});

afterAll(() => rmSync(copy, { recursive: true }));

test('every package can be published as its folder stands', () => {
  expect(judgeManifests(root, false)).toEqual([]);
  for (const name of readdirSync(join(root, 'packages'))) {
    const licence = readFileSync(join(root, 'packages', name, 'LICENSE'), 'utf8');
    expect(licence).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
  }
});

test.each([
  [
    'a range that only the workspace knows',
    '"@tsquic/bytes": "^0.1.0"',
    '"@tsquic/bytes": "workspace:^"',
    'dependencies',
  ],
  ['another home', 'github.com/tsquic/tsquic/issues', 'github.com/somebody/else/issues', 'bugs'],
  ['a build that is left out', 'node ../../tools/prepack.mjs', 'true', 'scripts'],
  ['engines of its own', '>=22.12.0', '>=18', 'engines'],
])('%s is found and can be put right', (_what, right, wrong, field) => {
  const path = join(copy, 'packages/crypto/package.json');
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, before.replace(right, wrong));
  expect(judgeManifests(copy, false).join('\n')).toContain(`packages/crypto/package.json ${field} should be`);
  judgeManifests(copy, true);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('a file that npm shows and that is not there is missed', () => {
  rmSync(join(copy, 'packages/bytes/CHANGELOG.md'));
  expect(judgeManifests(copy, false)).toEqual(['packages/bytes/CHANGELOG.md is missing']);
});

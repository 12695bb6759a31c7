import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { chooseRuntimes, oldestAdmitted, RUNTIMES } from './runtimes.ts';

test('the oldest version of each line is the one that engines admits', () => {
  const range = '^20.19.0 || >=22.12.0';
  expect([20, 22, 24, 26].map((major) => oldestAdmitted(range, major))).toEqual([
    '20.19.0',
    '22.12.0',
    '24.0.0',
    '26.0.0',
  ]);
  expect(() => oldestAdmitted(range, 21)).toThrow('does not admit version 21');
});

test('every package states the same engines', () => {
  const stated = [
    'package.json',
    ...readdirSync('packages').map((name) => `packages/${name}/package.json`),
  ].map((path) => (JSON.parse(readFileSync(path, 'utf8')) as { engines: { node: string } }).engines.node);
  expect(new Set(stated).size).toBe(1);
});

test('runtimes are chosen by the beginning of a name', () => {
  expect(chooseRuntimes([])).toEqual(RUNTIMES);
  expect(chooseRuntimes(['node24', 'deno']).map(({ name }) => name)).toEqual([
    'node24-oldest',
    'node24-newest',
    'deno',
  ]);
  expect(() => chooseRuntimes(['node18'])).toThrow('no runtime node18');
});

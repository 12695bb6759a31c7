import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ADVERSARIES, SCENARIOS } from '@tsquic/simulator';
import { ADDRESS_LIMIT_NAMES, CONTEXT_OPTION_NAMES, TRANSPORT_OPTION_NAMES } from '@tsquic/quic-core';

const root = process.cwd();
const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');

/** Cells of the rows that have so many columns. */
function rows(columns: number): string[][] {
  return [...page.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row]) => row!.split(' | ').map((cell) => cell.trim()))
    .filter((cells) => cells.length === columns && !/^(what|where|attack)$/.test(cells[0]!));
}

const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
const bounds = rows(4);
const byPlace = new Map(
  rows(2)
    .filter(([where]) => /^`[^`]+`$/.test(where!))
    .map(([where, tests]) => [codes(where!)[0]!, codes(tests!)]),
);

/** Where a file of the page is: of quic-core, unless a package is named. */
function placeOf(path: string): string {
  const isPackage = /^[a-z0-9-]+\/src\//.test(path);
  return join(root, 'packages', isPackage ? path : join('quic-core/src', path));
}

function testOf(path: string): string {
  if (path.startsWith('packages/')) return join(root, path);
  return join(root, 'packages/quic-core', path.startsWith('src/') ? path : join('test', path));
}

test('every bound stands in a file that exists, which has its tests', () => {
  expect(bounds.length).toBeGreaterThan(60);
  const places = bounds.flatMap((cells) => codes(cells[3]!));
  expect(places.filter((path) => !existsSync(placeOf(path)))).toEqual([]);
  expect([...new Set(places)].filter((path) => !byPlace.has(path))).toEqual([]);
  expect([...byPlace.keys()].filter((path) => !places.includes(path))).toEqual([]);
});

test('every test that is named exists', () => {
  expect([...byPlace.values()].every((tests) => tests.length > 0)).toBe(true);
  const attacks = rows(2)
    .filter(([attack]) => !attack!.startsWith('`'))
    .flatMap(([, tests]) => codes(tests!))
    .filter((code) => code.endsWith('.test.ts'));
  expect(attacks.length).toBeGreaterThan(20);
  const named = [...byPlace.values()].flat().concat(attacks);
  expect(named.filter((path) => !existsSync(testOf(path)))).toEqual([]);
});

test('every scenario that is named exists', () => {
  const named = [...page.matchAll(/`((?:adversary|attack)-[a-z0-9-]+)`/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(80);
  const known = new Set([...ADVERSARIES, ...SCENARIOS].map(({ name }) => name));
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('every option that is named exists', () => {
  const named = bounds.flatMap((cells) =>
    [...cells.join(' ').matchAll(/\*options?\* ((?:`[^`]+`(?:, )?)+)/g)].flatMap(([, list]) => codes(list!)),
  );
  expect(named.length).toBeGreaterThan(15);
  const known = [
    ...Object.keys(CONTEXT_OPTION_NAMES),
    ...Object.keys(TRANSPORT_OPTION_NAMES),
    ...Object.keys(ADDRESS_LIMIT_NAMES).map((name) => `perAddress.${name}`),
  ];
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const core = join(process.cwd(), 'packages/quic-core');
const page = readFileSync(join(process.cwd(), 'docs/multipath.md'), 'utf8');
const rows = [...page.matchAll(/^\| §([\d.]+) \| .* \| `([^`]+)` \| (.*) \|$/gm)].map(
  ([, section, owner, tests]) => ({
    section: section!,
    owner: owner!,
    tests: [...tests!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!),
  }),
);

test('what is named exists', () => {
  expect(rows.length).toBeGreaterThan(25);
  const paths = rows.flatMap(({ owner, tests }) => [join('src', owner), ...tests]);
  expect(paths.filter((path) => !existsSync(join(core, path)))).toEqual([]);
});

test('each of the tests names the section', () => {
  const names = (path: string, section: string): boolean =>
    new RegExp(`§${section.replaceAll('.', '\\.')}(?![\\d]|\\.\\d)`).test(
      readFileSync(join(core, path), 'utf8'),
    );
  const missing = rows.flatMap(({ section, tests }) =>
    tests.filter((path) => !names(path, section)).map((path) => `${path} does not name §${section}`),
  );
  expect(missing).toEqual([]);
  expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([]);
});

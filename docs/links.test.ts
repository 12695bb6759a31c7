import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = process.cwd();

/** Every link of ours to a file of ours, as `page → target`. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => `${page} → ${join(dirname(page), target)}`);
}

const FOLDERS = [
  '.',
  'benchmarks',
  'deploy/nginx',
  'docs',
  'docs/adr',
  'docs/how-to',
  'interop',
  'interop/endpoint',
];

function listPages(): string[] {
  const within = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  const readmes = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  return [...FOLDERS.flatMap(within), ...readmes].filter((page) => existsSync(join(root, page)));
}

test('links in the documentation lead to files that are there', () => {
  const links = listPages().flatMap(linksOf);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsSync(join(root, link.slice(link.indexOf('→') + 2))))).toEqual([]);
});

test('READMEs of packages are read at npm, where only absolute links lead anywhere', () => {
  const readmes = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  expect(readmes.flatMap(linksOf)).toEqual([]);
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    repository: { url: string };
  };
  const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '/blob/main/');
  const targets = readmes.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((https:[^)#\s]+)/g)]
      .map(([, target]) => target!)
      .filter((target) => target.startsWith(home))
      .map((target) => target.slice(home.length)),
  );
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
});

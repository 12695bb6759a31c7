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

function listPages(): string[] {
  const within = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  const readmes = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  return [...within('.'), ...within('docs'), ...within('docs/adr'), ...readmes].filter((page) =>
    existsSync(join(root, page)),
  );
}

test('links in the documentation lead to files that are there', () => {
  const links = listPages().flatMap(linksOf);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsSync(join(root, link.slice(link.indexOf('→') + 2))))).toEqual([]);
});

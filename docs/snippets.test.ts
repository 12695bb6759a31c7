import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findSnippets, runSnippet, writeSnippets } from '../tools/snippets.ts';

// `pnpm ports` runs the same in other runtimes, from what `pnpm build` makes.
const root = process.cwd();
/** Ignored by git. */
const folder = join(root, '.cache/snippets');
const command = [process.execPath, '-C', 'tsquic-src', '--import', join(root, 'tools/ts.mjs')];
const snippets = findSnippets(root);

beforeAll(async () => {
  await writeSnippets(snippets, folder);
  const config = {
    extends: '../../tools/tsconfig.json',
    compilerOptions: { rootDir: '../..' },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
});

describe('code in the documentation', () => {
  test('compiles', () => {
    const tsc = join(root, 'node_modules/typescript-7/bin/tsc');
    const child = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: root, encoding: 'utf8' });
    expect(inPages(child.stdout)).toBe('');
    expect(child.status).toBe(0);
  });

  test.each(snippets.filter(({ runs }) => runs))('runs: $at', async (snippet) => {
    expect(await runSnippet(snippet, folder, command)).toBe('');
  });

  test.each(published(join(root, 'packages')))('packages/%s shows code that runs', (name) => {
    expect(snippets.some(({ at, runs }) => runs && at.startsWith(`packages/${name}/README.md:`))).toBe(true);
  });
});

/** Packages that others install; those that are private have no reader outside. */
function published(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const manifest = readFileSync(join(folder, name, 'package.json'), 'utf8');
    return (JSON.parse(manifest) as { private?: boolean }).private !== true;
  });
}

/** Compiler output with places in the pages instead of in the extracted files. */
function inPages(output: string): string {
  return output.replace(
    /^\S*?([\w.-]+-(\d+)\.ts)\((\d+),/gm,
    (whole, file: string, first: string, line: string) => {
      const snippet = snippets.find((candidate) => candidate.file === file);
      if (snippet === undefined) return whole;
      return `${snippet.at.slice(0, snippet.at.indexOf(':'))}:${Number(first) + Number(line) - 1} (`;
    },
  );
}

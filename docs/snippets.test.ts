import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';

/**
 * Code blocks of the documentation that must stay true: those opened by ```ts runnable compile as modules
 * of their own, those opened by ```ts run also end without an error.
 */
interface Snippet {
  /** Markdown file and line of the block's first line of code. */
  readonly at: string;
  readonly file: string;
  readonly text: string;
  readonly runs: boolean;
}

const root = process.cwd();
/** Inside the repository, so that package names resolve; ignored by git. */
const folder = join(root, '.cache/snippets');
const snippets = listPages().flatMap(readSnippets);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of snippets) writeFileSync(join(folder, file), text);
  const config = {
    extends: '../../scripts/tsconfig.json',
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

  test.each(snippets.filter(({ runs }) => runs))('runs: $at', ({ file }) => {
    const args = ['-C', 'tsquic-src', '--import', './scripts/ts.mjs', join(folder, file)];
    const child = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect(child.stderr).toBe('');
    expect(child.status).toBe(0);
  });
});

function listPages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `docs/${name}`,
  );
  const readmes = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  return ['README.md', ...docs, ...readmes]
    .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
    .sort();
}

function readSnippets(page: string): Snippet[] {
  const found: Snippet[] = [];
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const mark = /^```ts (runnable|run)$/.exec(lines[i]!);
    if (mark === null) continue;
    const end = lines.indexOf('```', i);
    const text = lines.slice(i + 1, end).join('\n');
    const file = `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 2}.ts`;
    found.push({ at: `${page}:${i + 2}`, file, text: `${text}\n`, runs: mark[1] === 'run' });
    i = end;
  }
  return found;
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

import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSelfSigned } from '@tsquic/cli';

/**
 * Code blocks of the documentation that must stay true: those opened by ```ts runnable compile as modules
 * of their own, those opened by ```ts run also end without an error. One opened by ```ts serve is a server that the
 * next ```ts run of its page needs. They run where `npx tsquic cert --out keys` has been, and find a free port for 4433.
 */
interface Snippet {
  /** Markdown file and line of the block's first line of code. */
  readonly at: string;
  readonly file: string;
  readonly text: string;
  readonly runs: boolean;
  /** The file of its server. */
  readonly server: string | undefined;
}

const root = process.cwd();
/** Inside the repository, so that package names resolve; ignored by git. */
const folder = join(root, '.cache/snippets');
const SPAWN = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] as 'pipe'[] };
const snippets = listPages().flatMap(readSnippets);

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'keys'), { recursive: true });
  const port = String(await findFreePort());
  for (const { file, text } of snippets) writeFileSync(join(folder, file), text.replaceAll('4433', port));
  const pair = await createSelfSigned({ hosts: ['localhost', '127.0.0.1'] });
  writeFileSync(join(folder, 'keys/cert.pem'), pair.certificatePem);
  writeFileSync(join(folder, 'keys/key.pem'), pair.privateKeyPem);
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

  test.each(snippets.filter(({ runs }) => runs))('runs: $at', async ({ file, server }) => {
    const serving = server === undefined ? undefined : spawn(process.execPath, argumentsFor(server), SPAWN);
    try {
      // Its first line says that it listens.
      if (serving?.stdout) await once(serving.stdout, 'data');
      const client = spawn(process.execPath, argumentsFor(file), SPAWN);
      let complaint = '';
      for (const child of [client, serving])
        child?.stderr?.on('data', (text: Buffer) => (complaint += text.toString()));
      const [status] = (await once(client, 'close')) as [number | null];
      expect(complaint).toBe('');
      expect(status).toBe(0);
    } finally {
      serving?.kill('SIGKILL');
    }
  });

  test.each(readdirSync(join(root, 'packages')))('packages/%s shows code that runs', (name) => {
    expect(snippets.some(({ at, runs }) => runs && at.startsWith(`packages/${name}/README.md:`))).toBe(true);
  });
});

function argumentsFor(file: string): string[] {
  return ['-C', 'tsquic-src', '--import', join(root, 'scripts/ts.mjs'), join(folder, file)];
}

async function findFreePort(): Promise<number> {
  const socket = createSocket('udp4');
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

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
  let server: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const mark = /^```ts (runnable|run|serve)$/.exec(lines[i]!);
    if (mark === null) continue;
    const end = lines.indexOf('```', i);
    const text = lines.slice(i + 1, end).join('\n');
    const file = `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 2}.ts`;
    found.push({ at: `${page}:${i + 2}`, file, text: `${text}\n`, runs: mark[1] === 'run', server });
    server = mark[1] === 'serve' ? file : undefined;
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

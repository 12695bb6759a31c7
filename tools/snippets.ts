import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSelfSigned } from 'tsquic/certificates';

/**
 * Code blocks of the documentation that are checked: those that begin with ```ts runnable compile as modules
 * of their own, those with ```ts run also end without an error. One with ```ts serve is a server that the
 * next ```ts run of its page needs. They run in a folder with the results of `npx tsquic cert --out keys`,
 * and with a free port in place of 4433.
 */
export interface Snippet {
  /** Markdown file, and line of the block's first line of code. */
  readonly at: string;
  readonly file: string;
  readonly text: string;
  readonly runs: boolean;
  /** The file of its server. */
  readonly server: string | undefined;
}

/** The code blocks of all pages below the folder of the project. */
export function findSnippets(project: string): Snippet[] {
  return listPages(project).flatMap((page) => readSnippets(project, page));
}

function listPages(project: string): string[] {
  const docs = readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `docs/${name}`,
  );
  const readmes = readdirSync(join(project, 'packages')).map((name) => `packages/${name}/README.md`);
  return ['README.md', ...docs, ...readmes]
    .filter((path) => path.endsWith('.md') && existsSync(join(project, path)))
    .sort();
}

function readSnippets(project: string, page: string): Snippet[] {
  const found: Snippet[] = [];
  const lines = readFileSync(join(project, page), 'utf8').split('\n');
  let server: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const mark = /^```ts (runnable|run|serve)$/.exec(lines[i]!);
    if (mark === null) {
      if (/^ *```(ts|typescript)\b/.test(lines[i]!))
        throw new Error(`${page}:${i + 1} opens code that nothing compiles: mark it runnable, run or serve`);
      continue;
    }
    const end = lines.indexOf('```', i);
    const text = lines.slice(i + 1, end).join('\n');
    const file = `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 2}.ts`;
    found.push({ at: `${page}:${i + 2}`, file, text: `${text}\n`, runs: mark[1] === 'run', server });
    server = mark[1] === 'serve' ? file : undefined;
    i = end;
  }
  return found;
}

/**
 * Write them, and a certificate, into a folder, which is emptied first. It must be inside the project, so
 * that package names resolve.
 */
export async function writeSnippets(snippets: readonly Snippet[], folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'keys'), { recursive: true });
  const port = String(await findFreePort());
  for (const { file, text } of snippets) writeFileSync(join(folder, file), text.replaceAll('4433', port));
  const pair = await createSelfSigned({ hosts: ['localhost', '127.0.0.1'] });
  writeFileSync(join(folder, 'keys/cert.pem'), pair.certificatePem);
  writeFileSync(join(folder, 'keys/key.pem'), pair.privateKeyPem);
}

async function findFreePort(): Promise<number> {
  const socket = createSocket('udp4');
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/**
 * Run a code block that was written into `folder`, with its server, if any. `command` comes before the file.
 * Returns what went wrong, or ''.
 */
export async function runSnippet(
  snippet: Snippet,
  folder: string,
  command: readonly string[],
): Promise<string> {
  let complaint = '';
  const start = (file: string): ChildProcess => {
    const [program = '', ...words] = command;
    const child = spawn(program, [...words, join(folder, file)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
      env: { ...process.env, NO_COLOR: '1' },
    });
    child.stdout?.resume();
    child.stderr?.on('data', (text: Buffer) => (complaint += text.toString()));
    return child;
  };
  const server = snippet.server === undefined ? undefined : start(snippet.server);
  try {
    if (server?.stdout) {
      // The server prints its first line when it listens.
      const listens = once(server.stdout, 'data').then(() => true);
      const ended = once(server, 'close').then(() => false);
      if (!(await Promise.race([listens, ended]))) return `${complaint}its server has ended`;
    }
    const [status, signal] = (await once(start(snippet.file), 'close')) as [number | null, string | null];
    return status === 0 ? complaint : `${complaint}ended with ${signal ?? status}`;
  } finally {
    server?.kill('SIGKILL');
  }
}

/** A limit for programs that hang, far above what a busy machine needs. */
const LONGEST_MS = 240_000;

// `pnpm demo`: a server with a fresh certificate in one process, a client that checks it in another, and the
// checksums of both sides next to each other. Exits with 0 only when all are equal.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIG_BYTES = 20_000_000;
const SMALL_FILES = 40;
const HOST = '127.0.0.1';

const project = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tsquic-demo-'));
const [root, out, keys] = ['served', 'fetched', 'keys'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
let server: ChildProcess | undefined;
try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(`demo: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  server?.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}

async function demo(): Promise<boolean> {
  const names = makeFiles();
  await finished(tsquic(['cert', '--out', keys, '--host', HOST]));
  const cert = join(keys, 'cert.pem');
  server = tsquic(
    ['serve', '--root', root, '--cert', cert, '--key', join(keys, 'key.pem'), '--port', '0'],
    'pipe',
  );
  const authority = await listening(server);
  console.log(`server listens on ${authority}; its certificate is checked against ${cert}`);

  for (const group of [names.slice(0, 1), names.slice(1)]) {
    const urls = group.map((name) => `https://${authority}/${name}`);
    const what =
      group.length === 1
        ? `${BIG_BYTES / 1e6} MB of random bytes`
        : `a folder of ${group.length} small files`;
    console.log(`\nfetching ${what} …`);
    await finished(tsquic(['get', ...urls, '--ca', cert, '--out', out]));
  }
  return compare(names);
}

function makeFiles(): string[] {
  mkdirSync(join(root, 'folder'), { recursive: true });
  const names = [
    'big.bin',
    ...Array.from({ length: SMALL_FILES }, (_, index) => `folder/small-${index}.bin`),
  ];
  for (const [index, name] of names.entries()) {
    writeFileSync(join(root, name), randomBytes(index === 0 ? BIG_BYTES : randomInt(20_000)));
  }
  return names;
}

/** The command line tool, run from its sources as this program is. */
function tsquic(args: readonly string[], stdout: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  const main = join(project, 'packages/cli/src/main.ts');
  return spawn(process.execPath, [...process.execArgv, main, ...args], {
    cwd: project,
    stdio: ['ignore', stdout, 'inherit'],
  });
}

function finished(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${child.spawnargs.at(4)} ended with ${code}`)),
    );
  });
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      const match = /^listening on (.+)$/m.exec(text);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

function compare(names: readonly string[]): boolean {
  console.log(`\n${'file'.padEnd(16)}${'bytes'.padStart(10)}  SHA-256 served    SHA-256 fetched`);
  const equal = names.map((name) => {
    const sent = readFileSync(join(root, name));
    const sums = [sent, readFileSync(join(out, name.replace('folder/', '')))].map((bytes) =>
      createHash('sha256').update(bytes).digest('hex'),
    );
    const same = sums[0] === sums[1];
    const [served = '', fetched = ''] = sums.map((sum) => sum.slice(0, 16));
    console.log(
      `${name.replace('folder/', '').padEnd(16)}${String(sent.length).padStart(10)}  ${served}  ${fetched}  ${same ? 'equal' : 'DIFFERENT'}`,
    );
    return same;
  });
  const passed = equal.filter(Boolean).length;
  console.log(`\n${passed} of ${names.length} files equal`);
  return passed === names.length;
}

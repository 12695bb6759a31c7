import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(PROJECT, '.cache/runtimes');
const MODULES = join(FOLDER, 'node_modules');

/** A JavaScript runtime that this project runs in. */
export interface Runtime {
  readonly name: string;
  /** What npm installs it from. */
  readonly source: string;
  /** Program and arguments that stand before a TypeScript file. */
  readonly command: readonly string[];
}

const NODE_PLATFORM = `node-${process.platform}-${process.arch}`;

/** Node's from the packages with the binary in them: no install script has to run. */
export const RUNTIMES: readonly Runtime[] = [
  ...[20, 22, 24].map((major) => ({
    name: `node${major}`,
    source: `node${major}@npm:${NODE_PLATFORM}@${major}`,
    command: [join(MODULES, `node${major}/bin/node`), '--no-warnings', '--import', './scripts/ts.mjs'],
  })),
  { name: 'bun', source: 'bun', command: [join(MODULES, '.bin/bun')] },
  {
    name: 'deno',
    source: 'deno',
    command: [
      join(MODULES, '.bin/deno'),
      'run',
      '--allow-all',
      '--unstable-net',
      '--node-modules-dir=manual',
      '--quiet',
    ],
  },
];

/** Install what is missing; those that cannot be had, by name, with the reason. */
export async function installRuntimes(chosen: readonly Runtime[]): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  mkdirSync(FOLDER, { recursive: true });
  const manifest = join(FOLDER, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  for (const { name, source, command } of chosen) {
    try {
      if (!existsSync(command[0] ?? ''))
        await runProgram(['npm', 'install', '--no-audit', '--no-fund', source], FOLDER, INSTALL_MS);
      await runProgram([command[0] ?? '', '--version'], PROJECT, INSTALL_MS);
    } catch (error) {
      failures.set(name, (error as Error).message);
    }
  }
  return failures;
}

/** Run a file with arguments in a runtime; the JSON in its last line. Rejects with what it complained of. */
export async function runIn<T>(runtime: Runtime, file: string, ...words: string[]): Promise<T> {
  const output = await runProgram([...runtime.command, file, ...words], PROJECT, RUN_MS);
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T;
}

function runProgram(argv: readonly string[], cwd: string, timeoutMs: number): Promise<string> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(stdout);
      const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm warn'));
      const complaint = lines.slice(0, 3).join(' / ');
      reject(new Error(`ended with ${signal ?? code}: ${complaint}`));
    });
  });
}

const INSTALL_MS = 180_000;
const RUN_MS = 60_000;

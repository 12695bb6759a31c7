import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runProgram } from './program.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(PROJECT, '.cache/runtimes');
const LOADER = pathToFileURL(join(PROJECT, 'tools/ts.mjs')).href;

/** A JavaScript runtime that this project supports, with its version. */
export interface RuntimeChoice {
  readonly name: string;
  /** The package on npm. Packages of Node contain the binary, so that no install script has to run. */
  readonly package: string;
  /** What npm is asked for: a version, a major version or nothing, which mean the newest in the registry. */
  readonly wanted: string;
  /** Path of the program below the folder of the package. */
  readonly program: string;
  /** Arguments before a TypeScript file. */
  readonly words: readonly string[];
}

/** An installed runtime. */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  /** Path of the program. */
  readonly program: string;
  /** Program and arguments before a TypeScript file. */
  readonly command: readonly string[];
}

/**
 * Major versions of Node that are used, each with the oldest version that `engines` admits and the newest in
 * the registry.
 */
const NODE_LINES = [20, 22, 24, 26];
const NODE_PLATFORM = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** All supported runtimes. */
export const RUNTIMES: readonly RuntimeChoice[] = [
  ...NODE_LINES.flatMap((major) => [
    chooseNode(`node${major}-oldest`, oldestAdmitted(enginesOf('packages/quic'), major)),
    chooseNode(`node${major}-newest`, String(major)),
  ]),
  { name: 'bun', package: 'bun', wanted: '', program: '.bin/bun', words: [] },
  {
    name: 'deno',
    package: 'deno',
    wanted: '',
    program: '.bin/deno',
    words: ['run', '--allow-all', '--unstable-net', '--node-modules-dir=manual', '--quiet'],
  },
];

function chooseNode(name: string, wanted: string): RuntimeChoice {
  const words = ['--no-warnings', '--pending-deprecation', '--import', LOADER];
  return { name, package: `node-${NODE_PLATFORM}`, wanted, program: 'node/bin/node', words };
}

/**
 * The runtimes whose names begin with one of `names`; all when there are none. Throws for a name that matches
 * none.
 */
export function chooseRuntimes(names: readonly string[]): readonly RuntimeChoice[] {
  const unknown = names.find((name) => !RUNTIMES.some((choice) => choice.name.startsWith(name)));
  if (unknown !== undefined)
    throw new Error(`no runtime ${unknown}: use ${RUNTIMES.map(({ name }) => name).join(', ')}`);
  return RUNTIMES.filter(
    (choice) => names.length === 0 || names.some((name) => choice.name.startsWith(name)),
  );
}

/** The oldest version of a major that a range of `^a.b.c` and `>=a.b.c` joined by `||` admits. */
export function oldestAdmitted(range: string, major: number): string {
  for (const clause of range.split('||')) {
    const [, sign, first, rest] = /^\s*(\^|>=)(\d+)(\.\d+\.\d+)\s*$/.exec(clause) ?? [];
    if (Number(first) === major) return `${first}${rest}`;
    if (sign === '>=' && major > Number(first)) return `${major}.0.0`;
  }
  throw new Error(`${range} does not admit version ${major}`);
}

/**
 * Determine the version, install it unless it is installed, and check that it starts. Rejects with the
 * reason.
 */
export async function installRuntime(choice: RuntimeChoice): Promise<Runtime> {
  const version = await resolveVersion(choice);
  const folder = join(FOLDER, `${choice.package}-${version}`);
  const program = join(folder, 'node_modules', choice.program);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const alias = choice.package.startsWith('node-') ? 'node@npm:' : '';
    const source = `${alias}${choice.package}@${version}`;
    await runProgram(['npm', 'install', '--no-audit', '--no-fund', source], folder, INSTALL_MS);
  }
  await runProgram([program, '--version'], PROJECT, INSTALL_MS);
  return { name: choice.name, version, program, command: [program, ...choice.words] };
}

/** The newest version in the registry; when it does not answer, the newest installed one. */
async function resolveVersion({ package: name, wanted }: RuntimeChoice): Promise<string> {
  if (wanted.includes('.')) return wanted;
  try {
    const words = ['npm', 'view', `${name}@${wanted === '' ? 'latest' : wanted}`, 'version', '--json'];
    const answer = JSON.parse(await runProgram(words, PROJECT, INSTALL_MS)) as string | string[];
    return newestOf([answer].flat());
  } catch (error) {
    const installed = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
    const versions = installed
      .filter((folder) => folder.startsWith(`${name}-${wanted}`))
      .map((folder) => folder.slice(name.length + 1));
    if (versions.length === 0) throw error;
    return newestOf(versions);
  }
}

function newestOf(versions: readonly string[]): string {
  const order = new Intl.Collator('en', { numeric: true });
  return [...versions].sort((a, b) => order.compare(a, b)).at(-1)!;
}

function enginesOf(folder: string): string {
  const manifest = readFileSync(join(PROJECT, folder, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { engines: { node: string } }).engines.node;
}

/** Run a file with arguments in a runtime; returns the JSON in its last line. Rejects with its stderr. */
export async function runIn<T>(runtime: Runtime, file: string, ...words: string[]): Promise<T> {
  const output = await runProgram([...runtime.command, file, ...words], PROJECT, RUN_MS);
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T;
}

const INSTALL_MS = 300_000;
/** A limit for programs that hang, far above what a busy machine needs. */
const RUN_MS = 240_000;

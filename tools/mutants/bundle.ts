import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/** Test files compiled to programs that a runner can load, outside of the working tree. */
export interface Bundles {
  /** The program that runs jobs. */
  readonly runner: string;
  /** Addresses to import, by the path of the test file. */
  readonly entries: ReadonlyMap<string, string>;
  /** Digests of all sources of a test, by the path of the test file. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Changes the text of a source file before it is compiled. */
export type Weaver = (file: string, text: string) => string;

const here = dirname(fileURLToPath(import.meta.url));
const RUNNER = join(here, 'runner.ts');
/** The module by which tests name requirements, and its replacement, which records them. */
const COVERS = 'packages/testing/src/covers.ts';
const GLOBALS = join(here, 'jest-globals.ts');

/** Compile `tests` with all that they import into the folder `out`, each source file as `weaver` changes it. */
export async function bundleTests(
  root: string,
  tests: readonly string[],
  out: string,
  weaver: Weaver,
): Promise<Bundles> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      ...tests.map((path) => ({ in: path, out: path.replace(/\.ts$/, '') })),
      { in: RUNNER, out: 'runner' },
    ],
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['tsquic-src'],
    alias: { '@jest/globals': GLOBALS },
    external: ['expect', 'jest-each'],
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'error',
    plugins: [weaverPlugin(root, weaver)],
  });
  const built = (path: string): string => join(out, path.replace(/\.ts$/, '.js'));
  const digestOf = cachedDigests(root);
  return {
    runner: join(out, 'runner.js'),
    entries: new Map(tests.map((path) => [path, pathToFileURL(built(path)).href])),
    digests: new Map(tests.map((path) => [path, digestAll(metafile, path, digestOf)])),
  };
}

const RECORDING_COVERS = `import { noteIds } from './jest-globals.ts';
export function covers(...ids: string[]): string {
  noteIds(ids);
  return ids.join(' ');
}`;

/** CommonJS modules in a bundle need `require` for modules of Node. */
const REQUIRE =
  "import { createRequire as mutantsRequire } from 'node:module';const require = mutantsRequire(import.meta.url);";

function weaverPlugin(root: string, weaver: Weaver): Plugin {
  return {
    name: 'weaver',
    setup({ onLoad }): void {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        if (path === join(root, COVERS))
          return { contents: RECORDING_COVERS, loader: 'ts', resolveDir: here };
        const woven = weaver(relative(root, path).split(sep).join('/'), await readFile(path, 'utf8'));
        const address = JSON.stringify(pathToFileURL(path).href);
        return {
          contents: woven.replaceAll('import.meta.url', address),
          loader: 'ts',
          resolveDir: dirname(path),
        };
      });
    },
  };
}

function digestAll(metafile: Metafile, entry: string, digestOf: (path: string) => string): string {
  const seen = new Set([entry]);
  for (const path of seen) {
    for (const imported of metafile.inputs[path]?.imports ?? []) {
      if (imported.external !== true) seen.add(imported.path);
    }
  }
  const hash = createHash('sha256');
  for (const path of [...seen].sort()) hash.update(`${path} ${digestOf(path)}\n`);
  return hash.digest('hex');
}

function cachedDigests(root: string): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    let digest = known.get(path);
    if (digest === undefined) {
      digest = createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      known.set(path, digest);
    }
    return digest;
  };
}

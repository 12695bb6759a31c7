// pnpm consumers [--packed]: packs every package, installs the tarballs with npm into empty projects, and uses them there: in every
// runtime, as CommonJS, from the command line, with every TypeScript, through bundlers and under test runners.
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSelfSigned } from 'tsquic/certificates';
import { runProgram } from './program.ts';
import { installRuntime, RUNTIMES } from './runtimes.ts';
import { packWorkspace } from './pack.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = join(root, 'tools/consumers');
const home = join(root, '.cache/consumers');
const release = join(root, '.cache/release');
/** A project with the tarballs alone. */
const empty = join(home, 'empty');
/** A project with the tarballs and other tools. */
const tools = join(home, 'tools');

const TYPESCRIPTS = ['5.2', '5.4', '5.7', '5.9', '6.0', '7.0'];
const TOOLS = [
  ...TYPESCRIPTS.map((version) => `typescript-${version}@npm:typescript@${version}`),
  ...['@types/node@20', 'esbuild', 'rollup@4', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'],
  ...['vite@8', 'webpack@5', 'webpack-cli', 'jest@30', '@babel/core', '@babel/preset-env', 'vitest@3'],
];

/** A limit for programs that hang, far above what a busy machine needs. */
const RUN_MS = 300_000;

let tarballs = [];
const attempt = async (work) => {
  try {
    return { note: await work() };
  } catch (error) {
    return { fault: error.message };
  }
};
const step = (name, work) => ({ name, run: () => attempt(work) });

rmSync(home, { recursive: true, force: true });
await runSteps(
  [
    step('pack', async () => {
      const folder = join(home, 'tarballs');
      mkdirSync(folder, { recursive: true });
      // The tarballs that `pnpm release` has just checked, if there are any.
      const packed = process.argv.includes('--packed') && existsSync(release) ? readdirSync(release) : [];
      tarballs =
        packed.length > 0
          ? packed.map((file) => join(release, file))
          : (await packWorkspace(root, folder)).map(({ tarball }) => tarball);
      return `${tarballs.length} tarballs`;
    }),
    step('npm install', () => install(empty, [], 'module')),
    step('npm install among tools', () => install(tools, TOOLS, 'commonjs')),
  ],
  { root, lanes: 1 },
);
if (process.exitCode === 0)
  await runSteps(
    [...RUNTIMES.map(inRuntime), ...TYPESCRIPTS.map(inTypeScript), ...bundlers(), ...runners()],
    {
      root,
    },
  );

async function install(folder, more, type) {
  mkdirSync(join(folder, 'keys'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), `{ "private": true, "type": "${type}" }\n`);
  const pair = await createSelfSigned({ hosts: ['127.0.0.1', 'localhost'] });
  writeFileSync(join(folder, 'keys/cert.pem'), pair.certificatePem);
  writeFileSync(join(folder, 'keys/key.pem'), pair.privateKeyPem);
  for (const file of readdirSync(programs))
    copyFileSync(join(programs, file), join(folder, file.replace(/\.ts$/, '.mts')));
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', ...tarballs, ...more);
  return '';
}

/** Use the packages as a module, with `require`, and by their command. */
function inRuntime(choice) {
  return step(choice.name, async () => {
    const runtime = await installRuntime(choice);
    const flags = choice.name === 'deno' ? choice.words : [];
    for (const file of ['echo.mjs', 'echo.cjs', 'http3.mjs'])
      await run(empty, runtime.program, ...flags, file);
    await fetchWith([runtime.program, ...flags, 'node_modules/tsquic/bin/tsquic.mjs'], choice.name);
    return runtime.version;
  });
}

/** `tsquic serve` and `tsquic get`, in the same runtime. */
async function fetchWith(tsquic, name) {
  const [program, ...words] = tsquic;
  const serve = ['serve', '--root', '.', '--cert', 'keys/cert.pem', '--key', 'keys/key.pem', '--port', '0'];
  const server = spawn(program, [...words, ...serve], {
    cwd: empty,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const watchdog = setTimeout(() => server.kill('SIGKILL'), RUN_MS);
  try {
    const port = await new Promise((resolve, reject) => {
      let said = '';
      const hear = (text) => {
        said += text;
        const [, found] = /127\.0\.0\.1:(\d+)|localhost:(\d+)|:(\d+)/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      };
      server.stdout.on('data', hear);
      server.stderr.on('data', hear);
      server.once('close', () => reject(new Error(`serve: ${said}`)));
    });
    const out = `fetched-${name}`;
    const url = `https://127.0.0.1:${port}/echo.mjs`;
    await run(empty, ...tsquic, 'get', url, '--ca', 'keys/cert.pem', '--out', out);
    const [sent, got] = ['echo.mjs', join(out, 'echo.mjs')].map((file) => readFileSync(join(empty, file)));
    if (!sent.equals(got)) throw new Error('another file arrived');
  } finally {
    clearTimeout(watchdog);
    server.kill('SIGTERM');
  }
}

function inTypeScript(version) {
  return step(`typescript ${version}`, async () => {
    const said = [];
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const config = join(tools, `tsconfig.${version}.${moduleResolution}.json`);
      const compilerOptions = {
        ...{ strict: true, noEmit: true, target: 'es2022', lib: ['es2023', 'esnext.disposable'] },
        ...{ module, moduleResolution, types: ['node'], skipLibCheck: false },
      };
      writeFileSync(config, JSON.stringify({ compilerOptions, files: ['declarations.mts'] }));
      await run(tools, process.execPath, `node_modules/typescript-${version}/bin/tsc`, '-p', config);
      said.push(moduleResolution);
    }
    return said.join(', ');
  });
}

function bundlers() {
  const bin = (name) => join(tools, 'node_modules/.bin', name);
  const vite = {
    build: { ssr: 'echo.mjs', outDir: 'vite', target: 'node20' },
    ssr: { noExternal: true },
  };
  const webpack = {
    ...{ mode: 'production', target: 'node20', entry: './echo.mjs', experiments: { outputModule: true } },
    output: { path: join(tools, 'webpack'), filename: 'echo.mjs', module: true },
  };
  const bundle = (name, ...words) =>
    step(name, async () => {
      await run(tools, bin(name), ...words);
      const file = join(tools, name, 'echo.mjs');
      await run(tools, process.execPath, file);
      return `${Math.round(readFileSync(file).length / 1000)} kB`;
    });
  const configure = (name, config) => {
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, `${name}.config.mjs`), `export default ${JSON.stringify(config)};\n`);
  };
  configure('vite', vite);
  configure('webpack', webpack);
  const esm = ['--format=esm', '--outfile=esbuild/echo.mjs'];
  return [
    bundle('esbuild', 'echo.mjs', '--bundle', '--platform=node', ...esm),
    bundle(
      'rollup',
      'echo.mjs',
      '-p',
      'node-resolve',
      '-p',
      'commonjs',
      '--external',
      '/^node:/',
      '-o',
      'rollup/echo.mjs',
    ),
    bundle('vite', 'build', '--logLevel', 'warn'),
    bundle('webpack'),
  ];
}

/** Use the packages as the README describes. */
function runners() {
  mkdirSync(tools, { recursive: true });
  const patterns = ['/node_modules/(?!(tsquic|@tsquic|@noble)/)'];
  const jest = { testMatch: ['**/echo.test.js'], transformIgnorePatterns: patterns };
  writeFileSync(join(tools, 'jest.config.json'), JSON.stringify(jest));
  const preset = ['@babel/preset-env', { targets: { node: 'current' } }];
  writeFileSync(join(tools, 'babel.config.json'), JSON.stringify({ presets: [preset] }));
  return [
    step('jest', async () => {
      await run(tools, join(tools, 'node_modules/.bin/jest'), '--config', 'jest.config.json');
    }),
    step('vitest', async () => {
      const text = readFileSync(join(programs, 'echo.test.js'), 'utf8');
      const imports = text.replace(/const (.*) = require\((.*)\);/g, 'import $1 from $2;');
      writeFileSync(
        join(tools, 'echo.vitest.test.mjs'),
        `import { expect, test } from 'vitest';\n${imports}`,
      );
      const words = ['run', '--config', '/dev/null', 'echo.vitest.test.mjs'];
      await run(tools, join(tools, 'node_modules/.bin/vitest'), ...words);
    }),
  ];
}

function run(folder, ...argv) {
  return runProgram(argv, folder, RUN_MS);
}

// Runs before `npm pack`, `pnpm pack` and `publish` of a package, in its folder: builds it, so that no
// tarball is empty or old. Writes nothing to stdout, which `npm pack --json` uses.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgeBuild, tidyBuild } from './package-build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.cwd();
const compiler = join(root, 'node_modules/typescript-7/bin/tsc');
const { version, dependencies = {}, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

refuseRanges();
if (!existsSync(compiler)) run('npx', ['-y', 'pnpm@10', 'install', '--frozen-lockfile'], root);
await withLock(async () => {
  for (const name of readdirSync(join(root, 'packages'))) {
    const other = join(root, 'packages', name);
    if (existsSync(join(other, 'src'))) tidyBuild(other);
  }
  // The bundle of a command is made of packages above its own.
  run(process.execPath, [compiler, '-b', bin === undefined ? folder : root], root);
  if (bin !== undefined) await (await import('./command-bundle.mjs')).bundleCommand(root);
});
const { fault } = judgeBuild(folder);
if (fault !== undefined) fail(fault);

/** npm packs package.json unchanged. */
function refuseRanges() {
  for (const [name, range] of Object.entries(dependencies)) {
    if (range.startsWith('workspace:')) fail(`${name} is ${range}: pnpm manifests --write`);
  }
}

function run(program, words, cwd) {
  const { status, error } = spawnSync(program, words, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(error?.message ?? `${program} ${words.join(' ')} ended with ${status}`);
}

/**
 * A lock, because packages are packed at the same time, and each build writes into the folders of the
 * packages that it refers to.
 */
async function withLock(work) {
  const lock = join(root, '.cache/prepack.lock');
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  await work();
  rmSync(lock, { force: true });
}

/** Whether the process that holds the lock has ended. */
function isAbandoned(lock) {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    // The file is empty for a moment between being created and being written.
    if (owner === 0) return Date.now() - statSync(lock).mtimeMs > 60_000;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function fail(reason) {
  console.error(`prepack of ${basename(folder)} ${version}: ${reason}`);
  process.exit(1);
}

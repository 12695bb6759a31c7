// pnpm release [--publish [--dry-run]]: packs every package, checks the tarballs, and publishes these.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packWorkspace } from './pack.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache/release');
const bin = (name) => join(root, 'node_modules/.bin', name);
const { values } = parseArgs({
  options: { publish: { type: 'boolean', default: false }, 'dry-run': { type: 'boolean', default: false } },
});

const script = [process.execPath, '-C', 'tsquic-src', '--import', './tools/ts.mjs'];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let packages = [];
await runSteps(
  [
    { name: 'manifests', command: [...script, 'tools/manifests.ts'] },
    {
      name: 'pack',
      run: async () => {
        try {
          packages = await packWorkspace(root, folder);
        } catch (error) {
          return { fault: error.message };
        }
        return { note: `${packages.length} tarballs, ${kilobytes(packages.map(({ bytes }) => bytes))}` };
      },
    },
  ],
  { root, lanes: 1 },
);
if (process.exitCode === 0) {
  await runSteps(
    [
      ...packages.flatMap(({ name, tarball }) => [
        { name: `publint ${name}`, run: () => lint(tarball) },
        { name: `attw ${name}`, command: [bin('attw'), '--profile', 'esm-only', '--quiet', tarball] },
      ]),
      { name: 'size-limit', command: [bin('size-limit')] },
    ],
    { root },
  );
}
if (process.exitCode === 0 && values.publish) publish();

async function lint(tarball) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
    strict: true,
  });
  const faults = messages.map((message) => formatMessage(message, pkg));
  return faults.length === 0 ? {} : { fault: faults.join('\n') };
}

/**
 * In the order of their dependencies; packages that the registry has already are skipped, so that a run can
 * be repeated.
 */
function publish() {
  for (const { name, version, tarball } of packages) {
    const known = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
    if (known.stdout.trim() === version) {
      console.log(`${name} ${version} is published`);
      continue;
    }
    // Only the workflow that builds a package can attest its provenance. docs/releasing.md
    const provenance = process.env.GITHUB_ACTIONS === 'true' ? ['--provenance'] : [];
    const dry = values['dry-run'] ? ['--dry-run'] : [];
    const words = ['publish', tarball, '--access', 'public', ...provenance, ...dry];
    const { status } = spawnSync('npm', words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) {
      process.exitCode = 1;
      return;
    }
  }
}

function kilobytes(sizes) {
  return `${(sizes.reduce((sum, size) => sum + size, 0) / 1000).toFixed(0)} kB`;
}

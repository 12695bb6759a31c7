// Packs every package as npm does, and checks the contents of the tarballs.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from './published.mjs';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} tarball path
 * @property {number} bytes compressed
 */

/**
 * Run plain `npm pack` in the folder of every package and check the results. Throws for a tarball that could
 * not be installed.
 *
 * @param {string} root
 * @param {string} folder where the tarballs go
 * @returns {Promise<readonly Packed[]>} dependencies before the packages that depend on them
 */
export async function packWorkspace(root, folder) {
  const manifests = publishedPackages(root).map((name) => ({
    home: join(root, 'packages', name),
    manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
  }));
  const packed = [];
  for (const { home, manifest } of inOrder(manifests)) {
    const { name, version } = manifest;
    await pack(home, folder);
    const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const faults = judge(tarball);
    if (faults.length > 0) throw new Error(`${name}: ${faults.join(', ')}`);
    packed.push({ name, version, tarball, bytes: statSync(tarball).size });
  }
  return packed;
}

function pack(home, folder) {
  return new Promise((resolve, reject) => {
    const words = ['pack', '--silent', '--pack-destination', folder];
    const child = spawn('npm', words, { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text) => (complaint += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(complaint.trim()))));
  });
}

/** What is wrong with a tarball. */
function judge(tarball) {
  const manifest = JSON.parse(tar('-xzOf', tarball, 'package/package.json'));
  const files = new Set(tar('-tzf', tarball).split('\n'));
  const faults = [];
  const { bin = {}, exports: entries = {}, dependencies = {} } = manifest;
  const targets = Object.values(entries).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  );
  const bundle =
    Object.keys(bin).length > 0 ? ['./dist/command/tsquic.mjs', './dist/command/NOTICES.txt'] : [];
  const required = ['./README.md', './LICENSE', './CHANGELOG.md', ...Object.values(bin), ...bundle];
  for (const target of [...required, ...targets]) {
    if (!files.has(target.replace(/^\./, 'package'))) faults.push(`${target} is missing`);
  }
  for (const [name, range] of Object.entries(dependencies)) {
    if (!/^[\^~]?\d/.test(range)) faults.push(`${name} is ${range}`);
  }
  for (const file of files)
    if (/\.(test|bench)\.|tsbuildinfo/.test(file)) faults.push(`${file} does not belong there`);
  return faults;
}

function tar(...words) {
  const { status, stdout, stderr } = spawnSync('tar', words, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function inOrder(manifests) {
  const placed = [];
  const waiting = [...manifests];
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ manifest }) =>
      Object.keys(manifest.dependencies ?? {}).every((name) =>
        waiting.every(({ manifest: other }) => other.name !== name),
      ),
    );
    if (at < 0) throw new Error('packages depend on each other in a circle');
    placed.push(...waiting.splice(at, 1));
  }
  return placed;
}

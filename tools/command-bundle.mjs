// The command `tsquic` as few files, which start several times faster than the modules that they are made of. docs/adr/0036
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundle the built packages behind `packages/quic/bin/tsquic.mjs`. What commands import when they are called stays apart, in
 * chunks. Names and lines are kept, so that stack traces tell where.
 *
 * @param {string} root
 * @returns {Promise<string>} how many files, of how many bytes
 */
export async function bundleCommand(root) {
  const folder = join(root, 'packages/quic/dist/command');
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { tsquic: 'packages/cli/dist/command-line.js' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // Dependencies of `tsquic`, which only `cert` and `conform` need.
    external: ['@peculiar/x509', 'reflect-metadata'],
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'NOTICES.txt'), notices(root, Object.keys(metafile.inputs)));
  const sizes = Object.values(metafile.outputs).map(({ bytes }) => bytes);
  const kilobytes = (sizes.reduce((sum, size) => sum + size, 0) / 1000).toFixed(0);
  return `${sizes.length} files, ${kilobytes} kB`;
}

/**
 * The licenses of packages of others whose code a bundle has in it, which all ask that copies carry them.
 *
 * @param {string} root
 * @param {readonly string[]} inputs - files, relative to `root`
 * @returns {string}
 */
function notices(root, inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []),
  );
  const texts = [...folders].map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const license = readdirSync(join(root, folder)).find((file) => /^licen[cs]e(\.|$)/i.test(file));
    if (license === undefined) throw new Error(`${relative(root, folder)} has no license to copy`);
    return `${name} ${version}\n\n${readFileSync(join(root, folder, license), 'utf8').trim()}\n`;
  });
  return texts.sort().join(`\n${'-'.repeat(72)}\n\n`);
}

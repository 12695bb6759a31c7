// The build of one package, and whether it matches package.json.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Otherwise the output of removed sources would stay, and the compiler would take it for current. */
export function forgetBuild(folder) {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.tsbuildinfo')) rmSync(join(folder, file));
}

/**
 * Correct what an incremental build does not: missing output that the compiler takes for current, and output
 * of removed sources. Correct files stay, because other programs may be running them.
 */
export function tidyBuild(folder) {
  const sources = sourcesOf(folder);
  const dist = join(folder, 'dist');
  const believes = readdirSync(folder).some((file) => file.endsWith('.tsbuildinfo'));
  const outputs = sources.flatMap((file) => [file, file.replace(/\.js$/, '.d.ts')]);
  if (believes && outputs.some((file) => !existsSync(join(dist, file)))) forgetBuild(folder);
  if (!existsSync(dist)) return;
  const wanted = new Set(sources.map((file) => file.replace(/\.js$/, '')));
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.[jt]s(\.map)?$/.test(file) && !wanted.has(file.replace(/(\.d\.ts|\.js)(\.map)?$/, '')))
      rmSync(join(dist, file));
  }
}

/** Check that everything that package.json names exists and that every entry loads; the note is the size. */
export function judgeBuild(folder) {
  const { exports: entries = {}, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const faults = [];
  for (const file of [
    ...Object.values(bin),
    ...Object.values(entries).flatMap((entry) => [entry.types, entry.default]),
  ]) {
    if (file !== undefined && !existsSync(join(folder, file))) faults.push(`${file} is missing`);
  }
  for (const file of sourcesOf(folder)) {
    if (!existsSync(join(folder, 'dist', file))) faults.push(`dist/${file} is missing`);
  }
  for (const file of Object.values(bin)) {
    if (faults.length === 0) faults.push(...startFaults(join(folder, file)));
  }
  for (const entry of Object.values(entries)) {
    if (entry.default !== undefined && faults.length === 0)
      faults.push(...loadFaults(join(folder, entry.default)));
  }
  return faults.length > 0 ? { fault: faults.join('\n') } : { note: sizeOf(join(folder, 'dist')) };
}

/** Size of the output in dist/. */
function sourcesOf(folder) {
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|bench)\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, '.js'));
}

/**
 * Load one built file in a process of its own, without a condition, like a program outside of the workspace.
 */
function loadFaults(file) {
  const source = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return child.status === 0 ? [] : [child.stderr];
}

/** Start a command, which tells its version. */
function startFaults(file) {
  const child = spawnSync(process.execPath, [file, '--version'], { encoding: 'utf8' });
  return child.status === 0 && /^\d+\.\d+\.\d+/.test(child.stdout) ? [] : [`${file}: ${child.stderr}`];
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const bytes = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
  const kilobytes = (length) => `${(length / 1000).toFixed(1)} kB`;
  return `${files.length} files, ${kilobytes(bytes.length)} of JavaScript, ${kilobytes(gzipSync(bytes).length)} compressed`;
}

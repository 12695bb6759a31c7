// What was built of one package, and whether it is what package.json promises.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Without this, output of sources that are gone would stay, and the compiler would believe it is up to date. */
export function forgetBuild(folder) {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.tsbuildinfo')) rmSync(join(folder, file));
}

/**
 * Put right what an incremental build would not: output that is gone though the compiler believes in it, and output of
 * sources that are gone. What is good stays, for others may be running it.
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

/** Whether everything that package.json names exists and every entry loads; its size as the note. */
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
  for (const entry of Object.values(entries)) {
    if (entry.default !== undefined && faults.length === 0)
      faults.push(...loadFaults(join(folder, entry.default)));
  }
  return faults.length > 0 ? { fault: faults.join('\n') } : { note: sizeOf(join(folder, 'dist')) };
}

/** What the sources come to in dist/. */
function sourcesOf(folder) {
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|bench)\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, '.js'));
}

/** Load one built file in a process of its own, with no condition set: as a program elsewhere would. */
function loadFaults(file) {
  const source = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return child.status === 0 ? [] : [child.stderr];
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const bytes = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
  const kilobytes = (length) => `${(length / 1000).toFixed(1)} kB`;
  return `${files.length} files, ${kilobytes(bytes.length)} of JavaScript, ${kilobytes(gzipSync(bytes).length)} compressed`;
}

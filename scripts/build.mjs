// `pnpm build`: JavaScript and declarations of every package, then a look at whether they load.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

for (const name of packages) forgetBuild(join(root, 'packages', name));

await runSteps(
  [
    { name: 'compile', command: [process.execPath, 'node_modules/typescript-7/bin/tsc', '-b'] },
    ...packages.map((name) => ({ name, run: () => judgePackage(join(root, 'packages', name)) })),
  ],
  { root, lanes: 1 },
);

/** Without this, output of sources that are gone would stay, and the compiler would believe it is up to date. */
function forgetBuild(folder) {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.tsbuildinfo')) rmSync(join(folder, file));
}

/** Whether everything that package.json names exists and every entry loads; its size as the note. */
function judgePackage(folder) {
  const { exports: entries = {}, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const faults = [];
  for (const file of [
    ...Object.values(bin),
    ...Object.values(entries).flatMap((entry) => [entry.types, entry.default]),
  ]) {
    if (file !== undefined && !existsSync(join(folder, file))) faults.push(`${file} is missing`);
  }
  for (const entry of Object.values(entries)) {
    if (entry.default !== undefined && faults.length === 0)
      faults.push(...loadFaults(join(folder, entry.default)));
  }
  return faults.length > 0 ? { fault: faults.join('\n') } : { note: sizeOf(join(folder, 'dist')) };
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

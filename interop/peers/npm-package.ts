import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PEERS_DIRECTORY, runStep } from '../install.ts';

/** The program that an npm package of this name puts into node_modules/.bin. */
export function npmProgram(name: string): string {
  return join(PEERS_DIRECTORY, `npm-${name}`, 'node_modules', '.bin', name);
}

/**
 * Installs one pinned npm package into a directory of its own and resolves to the version its program prints.
 * Does nothing when that version is there.
 */
export async function installNpmProgram(name: string, version: string): Promise<string> {
  const isInstalled = await printedVersion(name).then(
    (printed) => printed === version,
    () => false,
  );
  if (!isInstalled) {
    const directory = join(PEERS_DIRECTORY, `npm-${name}`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
    const install = ['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${version}`];
    await runStep(install, { cwd: directory });
  }
  return printedVersion(name);
}

async function printedVersion(name: string): Promise<string> {
  const text = await runStep([npmProgram(name), '--version'], { timeoutMs: 30_000 });
  return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? text;
}

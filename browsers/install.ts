import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { installDebianPackages, runStep } from '../interop/install.ts';
import type { Browser, NeededProgram } from './browser.ts';

/** A browser as it was found. */
export interface InstalledBrowser {
  readonly browser: Browser;
  readonly path: string;
  /** As it tells it. */
  readonly version: string;
  /** Why it is not there, or ''. */
  readonly failure: string;
}

/** Finds a browser and what it needs; what is missing is installed as Debian's package, where apt-get may. */
export async function installBrowser(browser: Browser): Promise<InstalledBrowser> {
  try {
    const paths: string[] = [];
    for (const needed of browser.programs)
      paths.push((await find(needed.program)) ?? (await fetchPackage(needed)));
    const path = paths[0]!;
    const version = /\d+(\.\d+)+/.exec(await runStep([path, '--version'], { timeoutMs: 60_000 }))?.[0] ?? '';
    return { browser, path, version, failure: '' };
  } catch (error) {
    return { browser, path: '', version: '', failure: (error as Error).message };
  }
}

async function fetchPackage({ program, package: name }: NeededProgram): Promise<string> {
  await installDebianPackages([name]);
  const path = await find(program);
  if (path === undefined) throw new Error(`Debian's package ${name} has no program ${program}`);
  return path;
}

/** The first program of this name on the path. */
async function find(program: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

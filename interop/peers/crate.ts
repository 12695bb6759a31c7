import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../install.ts';

/** First builds take minutes of a processor, and one waits for another; the next ones take none. */
const BUILD_PATIENCE_MS = 3_600_000;

const workspace = fileURLToPath(new URL('.', import.meta.url));
const target = join(PEERS_DIRECTORY, 'cargo');

/** The program of ours over the crate of this name, once it is built. */
export function crateProgram(crate: string): string {
  return join(target, 'release', `interop-${crate}`);
}

/**
 * Builds the program of ours over the crate of this name, unless it is newer than all that programs here are built from, and
 * resolves to the version of the crate. Cargo would let a program that is there wait while another one is built.
 */
export async function buildCrate(crate: string, settings: Record<string, string> = {}): Promise<string> {
  if (!(await isBuilt(crateProgram(crate)))) {
    const step = { cwd: workspace, env: { ...settings, CARGO_TARGET_DIR: target } };
    const chosen = ['--quiet', '--locked', '--package', `interop-${crate}`];
    await runStep(['cargo', 'build', '--release', ...chosen], { ...step, timeoutMs: BUILD_PATIENCE_MS });
  }
  const locked = await readFile(join(workspace, 'Cargo.lock'), 'utf8');
  return new RegExp(`^name = "${crate}"\\nversion = "(.+)"$`, 'm').exec(locked)?.[1] ?? 'unknown';
}

async function isBuilt(program: string): Promise<boolean> {
  const built = await stat(program).catch(() => undefined);
  if (built === undefined) return false;
  const names = await readdir(workspace, { recursive: true });
  const sources = names.filter((name) => /\.(rs|toml|lock)$/.test(name));
  const changed = await Promise.all(sources.map(async (name) => (await stat(join(workspace, name))).mtimeMs));
  return changed.every((changedMs) => changedMs < built.mtimeMs);
}

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adoptGroup, signalGroup } from './process-group.ts';

/** Where installed peers live; not under version control. */
export const PEERS_DIRECTORY: string = fileURLToPath(new URL('.peers/', import.meta.url));

const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive' };
const APT_INSTALL = ['--quiet', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/** Installs packages of Debian, as root, after whoever else is installing some. Rejects as `runStep` does. */
export async function installDebianPackages(names: readonly string[]): Promise<void> {
  await runStep(['apt-get', 'update', '--quiet'], { env: APT_ENVIRONMENT });
  await runStep(['apt-get', 'install', ...APT_INSTALL, ...names], { env: APT_ENVIRONMENT });
}

/** Options of an install step. */
export interface StepOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs one program to its end and resolves to what it printed on stdout.
 * Rejects with its last lines when it fails, cannot be started or takes longer than `timeoutMs` (180 s).
 */
export function runStep(argv: readonly string[], options: StepOptions = {}): Promise<string> {
  const [program = '', ...args] = argv;
  const timeoutMs = options.timeoutMs ?? 180_000;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      detached: true,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    adoptGroup(child);
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), timeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isMissing = error.code === 'ENOENT';
      reject(new Error(isMissing ? `${program} is not on the path` : `${program}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(stdout.trim());
      const end = signal === null ? `exit code ${code}` : `killed after ${timeoutMs / 1000} s`;
      const lines = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-3).join(' / ');
      reject(new Error(`${argv.slice(0, 3).join(' ')}: ${end}: ${lines}`));
    });
  });
}
